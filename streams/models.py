"""The models' facts for the audit record, asked for now and then rather than for each picture."""

import time

from inference import contracts
from inference.triton import TritonClient
from processors import chain

#: Weights cannot change under a running server without a reload; this bounds how long a reload stays unseen.
FRESH_S = 15.0


class TritonModels:
    """Facts about every model of the server, at most FRESH_S seconds old."""

    def __init__(self, client: TritonClient) -> None:
        self._client = client
        self._facts: tuple[chain.Model, ...] = ()
        self._asked_at = float("-inf")

    async def facts(self) -> tuple[chain.Model, ...]:
        """Raises ServiceUnavailableError."""
        if time.monotonic() - self._asked_at > FRESH_S:
            found = [await self._client.model_facts(model) for model in contracts.MODELS]
            self._facts = tuple(
                chain.Model(
                    name=one.name,
                    version=one.version,
                    weights_sha256=one.weights_sha256,
                    code_sha256=one.code_sha256,
                    engine=one.engine,
                    engine_version=one.engine_version,
                    precision=one.precision,
                    server_version=one.server_version,
                    libraries=one.libraries,
                )
                for one in found
            )
            self._asked_at = time.monotonic()
        return self._facts
