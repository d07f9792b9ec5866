"""The client of the Triton server: deadlines, checked replies, counted retries, and revival of dead models."""

import asyncio
import contextlib
import random
import uuid
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException

from inference import contracts
from inference.contracts import Arrays, Model
from processors.errors import PipelineError, ServiceUnavailableError

#: A crop of the largest picture that the guard lets in, with room.
MESSAGE_BYTES_MAX = 256 * 2**20
#: Loading reads the weights and runs the network once; 2 s on an idle machine.
LOAD_DEADLINE_S = 30.0
PAUSE_FIRST_S = 0.05
PAUSE_MAX_S = 2.0

_CHANNEL = [
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    # A server that comes back is found within seconds; the default waits up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # The audit record counts attempts, so none may be hidden in the channel.
    ("grpc.enable_retries", 0),
]


class ModelContractError(PipelineError):
    """Our request or the model is wrong, and asking again can't help: a bug."""


class Fault(Enum):
    """What a failed call says about what to do next."""

    #: nobody there, starting, stopping, or the queue is full
    AWAY = auto()
    #: the model is not loaded: the server starts or stops, or whoever was reviving it was killed halfway
    ABSENT = auto()
    #: the deadline passed: busy, hung or frozen
    LATE = auto()
    #: the model's process is gone, and Triton will not start another
    DEAD = auto()
    #: the model's code raised
    RAISED = auto()
    #: the request can never succeed
    BUG = auto()


_BY_STATUS = {
    "StatusCode.UNAVAILABLE": Fault.AWAY,
    # Ours are known models: not found means not yet, or not any more.
    "StatusCode.NOT_FOUND": Fault.AWAY,
    "StatusCode.CANCELLED": Fault.AWAY,
    "StatusCode.DEADLINE_EXCEEDED": Fault.LATE,
    "StatusCode.INTERNAL": Fault.RAISED,
}
#: Where the status misleads, the text decides.
_BY_TEXT = {
    "Stub process": Fault.DEAD,
    "has no available versions": Fault.ABSENT,
    "is not at ready state": Fault.ABSENT,
    "protocol is restricted": Fault.BUG,
    "shared memory": Fault.AWAY,
}

#: How often a request may meet a fault before the request itself is suspected. The process may have been dead
#: before the request came, so that counts once more.
_BLAMED_AFTER = {Fault.RAISED: 2, Fault.DEAD: 3}
#: How often a model may be absent before it is loaded; a server that starts gets the time to do it itself.
_LOADED_AFTER = 6


def fault_of(failure: InferenceServerException) -> Fault:
    """Classify a failed call."""
    message = failure.message() or ""
    named = (fault for text, fault in _BY_TEXT.items() if text in message)
    return next(named, _BY_STATUS.get(failure.status(), Fault.BUG))


@dataclass(frozen=True, slots=True)
class Reply:
    """A checked answer, and what the audit record keeps of how it came."""

    arrays: Arrays
    attempts: int
    request_id: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What exactly answers, for the audit record; read from the running server."""

    name: str
    version: str
    weights_sha256: str
    code_sha256: str
    engine: str
    engine_version: str
    precision: str
    #: others whose version can change an answer: `numpy 1.26.4, …`
    libraries: str
    server_version: str


class TritonClient:
    """Asks the models of one server; belongs to the event loop in which it is first used.

    `budget_s` bounds a call with all its attempts; after that ServiceUnavailableError says that the server is
    not there. `admin_secret` is what the server was started with; without it dead models can't be revived.
    """

    def __init__(
        self, url: str, admin_secret: str | None = None, *, budget_s: float = 60.0, canary_deadline_s: float = 5.0
    ) -> None:
        self._url = url
        self._admin_secret = admin_secret
        self._budget_s = budget_s
        self._canary_deadline_s = canary_deadline_s
        self._connection: InferenceServerClient | None = None
        self._name = uuid.uuid4().hex[:12]
        self._asked = 0
        self._revivals: Counter[str] = Counter()
        self._revival = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; a later call opens a new one."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def infer(self, model: Model, inputs: Arrays, *, deadline_s: float) -> Reply:
        """Ask `model` and return its checked answer; each attempt may take `deadline_s`.

        Raises ServiceUnavailableError (WrongReplyError among them) when the server does not answer as it should,
        ModelContractError when it refuses this request or fails on it again and again.
        """
        now = asyncio.get_running_loop().time
        ends = now() + self._budget_s
        request_id = self._next_request_id()
        met: Counter[Fault] = Counter()
        while True:
            revivals = self._revivals[model.name]
            try:
                arrays = await self._ask(model, inputs, min(deadline_s, ends - now()), request_id)
                return Reply(arrays, met.total() + 1, request_id)
            except InferenceServerException as failure:
                fault = fault_of(failure)
                met[fault] += 1
                if fault is Fault.BUG or self._blames(fault, met[fault]):
                    raise ModelContractError(f"{model.name}: {failure}") from failure
                if await self._is_gone(model, fault, met[fault]):
                    await self._revive(model, revivals)
                pause_s = _pause_s(met.total())
                if now() + pause_s >= ends:
                    times = ", ".join(f"{count} x {fault.name.lower()}" for fault, count in met.items())
                    raise ServiceUnavailableError("triton", f"{model.name}: {times}; at last {failure}") from failure
                await asyncio.sleep(pause_s)

    async def canary(self, model: Model) -> None:
        """Ask the question whose answer is known, once; this alone tells that a model works.

        Raises ServiceUnavailableError; health calls stay true when a model's process is dead or hangs.
        """
        try:
            deadline_s = max(self._canary_deadline_s, model.patience_s)
            reply = await self._ask(model, model.question, deadline_s, self._next_request_id())
        except InferenceServerException as failure:
            raise ServiceUnavailableError("triton", f"{model.name}: {failure}") from failure
        if not model.is_right(reply):
            raise contracts.WrongReplyError(model.name, "the canary's answer is wrong")

    async def is_ready(self, models: Sequence[Model] = contracts.MODELS) -> bool:
        """Say whether all these models give right answers."""
        return all([await self._works(model) for model in models])

    async def model_facts(self, model: Model) -> ModelFacts:
        """Read what the server says about a model. Raises ServiceUnavailableError."""
        server = await self._administer(self._grpc.get_server_metadata(client_timeout=self._canary_deadline_s))
        answer = await self._administer(
            self._grpc.get_model_config(model.name, model.version, client_timeout=self._canary_deadline_s)
        )
        parameters = answer.config.parameters
        names = ("weights_sha256", "code_sha256", "engine", "engine_version", "precision", "libraries")
        missing = [name for name in names if name not in parameters]
        if missing:
            raise contracts.WrongReplyError(model.name, f"its configuration lacks {', '.join(missing)}")
        stated = {name: str(parameters[name].string_value) for name in names}
        return ModelFacts(name=model.name, version=model.version, server_version=server.version, **stated)

    @property
    def _grpc(self) -> InferenceServerClient:
        # Made late because it must be made in the running loop.
        if self._connection is None:
            self._connection = InferenceServerClient(self._url, channel_args=_CHANNEL)
        return self._connection

    def _next_request_id(self) -> str:
        self._asked += 1
        return f"{self._name}-{self._asked}"

    async def _ask(self, model: Model, inputs: Arrays, deadline_s: float, request_id: str) -> Arrays:
        result = await self._grpc.infer(
            model.name,
            [_input(name, array) for name, array in inputs.items()],
            model_version=model.version,
            request_id=request_id,
            # The server drops from its queue what nobody waits for any more.
            timeout=max(1, int(deadline_s * 1e6)),
            client_timeout=deadline_s,
        )
        return contracts.arrays_of(result.get_response(), model)

    async def _works(self, model: Model) -> bool:
        try:
            await self.canary(model)
        except ServiceUnavailableError:
            return False
        return True

    def _blames(self, fault: Fault, times: int) -> bool:
        """Say whether this request is to blame; a dead process tells nothing about it where none can be started."""
        if fault is Fault.DEAD and self._admin_secret is None:
            return False
        return times == _BLAMED_AFTER.get(fault)

    async def _is_gone(self, model: Model, fault: Fault, times: int) -> bool:
        """Say whether the model will not come back by itself."""
        if fault is Fault.LATE:
            return not await self._works(model)
        return fault is Fault.DEAD or (fault is Fault.ABSENT and times == _LOADED_AFTER)

    async def _revive(self, model: Model, seen: int) -> None:
        """Give the model new processes, once for all callers that saw the same fault."""
        if self._admin_secret is None:
            return
        async with self._revival:
            if self._revivals[model.name] != seen:
                return
            self._revivals[model.name] += 1
            headers = {"triton-grpc-protocol-admin": self._admin_secret}
            # Loading alone would change nothing: Triton believes that the model is loaded.
            for call in (self._grpc.unload_model, self._grpc.load_model):
                # If this fails, the next attempt meets the model as it is then.
                with contextlib.suppress(ServiceUnavailableError):
                    await self._administer(call(model.name, headers=headers, client_timeout=LOAD_DEADLINE_S))

    async def _administer(self, call: Awaitable[Any]) -> Any:
        try:
            return await call
        except InferenceServerException as failure:
            if fault_of(failure) is Fault.BUG:
                raise ModelContractError(str(failure)) from failure
            raise ServiceUnavailableError("triton", str(failure)) from failure


def _input(name: str, array: NDArray[Any]) -> InferInput:
    tensor = InferInput(name, list(array.shape), contracts.DATATYPES[array.dtype])
    tensor.set_data_from_numpy(np.ascontiguousarray(array))
    return tensor


def _pause_s(attempts: int) -> float:
    """Doubling with each attempt, spread at random so that many callers don't come back at once."""
    longest = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2**attempts)
    return random.uniform(longest / 2, longest)
