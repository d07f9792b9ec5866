"""The models' facts for the audit record, asked for now and then rather than for each picture."""

import time
from collections.abc import Sequence

from inference import contracts
from inference.triton import ModelFacts, TritonClient
from processors import chain
from processors.engines import BUILT_IN, Engine
from processors.errors import ServiceUnavailableError

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
            self._facts = tuple(map(_recorded, found))
            self._asked_at = time.monotonic()
        return self._facts


class Fillers:
    """Which model fills with an engine, by engine, asked for once each."""

    def __init__(self, client: TritonClient) -> None:
        self._client = client
        self._known: dict[str, chain.Model | None] = {}

    async def of(self, engine: Engine) -> chain.Model | None:
        """None where the server has none. Raises ServiceUnavailableError where it does not answer at all."""
        if engine not in self._known:
            built_in = _recorded(await self._client.model_facts(contracts.INPAINT))
            try:
                self._known[engine] = (
                    built_in
                    if engine in BUILT_IN
                    else _recorded(await self._client.model_facts(contracts.heavy(engine)))
                )
            except ServiceUnavailableError:
                # The server answered a moment ago: it does not have this one.
                self._known[engine] = None
        return self._known[engine]


def _recorded(facts: ModelFacts) -> chain.Model:
    return chain.Model(
        name=facts.name,
        version=facts.version,
        weights_sha256=facts.weights_sha256,
        code_sha256=facts.code_sha256,
        engine=facts.engine,
        engine_version=facts.engine_version,
        precision=facts.precision,
        server_version=facts.server_version,
        libraries=facts.libraries,
    )
