"""The models' facts for the audit record, asked for now and then rather than for each picture."""

import time
from collections.abc import Sequence

from inference import contracts
from inference.triton import TritonClient
from processors import chain
from processors.engines import BUILT_IN, Engine

#: Weights cannot change under a running server without a reload; this bounds how long a reload stays unseen.
FRESH_S = 15.0


def used(engine: Engine) -> tuple[contracts.Model, ...]:
    """The models that a picture may meet where this engine fills what is textured."""
    return contracts.MODELS if engine in BUILT_IN else (*contracts.MODELS, contracts.heavy(engine))


class TritonModels:
    """Facts about the models that a picture may meet, at most FRESH_S seconds old."""

    def __init__(self, client: TritonClient, models: Sequence[contracts.Model] = contracts.MODELS) -> None:
        self._client = client
        self._models = models
        self._facts: tuple[chain.Model, ...] = ()
        self._asked_at = float("-inf")

    async def facts(self) -> tuple[chain.Model, ...]:
        """Raises ServiceUnavailableError."""
        if time.monotonic() - self._asked_at > FRESH_S:
            found = [await self._client.model_facts(model) for model in self._models]
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
