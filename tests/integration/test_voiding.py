"""A certificate that people found broken: told on the real topic, heard by a worker that watches it."""

import asyncio
import secrets

import pytest

from infra.kafka import EventWriter
from infra.settings import Settings
from streams import events, topics, voiding
from streams.events import CertificateVoided

pytestmark = pytest.mark.connected


@pytest.fixture
def voided() -> CertificateVoided:
    """Of a certificate that no other test has."""
    return CertificateVoided(
        certificate=secrets.token_hex(16),
        why="12 of 400 sampled automatic edits were false",
        n=400,
        errors=12,
        bound=0.0174,
        time="2026-11-25T12:00:00+00:00",
    )


def test_what_is_told_is_read(settings: Settings, voided: CertificateVoided) -> None:
    assert voided.certificate not in voiding.read(settings.kafka)
    event_id = voiding.publish(settings.kafka, voided)
    assert voiding.publish(settings.kafka, voided) == event_id, "told twice is told once"
    assert voiding.read(settings.kafka)[voided.certificate] == voided


def test_a_record_without_a_value_takes_it_back(settings: Settings, voided: CertificateVoided) -> None:
    voiding.publish(settings.kafka, voided)
    writer = EventWriter(settings.kafka)
    partition = topics.partition_of(voided.certificate, settings.kafka.partitions)
    name = topics.CERTIFICATE_VOIDED.name
    writer.send(name, key=voided.certificate.encode(), value=None, headers=[], partition=partition)
    writer.flush()
    assert voided.certificate not in voiding.read(settings.kafka)


def test_what_is_no_such_event_is_passed_over(settings: Settings, voided: CertificateVoided) -> None:
    writer = EventWriter(settings.kafka)
    partition = topics.partition_of(voided.certificate, settings.kafka.partitions)
    headers = events.headers(topics.CERTIFICATE_VOIDED.name, "1", voided.time)
    writer.send(topics.CERTIFICATE_VOIDED.name, key=b"x", value=b"not JSON", headers=headers, partition=partition)
    writer.flush()
    voiding.publish(settings.kafka, voided)
    assert voided.certificate in voiding.read(settings.kafka)


def test_a_worker_hears_of_it_while_it_runs(settings: Settings, voided: CertificateVoided) -> None:
    async def hears() -> CertificateVoided | None:
        async with voiding.watching(settings.kafka, every_s=0.2) as watch, asyncio.timeout(30):
            assert watch.about(voided.certificate) is None
            await asyncio.to_thread(voiding.publish, settings.kafka, voided)
            while (told := watch.about(voided.certificate)) is None:  # noqa: ASYNC110 - a condition of the watch alone
                await asyncio.sleep(0.05)
            return told

    assert asyncio.run(hears()) == voided
