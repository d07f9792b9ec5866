"""What the client makes of a server or a model that fails, tried on a real server."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

from inference import server, triton
from inference.contracts import Arrays, Model, Output, WrongReplyError
from inference.triton import ModelContractError, Reply, TritonClient
from processors.errors import ServiceUnavailableError
from tests.triton_server import SECRET, TritonServer, serving

pytestmark = pytest.mark.connected


def ask(fault: str, seconds: float = 0.0) -> Arrays:
    return {"fault": np.array([fault.encode()], np.object_), "seconds": np.array([seconds], np.float32)}


FAULTY = Model(
    "faulty",
    "1",
    (Output("answer", np.dtype(np.float32), (2,)),),
    ask("none"),
    lambda reply: list(reply["answer"]) == [1, 2],
)


@contextmanager
def faulty(home: server.TritonHome, folder: Path) -> Iterator[TritonServer]:
    models = folder / "faulty_models"
    copytree(Path(__file__).parent.parent / "faulty_models", models, ignore=lambda *_: ["__pycache__"])
    with serving(home, folder, ("faulty",), f"--model-repository={models}") as running:
        yield running


@pytest.fixture(scope="module")
def shared(triton_home: server.TritonHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """For faults that leave the server as it was, or that the client repairs."""
    with faulty(triton_home, tmp_path_factory.mktemp("faulty")) as running:
        yield running


@pytest.fixture
def own(triton_home: server.TritonHome, tmp_path: Path) -> Iterator[TritonServer]:
    """For faults of the server itself."""
    with faulty(triton_home, tmp_path) as running:
        yield running


def infer(
    running: TritonServer,
    fault: str,
    seconds: float = 0.0,
    *,
    deadline_s: float = 5,
    secret: str | None = SECRET,
    budget_s: float = 10,
) -> Reply:
    async def once() -> Reply:
        async with TritonClient(running.url, secret, budget_s=budget_s, canary_deadline_s=0.5) as client:
            return await client.infer(FAULTY, ask(fault, seconds), deadline_s=deadline_s)

    return asyncio.run(once())


def test_a_right_answer_comes_with_one_attempt_and_a_request_id(shared: TritonServer) -> None:
    reply = infer(shared, "none")
    assert list(reply.arrays["answer"]) == [1, 2]
    assert reply.attempts == 1
    assert reply.request_id


@pytest.mark.parametrize("fault", ["wrong rank", "wrong length", "wrong type", "wrong name", "no output"])
def test_a_reply_that_breaks_the_contract_is_no_answer(shared: TritonServer, fault: str) -> None:
    with pytest.raises(WrongReplyError):
        infer(shared, fault)
    assert infer(shared, "none").attempts == 1


def test_a_refused_request_is_a_bug_and_is_not_repeated(shared: TritonServer) -> None:
    started = time.monotonic()
    with pytest.raises(ModelContractError, match="as asked"):
        infer(shared, "refuse")
    assert time.monotonic() - started < 1


def test_a_wrong_input_type_is_a_bug(shared: TritonServer) -> None:
    async def once() -> None:
        async with TritonClient(shared.url, SECRET) as client:
            await client.infer(FAULTY, {**ask("none"), "seconds": np.array([0], np.int32)}, deadline_s=5)

    with pytest.raises(ModelContractError):
        asyncio.run(once())


def test_a_request_on_which_the_model_raises_twice_is_a_bug(shared: TritonServer) -> None:
    with pytest.raises(ModelContractError, match="as asked"):
        infer(shared, "raise")
    assert infer(shared, "none").attempts == 1


def test_a_model_that_never_responds_is_unavailable_within_the_budget(shared: TritonServer) -> None:
    started = time.monotonic()
    with pytest.raises(ServiceUnavailableError):
        infer(shared, "no response", deadline_s=0.5, budget_s=2)
    assert time.monotonic() - started < 5
    assert infer(shared, "none").attempts == 1


def test_a_dead_model_process_is_replaced_and_the_request_answered(shared: TritonServer) -> None:
    before = shared.models()
    os.kill(before[0], signal.SIGKILL)
    reply = infer(shared, "none")
    assert reply.attempts > 1
    assert not set(before) & set(shared.models())


def test_health_calls_do_not_see_a_dead_model_process_but_the_canary_does(shared: TritonServer) -> None:
    os.kill(shared.models()[0], signal.SIGKILL)

    async def canary() -> None:
        async with TritonClient(shared.url) as client:
            await client.canary(FAULTY)

    assert server.is_ready(shared.url)
    with pytest.raises(ServiceUnavailableError, match="Stub process"):
        asyncio.run(canary())
    assert infer(shared, "none").attempts > 1


def test_a_dead_model_process_is_replaced_once_for_all_who_wait(shared: TritonServer) -> None:
    os.kill(shared.models()[0], signal.SIGKILL)

    async def together() -> list[Reply]:
        async with TritonClient(shared.url, SECRET, budget_s=15) as client:
            return await asyncio.gather(*(client.infer(FAULTY, ask("none"), deadline_s=5) for _ in range(3)))

    loads = shared.log.read_text().count("successfully loaded 'faulty'")
    assert all(list(reply.arrays["answer"]) == [1, 2] for reply in asyncio.run(together()))
    assert shared.log.read_text().count("successfully loaded 'faulty'") == loads + 1


def test_a_request_that_kills_every_process_it_meets_is_a_bug(shared: TritonServer) -> None:
    with pytest.raises(ModelContractError):
        infer(shared, "die")
    assert infer(shared, "none").attempts >= 1


def test_without_the_admin_secret_a_dead_model_process_stays_dead(own: TritonServer) -> None:
    os.kill(own.models()[0], signal.SIGKILL)
    with pytest.raises(ServiceUnavailableError, match="x dead"):
        infer(own, "none", secret=None, budget_s=4)


def test_a_wrong_admin_secret_is_a_bug_and_is_not_repeated(own: TritonServer) -> None:
    os.kill(own.models()[0], signal.SIGKILL)
    with pytest.raises(ModelContractError, match="restricted"):
        infer(own, "none", secret="guess")


def test_a_model_that_somebody_unloaded_is_loaded_again(shared: TritonServer) -> None:
    async def after_unloading() -> Reply:
        async with TritonClient(shared.url, SECRET, budget_s=20) as client:
            await client._grpc.unload_model("faulty", headers={"triton-grpc-protocol-admin": SECRET})
            return await client.infer(FAULTY, ask("none"), deadline_s=5)

    assert asyncio.run(after_unloading()).attempts > 1


def test_a_hung_model_is_replaced(own: TritonServer) -> None:
    async def hang_then_ask() -> Reply:
        async with TritonClient(own.url, SECRET, budget_s=10, canary_deadline_s=0.5) as client:
            hung = asyncio.create_task(client.infer(FAULTY, ask("none", 600), deadline_s=600))
            await asyncio.sleep(0.3)
            reply = await client.infer(FAULTY, ask("none"), deadline_s=0.5)
            hung.cancel()
            return reply

    reply = asyncio.run(hang_then_ask())
    assert reply.attempts > 1


def test_a_slow_answer_is_waited_for_on_the_second_attempt(shared: TritonServer) -> None:
    async def behind_another() -> Reply:
        async with TritonClient(shared.url, SECRET, budget_s=10, canary_deadline_s=5) as client:
            slow = asyncio.create_task(client.infer(FAULTY, ask("none", 1.2), deadline_s=5))
            await asyncio.sleep(0.2)
            reply = await client.infer(FAULTY, ask("none"), deadline_s=0.5)
            await slow
            return reply

    loads = shared.log.read_text().count("successfully loaded 'faulty'")
    assert asyncio.run(behind_another()).attempts > 1
    assert shared.log.read_text().count("successfully loaded 'faulty'") == loads, "a busy model is left alone"


def test_a_full_queue_is_waited_out(shared: TritonServer) -> None:
    async def crowd() -> list[Reply]:
        async with TritonClient(shared.url, SECRET, budget_s=15) as client:
            return await asyncio.gather(*(client.infer(FAULTY, ask("none", 0.2), deadline_s=5) for _ in range(8)))

    replies = asyncio.run(crowd())
    assert len(replies) == 8
    assert max(reply.attempts for reply in replies) > 1, "the queue holds two"


def test_an_unknown_version_is_unavailable(shared: TritonServer) -> None:
    unknown = Model("faulty", "7", FAULTY.outputs, FAULTY.question, FAULTY.is_right)

    async def once() -> None:
        async with TritonClient(shared.url, SECRET, budget_s=1) as client:
            await client.infer(unknown, ask("none"), deadline_s=1)

    with pytest.raises(ServiceUnavailableError):
        asyncio.run(once())


def test_nobody_listening_is_unavailable_after_the_budget(shared: TritonServer) -> None:
    async def once() -> None:
        async with TritonClient("127.0.0.1:9", SECRET, budget_s=1) as client:
            await client.infer(FAULTY, ask("none"), deadline_s=1)

    started = time.monotonic()
    with pytest.raises(ServiceUnavailableError):
        asyncio.run(once())
    assert 0.5 < time.monotonic() - started < 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_request_survives_a_restart_of_the_server(own: TritonServer, how: signal.Signals) -> None:
    async def across() -> Reply:
        async with TritonClient(own.url, SECRET, budget_s=30) as client:
            await client.canary(FAULTY)
            own.signal(how)
            assert own.process
            await asyncio.to_thread(own.process.wait, 15)
            own.stop()
            asked = asyncio.create_task(client.infer(FAULTY, ask("none"), deadline_s=5))
            await asyncio.sleep(0.5)
            own.start()
            return await asked

    assert asyncio.run(across()).attempts > 1


def test_a_request_in_flight_survives_a_kill_of_the_server(own: TritonServer) -> None:
    async def across() -> Reply:
        async with TritonClient(own.url, SECRET, budget_s=30) as client:
            asked = asyncio.create_task(client.infer(FAULTY, ask("none", 1), deadline_s=5))
            await asyncio.sleep(0.5)
            own.signal(signal.SIGKILL)
            own.stop()
            own.start()
            return await asked

    assert asyncio.run(across()).attempts > 1


def test_a_frozen_server_is_unavailable_and_serves_again_when_it_thaws(own: TritonServer) -> None:
    own.signal(signal.SIGSTOP)
    started = time.monotonic()

    async def while_frozen() -> None:
        async with TritonClient(own.url, None, budget_s=2, canary_deadline_s=0.5) as client:
            await client.infer(FAULTY, ask("none"), deadline_s=0.5)

    with pytest.raises(ServiceUnavailableError):
        asyncio.run(while_frozen())
    assert time.monotonic() - started < 5
    own.signal(signal.SIGCONT)
    assert list(infer(own, "none").arrays["answer"]) == [1, 2]


def test_every_failure_of_a_call_has_a_known_class(own: TritonServer) -> None:
    """The classes rest on texts of the server; this keeps them honest when the server is renewed."""
    os.kill(own.models()[0], signal.SIGKILL)

    async def fault() -> triton.Fault:
        async with TritonClient(own.url) as client:
            try:
                await client._grpc.infer("faulty", [triton._input(*each) for each in ask("none").items()])
            except InferenceServerException as failure:
                return triton.fault_of(failure)
            raise AssertionError("a dead process answered")

    assert asyncio.run(fault()) is triton.Fault.DEAD
