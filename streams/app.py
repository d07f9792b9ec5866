"""Wiring: the one place where everything is constructed, and how a worker runs."""

import asyncio
import contextlib
import importlib.metadata
import logging
import logging.config
import os
import ssl
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.exceptions import ProducerSendError

from inference.inpainting import TritonInpainter
from inference.reading import TritonTextReader
from inference.strokes import TritonStrokes
from inference.triton import TritonClient
from infra import error_file, logs, policy_file
from infra.kafka import KafkaAdmin, NoKeyError
from infra.object_store import S3Store
from infra.sandbox import Sandbox
from infra.settings import KafkaSettings, Settings
from processors import engines
from processors.errors import PipelineError, ServiceUnavailableError
from streams import agents, health, notifications, repetition, routes, topics, versions, voiding
from streams.announcing import Announcer
from streams.cleaning import PictureCleaner
from streams.dead_letters import Letter
from streams.editing import Buckets, ImageEditor
from streams.ledger import Ledger
from streams.models import TritonModels, used
from streams.ports import Certifies, Marks
from streams.pulse import Pulse
from streams.standing import Certification, log_change

log = structlog.get_logger(__name__)


#: Whose version can change a pixel.
LIBRARIES = ("pillow", "numpy", "opencv-python-headless")


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A cleaner and what must be closed after it."""

    cleaner: PictureCleaner
    client: TritonClient
    models: TritonModels


@contextlib.asynccontextmanager
async def cleaning(
    settings: Settings, certifies: Certifies | None = None, marks: Marks | None = None
) -> AsyncIterator[Cleaning]:
    """The path of one picture, ready to use; needs Triton and nothing else.

    Pictures are decided under `certifies`, by default the certificate of the settings as if nobody had told of it.
    Without `marks` nothing is repeated.

    Raises:
        PolicyFileError: the policy file cannot be used.
        RiskModelError: the risk model cannot be used.
        ErrorModelError: the model of the error cannot be used.
    """
    policies = policy_file.read(settings.policies)
    sandbox = Sandbox(settings.guard, settings.sandbox)
    client = TritonClient(settings.triton.url, settings.triton.admin_secret or None, budget_s=settings.triton.budget_s)
    models = TritonModels(client, used(settings.inpaint.textured))
    try:
        cleaner = PictureCleaner(
            decoder=sandbox,
            reader=TritonTextReader(client),
            inpainter=TritonInpainter(client),
            stroke_finder=TritonStrokes(client),
            engine_settings=engines.Settings(textured=settings.inpaint.textured),
            models=models,
            decide=routes.router(settings),
            policy=settings.policy,
            certification=certifies or Certification(settings.certificate),
            error_model=error_file.read(settings.quality),
            marks=marks,
            policies=policies,
        )
        yield Cleaning(cleaner, client, models)
    finally:
        await client.close()
        sandbox.close()


class FaustPublisher:
    """Sends through the app's producer and waits for the broker's confirmation."""

    def __init__(self, app: faust.App, partitions: int) -> None:
        self._app = app
        self._partitions = partitions

    async def send(
        self, topic: str, *, image_id: str, key: str, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        await self._deliver(topic, key.encode(), value, headers, topics.partition_of(image_id, self._partitions))

    async def forward(self, topic: str, letter: Letter) -> None:
        await self._deliver(topic, letter.key, letter.value, list(letter.headers), letter.partition)

    async def _deliver(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]], partition: int
    ) -> None:
        if key is None and topic in topics.COMPACTED:
            raise NoKeyError(topic)
        try:
            # Through the producer itself: `topic.send` is happy once the record is queued, and turns None into "null".
            sent = await self._app.producer.send(topic, key, value, partition, None, headers)
            await sent
        except (KafkaError, ProducerSendError) as problem:
            raise ServiceUnavailableError("kafka", f"{type(problem).__name__}: {problem}") from problem


def faust_app(settings: Settings) -> faust.App:
    """The Faust app with the settings that measuring led to; each says why."""
    kafka, worker = settings.kafka, settings.worker
    return faust.App(
        kafka.group,
        broker=[f"kafka://{host}" for host in kafka.bootstrap.split(",")],
        broker_credentials=_credentials(kafka),
        autodiscover=False,
        # Faust makes a folder for tables that we do not have.
        datadir=str(Path(tempfile.gettempdir()) / "cleanplate-faust"),
        origin=None,
        # Faust's own server is open to everybody and knows nothing of readiness; ours is streams.health.
        web_enabled=False,
        # Topics are declared by `cleanplate topics apply`, with a check of what is there.
        topic_allow_declare=False,
        topic_disable_leader=True,
        # With the defaults a slow agent on a backlog leaves the group and never comes back.
        broker_max_poll_interval=86_400,
        broker_max_poll_records=64,
        stream_buffer_maxsize=128,
        # Few events are seen twice after a rebalance when commits are frequent.
        broker_commit_interval=0.5,
        broker_commit_every=500,
        broker_session_timeout=worker.session_timeout_s,
        broker_heartbeat_interval=min(3.0, worker.session_timeout_s / 3),
        broker_request_timeout=max(30.0, worker.session_timeout_s * 2),
        consumer_group_instance_id=worker.instance_id or None,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=3000,
        # Events in work are not waited for when partitions move: they are idempotent, and a service that is
        # away would hold up the whole group.
        stream_wait_empty=False,
        stream_processing_timeout=600.0,
        # A dead leader must not hide for the default 20 minutes.
        producer_request_timeout=30.0,
        producer_linger=0.005,
        producer_max_request_size=2_097_152,
        producer_compression_type="gzip",
        table_standby_replicas=0,
        store="memory://",
        loghandlers=[],
        logging_config=logs.configure(settings.log.level, settings.log.format),
        worker_redirect_stdouts=False,
    )


def _credentials(kafka: KafkaSettings) -> Any:
    if kafka.security == "plaintext":
        return None
    context = None
    if kafka.security.endswith("ssl"):
        context = ssl.create_default_context(cafile=kafka.ca_file or None)
    if kafka.security.startswith("sasl"):
        return faust.SASLCredentials(
            username=kafka.username, password=kafka.password, mechanism=kafka.sasl_mechanism, ssl_context=context
        )
    return faust.SSLCredentials(context=context)


async def run_worker(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; gives the exit code (0: stopped cleanly, 1: it had to end itself).

    A second way out is hard: `stop_deadline_s` after the signal the process ends as it is. Nothing is lost by that:
    what was not acknowledged comes again.
    """
    logging.config.dictConfig(logs.configure(settings.log.level, settings.log.format))
    await asyncio.to_thread(_check_topics, settings)
    pulse = Pulse()
    store = S3Store(settings.store)
    async with (
        voiding.watching(settings.kafka) as voided,
        repetition.following(settings.kafka, settings.marks) as marks,
        cleaning(settings, _certification(settings, voided), marks) as ready,
        health.serving(settings.worker.health_port, pulse),
    ):
        app = faust_app(settings)
        _register(app, settings, ready.cleaner, store, pulse)
        await app.start()
        log.info("worker_started", group=settings.kafka.group, code_version=versions.code_version())
        reason = await health.watch(app, pulse, settings.worker.stall_after_s)
        log.info("worker_stopping", reason=reason)
        deadline = asyncio.get_running_loop().call_later(settings.worker.stop_deadline_s, _leave)
        await app.stop()
        deadline.cancel()
    log.info("worker_stopped", events=pulse.done, dead_letters=pulse.dead_lettered)
    return 0 if reason == "signal" else 1


def _certification(settings: Settings, voided: voiding.Watch) -> Certification:
    return Certification(settings.certificate, voided.about, log_change)


def _register(app: faust.App, settings: Settings, cleaner: PictureCleaner, store: S3Store, pulse: Pulse) -> None:
    ledger = Ledger(store, settings.store.edits_bucket)
    publisher = FaustPublisher(app, settings.kafka.partitions)
    editor = ImageEditor(
        store,
        Buckets(settings.store.originals_bucket, settings.store.edits_bucket),
        ledger,
        cleaner,
        max_bytes=settings.guard.bytes,
        code_version=versions.code_version(),
        libraries={name: importlib.metadata.version(name) for name in LIBRARIES},
        sampled_share=settings.sampling.share,
    )
    desk = agents.Desk(
        editor, Announcer(publisher, ledger), notifications.Notifier(publisher, ledger, settings.store.incoming_bucket)
    )
    agents.register(
        app,
        desk,
        agents.Patience(publisher, pulse, desk.excuse),
        batch=settings.worker.batch,
        within_s=settings.worker.within_s,
    )


def _check_topics(settings: Settings) -> None:
    """Refuse to run on topics that are missing or cut otherwise: Faust would idle, or keys would move.

    A broker that is away is waited for, as everywhere.
    """
    waited = False
    while True:
        try:
            drifts = KafkaAdmin(settings.kafka).drift(topics.ALL)
            break
        except ServiceUnavailableError as problem:
            if not waited:
                log.warning("service_unavailable", service=problem.service, detail=problem.detail)
            waited = True
            time.sleep(2.0)
    wrong = [drift for drift in drifts if drift.what in ("missing", "partitions")]
    if wrong:
        found = ", ".join(f"{drift.topic}: {drift.what} is {drift.actual}" for drift in wrong)
        raise TopicsError(f"topics are not as declared (see cleanplate topics plan): {found}")


class TopicsError(PipelineError):
    """Topics are missing or have the wrong number of partitions."""


def _leave() -> None:
    log.error("worker_stop_took_too_long")
    logging.shutdown()
    os._exit(1)
