"""What a worker knows of broken certificates, also while Kafka is away."""

import asyncio

import pytest
from structlog.testing import capture_logs

from processors.errors import ServiceUnavailableError
from streams import events, topics, voiding
from streams.events import CertificateVoided
from streams.voiding import Voided, Watch

ID = "a" * 32
VOIDED = CertificateVoided(
    certificate=ID, why="too many", n=400, errors=9, bound=0.011, time="2026-11-25T12:00:00+00:00"
)


class EnoughError(Exception):
    """The topic has given all its answers."""


class Topic:
    """A topic that answers, or does not; after its last answer the test is over."""

    def __init__(self, *answers: Voided | None) -> None:
        self._answers = iter(answers)

    def __call__(self) -> Voided:
        try:
            answer = next(self._answers)
        except StopIteration:
            raise EnoughError from None
        if answer is None:
            raise ServiceUnavailableError("kafka", "away")
        return answer


def watched(*answers: Voided | None) -> Watch:
    async def look() -> Watch:
        watch = Watch(Topic(*answers))
        with pytest.raises(EnoughError):
            await watch.keep_looking(every_s=0.0, until_known_s=0.0)
        return watch

    return asyncio.run(look())


def test_what_was_told_is_known() -> None:
    watch = watched({ID: VOIDED})
    assert watch.about(ID) == VOIDED
    assert watch.about("b" * 32) is None
    assert watch.known.is_set()


def test_a_broken_certificate_stays_broken_while_kafka_is_away() -> None:
    assert watched({ID: VOIDED}, None, None).about(ID) == VOIDED


def test_a_certificate_stays_in_force_while_kafka_is_away() -> None:
    watch = watched({}, None, None)
    assert watch.about(ID) is None
    assert watch.known.is_set()


def test_nothing_is_known_before_kafka_has_answered_once() -> None:
    assert not watched(None, None).known.is_set()
    assert watched(None, None, {}).known.is_set()


def test_what_is_told_while_a_worker_runs_is_known_at_the_next_look_and_logged_once() -> None:
    with capture_logs() as lines:
        assert watched({}, {ID: VOIDED}, {ID: VOIDED}).about(ID) == VOIDED
    assert [line["certificate"] for line in lines if line["event"] == "certificate_voided"] == [ID]


def test_a_worker_looks_within_a_minute() -> None:
    assert voiding.LOOK_EVERY_S + voiding.PATIENCE_S <= 60


def test_the_event_is_read_as_it_was_written() -> None:
    kind = topics.CERTIFICATE_VOIDED.name
    read = events.decode(events.encode(VOIDED), events.headers(kind, "1", VOIDED.time), (kind,))
    assert read.data == VOIDED
    assert topics.CERTIFICATE_VOIDED.configs["cleanup.policy"] == "compact"
