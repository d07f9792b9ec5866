"""A child may crash, hang or swell; the pool, the other pictures and the parent go on."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from infra import jpegs
from infra.sandbox import Confinement, Sandbox
from processors import decoding, encoding, guard, views
from processors.errors import RefusedImageError, ServiceUnavailableError
from processors.patches import PatchError
from tests import picture_files as files
from tests import sandbox_tasks as tasks

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(confinement=Confinement(workers=2, memory_bytes=400_000_000, cpu_s=1, wall_s=5)) as made:
        made.warm_up()
        yield made


def wait_for(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def refusal(sandbox: Sandbox, function: Callable[..., object], *args: object) -> str:
    with pytest.raises(RefusedImageError) as caught:
        sandbox.run_blocking(function, *args)
    assert caught.value.reason in guard.REASONS
    return caught.value.reason


def test_a_picture_comes_back_as_it_was_decoded(sandbox: Sandbox) -> None:
    data = files.jpeg(exif=b"Exif\0\0" + files.exif(6), icc_profile=b"profile")
    here, there = decoding.decode(data), sandbox.decode_blocking(data)
    np.testing.assert_array_equal(here.pixels, there.pixels)
    assert (here.metadata, here.coding, here.orientation) == (there.metadata, there.coding, there.orientation)
    assert asyncio.run(sandbox.decode(data)).size == here.size


def test_a_refusal_comes_back_with_its_reason(sandbox: Sandbox) -> None:
    assert refusal(sandbox, decoding.decode, b"<html>") == "unsupported_format"
    with pytest.raises(RefusedImageError) as caught:
        asyncio.run(sandbox.decode(files.jpeg()[:-2]))
    assert caught.value.reason == "corrupt"
    assert caught.value.detail


def test_a_file_over_the_byte_limit_is_refused_without_a_child() -> None:
    sandbox = Sandbox(guard.Limits(bytes=10))
    with pytest.raises(RefusedImageError, match="too_many_bytes"):
        sandbox.decode_blocking(bytes(11))
    assert sandbox._crew is None


@pytest.mark.parametrize(
    ("function", "args", "reason"),
    [
        (tasks.segfault, (), "decoder_crash"),
        (tasks.leave, (3,), "decoder_crash"),
        (tasks.spin, (), "decoder_timeout"),
        (tasks.swell, (1_000_000_000,), "too_much_memory"),
    ],
)
def test_a_lost_child_is_a_refusal_and_the_next_picture_is_decoded(sandbox: Sandbox, function, args, reason) -> None:
    assert refusal(sandbox, function, *args) == reason
    assert sandbox.decode_blocking(files.png()).mode == "RGB"


def test_a_child_that_only_waits_is_ended_by_the_clock() -> None:
    with Sandbox(confinement=Confinement(workers=1, wall_s=0.3)) as sandbox:
        assert refusal(sandbox, tasks.nap, 30) == "decoder_timeout"
        assert sandbox.run_blocking(tasks.nap, 0) > 0


def test_cpu_is_counted_by_task_and_not_over_a_childs_life() -> None:
    bomb = files.scan_bomb(600, 600, scans=50)
    with Sandbox(guard.Limits(), Confinement(workers=1, cpu_s=1)) as sandbox:
        pids = {sandbox.run_blocking(tasks.nap, 0)}
        began = time.monotonic()
        while time.monotonic() - began < 2.5:
            sandbox.decode_blocking(bomb)
        pids.add(sandbox.run_blocking(tasks.nap, 0))
    assert len(pids) == 1, "one child used more than its limit in sum, and lives"


def test_memory_that_fits_is_given(sandbox: Sandbox) -> None:
    assert sandbox.run_blocking(tasks.swell, 200_000_000) == 1


def test_a_bug_stays_a_bug(sandbox: Sandbox) -> None:
    with pytest.raises(KeyError, match="a bug"):
        sandbox.run_blocking(tasks.fail)


def test_arguments_that_cannot_be_sent_are_a_bug_too(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="lock"):
        sandbox.run_blocking(tasks.nap, threading.Lock())


def test_other_work_runs_in_a_child_too(sandbox: Sandbox) -> None:
    data = files.png()
    picture = decoding.decode(data)
    assert asyncio.run(sandbox.run(encoding.encode, picture, source=data)) == encoding.encode(picture, data)


def test_a_jpeg_is_spliced_in_a_child(sandbox: Sandbox) -> None:
    data, mask = files.jpeg(), files.box_mask(48, 64)
    wanted = views.with_colour(decoding.decode(data), files.noise(48, 64, 3, seed=8), mask)
    here, there = jpegs.splice(data, wanted, mask), asyncio.run(sandbox.splice(data, wanted, mask))
    assert (here.data, here.patch) == (there.data, there.patch)
    np.testing.assert_array_equal(here.picture.pixels, there.picture.pixels)
    assert "blocks differ" in sandbox.proof_blocking(data, there.data, there.patch)


def test_what_cannot_be_spliced_is_refused_with_a_reason(sandbox: Sandbox) -> None:
    data, mask = files.jpeg(), files.box_mask(48, 64)
    wanted = decoding.decode(data)
    piece = jpegs.piece_of(wanted, mask)
    assert refusal(sandbox, jpegs.splice_piece, data[: len(data) // 2], piece) == "corrupt"
    arithmetic = data.replace(b"\xff\xc0", b"\xff\xc9")
    assert refusal(sandbox, jpegs.splice_piece, arithmetic, piece) == "jpeg_coding"


def test_patches_that_do_not_hold_are_told_from_the_child(sandbox: Sandbox) -> None:
    data = files.jpeg()
    with pytest.raises(PatchError, match="unreadable"):
        sandbox.proof_blocking(data, data, data)


def test_many_pictures_survive_a_crasher_among_them(sandbox: Sandbox) -> None:
    data = [files.png(30, 30, seed=seed) for seed in range(20)]

    async def all_of_them() -> list[object]:
        jobs = [sandbox.decode(each) for each in data]
        return await asyncio.gather(*jobs, sandbox.run(tasks.segfault), return_exceptions=True)

    *pictures, crash = asyncio.run(all_of_them())
    assert isinstance(crash, RefusedImageError)
    assert crash.reason == "decoder_crash"
    for seed, picture in enumerate(pictures):
        np.testing.assert_array_equal(picture.pixels, files.noise(30, 30, seed=seed))


def test_a_child_killed_from_outside_is_tried_again(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox.run_blocking(tasks.kill_self_once, str(tmp_path / "a")) == "second time"
    assert asyncio.run(sandbox.run(tasks.kill_self_once, str(tmp_path / "b"))) == "second time"


def test_a_child_killed_while_idle_is_replaced() -> None:
    with Sandbox(confinement=Confinement(workers=1)) as sandbox:
        pid = sandbox.run_blocking(tasks.nap, 0)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not alive(pid))
        assert sandbox.run_blocking(tasks.nap, 0) != pid
        assert sandbox.decode_blocking(files.png()).mode == "RGB"


def test_cancelling_a_caller_ends_its_child() -> None:
    with Sandbox(confinement=Confinement(workers=1)) as sandbox:
        pid = sandbox.run_blocking(tasks.nap, 0)

        async def cancelled() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(sandbox.run(tasks.nap, 60), 0.5)

        asyncio.run(cancelled())
        wait_for(lambda: not alive(pid))
        assert sandbox.run_blocking(tasks.nap, 0) != pid


def test_a_child_inherits_no_files_and_one_thread(sandbox: Sandbox, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w"), Sandbox(confinement=Confinement(workers=1)) as fresh:
        found = fresh.run_blocking(tasks.surroundings)
    assert not [name for name in found["files"] if "secret" in name]
    assert (found["threads"], found["openblas"]) == (1, "1")


def test_a_closed_sandbox_fails_who_still_waits_and_takes_no_more() -> None:
    sandbox = Sandbox(confinement=Confinement(workers=1))
    pid = sandbox.run_blocking(tasks.nap, 0)
    outcome: list[BaseException] = []

    def wait() -> None:
        try:
            sandbox.run_blocking(tasks.nap, 60)
        except ServiceUnavailableError as error:
            outcome.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(0.3)
    sandbox.close(grace_s=0.2)
    waiter.join(10)
    assert [error.service for error in outcome] == ["sandbox"]
    assert not alive(pid)
    with pytest.raises(ServiceUnavailableError, match="closed"):
        sandbox.decode_blocking(files.png())


def test_closing_waits_for_what_runs() -> None:
    sandbox = Sandbox(confinement=Confinement(workers=1))
    sandbox.warm_up()
    results: list[int] = []
    waiter = threading.Thread(target=lambda: results.append(sandbox.run_blocking(tasks.nap, 0.5)))
    waiter.start()
    time.sleep(0.2)
    sandbox.close()
    waiter.join(10)
    assert len(results) == 1


PARENT = """
import sys, threading
from infra import jpegs
from infra.sandbox import Confinement, Sandbox
from tests import sandbox_tasks as tasks
if __name__ == "__main__":
    sandbox = Sandbox(confinement=Confinement(workers=2))
    print(sandbox.run_blocking(tasks.nap, 0), flush=True)
    for task in ((tasks.spin,), (tasks.nap, 60)):
        threading.Thread(target=sandbox.run_blocking, args=task, daemon=True).start()
    threading.Event().wait()
"""


def descendants(pid: int) -> set[int]:
    children: dict[int, set[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(stat.read_text().rsplit(")", 1)[1].split()[1]), set()).add(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    found, front = set(), {pid}
    while front := {child for each in front for child in children.get(each, ())}:
        found |= front
    return found


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment, cwd=ROOT) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline())
        family = descendants(parent.pid)
        assert len(family) >= 3, "the fork server and two children"
        time.sleep(0.5)  # until both are busy: idle ones would end by themselves
        parent.kill()
    wait_for(lambda: not any(alive(pid) for pid in family), timeout_s=3)
