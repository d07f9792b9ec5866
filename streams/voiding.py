"""Certificates whose promise was seen broken: told once, noticed by every worker within a minute."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

import structlog

from infra.kafka import EventWriter, read_log
from infra.settings import KafkaSettings
from processors import chain
from processors.errors import ServiceUnavailableError, UnprocessableEventError
from streams import events, topics
from streams.events import CertificateVoided

log = structlog.get_logger(__name__)

#: Seconds between two looks at the topic. A look reads a few records at most.
LOOK_EVERY_S = 30.0
#: Seconds that Kafka may take to answer a look.
PATIENCE_S = 10.0

#: Certificate id → why it is void.
Voided = Mapping[str, CertificateVoided]


def publish(kafka: KafkaSettings, voided: CertificateVoided) -> str:
    """Tell that a certificate is void, and give the event's id; telling it again adds nothing.

    Raises:
        ServiceUnavailableError: the broker did not confirm it.
    """
    event_id = chain.name_of("voided", voided.certificate, str(voided.n), str(voided.errors))
    writer = EventWriter(kafka)
    writer.send(
        topics.CERTIFICATE_VOIDED.name,
        key=voided.certificate.encode(),
        value=events.encode(voided),
        headers=events.headers(topics.CERTIFICATE_VOIDED.name, event_id, voided.time),
        partition=topics.partition_of(voided.certificate, kafka.partitions),
    )
    writer.flush()
    return event_id


def read(kafka: KafkaSettings, timeout_s: float = PATIENCE_S) -> dict[str, CertificateVoided]:
    """Every certificate that was told to be void; a record without a value takes it back.

    Raises:
        ServiceUnavailableError: the brokers do not answer within `timeout_s`.
    """
    found: dict[str, CertificateVoided] = {}
    for record in read_log(kafka, topics.CERTIFICATE_VOIDED.name, timeout_s):
        try:
            event = events.decode(record.value, record.headers, (topics.CERTIFICATE_VOIDED.name,))
        except UnprocessableEventError:
            # Not ours to judge, unless it is empty: that takes back what was told.
            if not record.value:
                found.pop((record.key or b"").decode(errors="replace"), None)
            continue
        found[event.data.certificate] = event.data
    return found


class Watch:
    """What was known at the last look. A look that fails changes nothing: a certificate stays void, or in force."""

    def __init__(self, look: Callable[[], Voided]) -> None:
        self._look = look
        self._known: Voided = {}
        #: set after the first look that Kafka answered: before that nobody knows whether a certificate still holds
        self.known = asyncio.Event()

    def about(self, certificate: str) -> CertificateVoided | None:
        """Why this certificate is void; None where nobody said so."""
        return self._known.get(certificate)

    async def keep_looking(self, every_s: float = LOOK_EVERY_S, until_known_s: float = 1.0) -> None:
        """Look now and then, for ever; more often until Kafka has answered once."""
        while True:
            await self._again()
            await asyncio.sleep(every_s if self.known.is_set() else until_known_s)

    async def _again(self) -> None:
        try:
            found = await asyncio.to_thread(self._look)
        except ServiceUnavailableError as problem:
            log.debug("voidings_not_read", service=problem.service, detail=problem.detail[:300])
            return
        for one in found.values():
            # Those of long ago are worth no line at every start.
            if self.known.is_set() and one.certificate not in self._known:
                log.warning("certificate_voided", certificate=one.certificate, why=one.why)
        self._known = found
        self.known.set()


@contextlib.asynccontextmanager
async def watching(kafka: KafkaSettings, every_s: float = LOOK_EVERY_S) -> AsyncIterator[Watch]:
    """A watch that has looked once, and looks on until the end."""
    watch = Watch(lambda: read(kafka))
    looking = asyncio.create_task(watch.keep_looking(every_s))
    known = asyncio.create_task(watch.known.wait())
    try:
        # A look that fails by a fault of ours must end the start, not hang it.
        await asyncio.wait({known, looking}, return_when=asyncio.FIRST_COMPLETED)
        if looking.done():
            looking.result()
        yield watch
    finally:
        known.cancel()
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
