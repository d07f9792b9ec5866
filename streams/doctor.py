"""What is wrong with the brokers, the topics, the store, the models and the clocks, and what to do about it."""

import asyncio
import importlib.metadata
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import confluent_kafka
import msgspec

from inference import contracts, heavy
from inference.triton import TritonClient
from infra import buckets, error_file, server_programs
from infra import settings as settings_module
from infra.kafka import KafkaAdmin
from infra.object_store import RefusedByStoreError, S3Store
from infra.settings import Settings
from processors import chain
from processors.errors import PipelineError, ServiceUnavailableError
from processors.policies import PolicyFileError
from processors.predicted_error import ErrorModelError
from processors.risk import RiskModelError
from streams import local, routes, topics, voiding
from streams.models import TritonModels, used
from streams.standing import Certification, Standing

Level = Literal["ok", "warn", "fail", "no answer"]

#: Seconds that one service may take to answer; a doctor who waits for long is not called.
PATIENCE_S = 4.0
#: Seconds by which a clock may differ. Stores refuse requests that are off by 900.
SKEW_WARN_S, SKEW_FAIL_S = 5.0, 300.0
#: Bytes below which the local servers are about to stop.
DISK_FREE_WARN = 2 * 10**9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    found: str
    #: what to do about it; empty where all is well
    advice: str = ""


Check = Callable[[Settings], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Area:
    """Checks that need the same service."""

    name: str
    checks: tuple[Check, ...]
    #: what to do where the service does not answer
    advice: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, the services side by side; a check that fails hides no other.

    Its probes in the store and in Kafka are removed again, but for the one object whose deletion is to be refused.
    """
    with ThreadPoolExecutor(len(AREAS)) as pool:
        for findings in pool.map(lambda area: list(_look(area, settings)), AREAS):
            yield from findings


def _look(area: Area, settings: Settings) -> Iterator[Finding]:
    for check in area.checks:
        try:
            yield from check(settings)
        except RefusedByStoreError as problem:
            yield Finding(
                area.name, "fail", problem.detail, "the store answers and refuses us: check keys, rights, names"
            )
        except ServiceUnavailableError as problem:
            yield Finding(area.name, "no answer", problem.detail, area.advice)
            # The other checks of this area would wait for the same.
            return
        except PipelineError as problem:
            yield Finding(area.name, "fail", str(problem), "this should not be: the message says what was asked")


# ------------------------------------------------------------------------------------------------------- settings


def _settings(_: Settings) -> Iterator[Finding]:
    variables = settings_module.variables()
    addresses = [group for group, found in settings_module.local().items() if found]
    sources = [
        f"from the environment {', '.join(variables)}" if variables else "",
        f"from {settings_module.home() / 'local.json'} where {', '.join(addresses)} answer" if addresses else "",
        "the defaults for the rest" if variables or addresses else "the defaults",
    ]
    yield Finding("settings", "ok", "; ".join(source for source in sources if source))


def _decision(settings: Settings) -> Iterator[Finding]:
    try:
        version, model = routes.version(settings), routes.router(settings).risk.digest
    except (PolicyFileError, RiskModelError) as problem:
        advice = "mend that file, or take the shipped one: unset CLEANPLATE_RISK__PATH or CLEANPLATE_POLICIES__PATH"
        yield Finding("decision", "fail", str(problem), advice)
        return
    yield Finding("decision", "ok", f"policy version {version}, risk model {model[:12]}")


def _error_model(settings: Settings) -> Iterator[Finding]:
    try:
        model = error_file.read(settings.quality)
    except ErrorModelError as problem:
        advice = "mend that file, or take the shipped one: unset CLEANPLATE_QUALITY__ERROR_MODEL"
        yield Finding("error model", "fail", str(problem), advice)
        return
    yield Finding("error model", "ok", f"{model.digest[:12]}, for the engines {', '.join(sorted(model.engines))}")


# ---------------------------------------------------------------------------------------------------------- kafka


def _brokers(settings: Settings) -> Iterator[Finding]:
    brokers = _admin(settings).brokers()
    clients = f"librdkafka {confluent_kafka.libversion()[0]}, aiokafka {importlib.metadata.version('aiokafka')}"
    enough = len(brokers) >= settings.kafka.replication
    yield Finding(
        "kafka brokers",
        "ok" if enough else "fail",
        f"{len(brokers)}: {', '.join(brokers)}; asked by {clients}",
        "" if enough else f"{settings.kafka.replication} replicas are asked for: start more brokers",
    )
    if settings.kafka.replication < 3:
        times = "once" if settings.kafka.replication == 1 else "twice"
        yield Finding(
            "kafka replicas",
            "warn",
            f"each record is kept {times}",
            "fine on one machine; in production set CLEANPLATE_KAFKA__REPLICATION=3 before the topics are made",
        )


def _topics(settings: Settings) -> Iterator[Finding]:
    found = _admin(settings).drift(topics.ALL)
    for one in found:
        advice = "run cleanplate topics apply" if one.mendable else "a person must move the records to a new topic"
        yield Finding(f"topic {one.topic}", "fail", f"{one.what} is {one.actual}, declared {one.declared}", advice)
    if not found:
        yield Finding("topics", "ok", f"{len(topics.ALL)}, as declared")


def _broker_clocks(settings: Settings) -> Iterator[Finding]:
    try:
        stamps = _admin(settings).clocks()
    except ServiceUnavailableError as problem:
        # Brokers that answer all else may still not let us make a topic.
        yield Finding("kafka clock", "warn", f"not looked at: {problem.detail}", "see that NTP runs on the brokers")
        return
    for one in stamps:
        yield clock_finding(f"kafka clock {one.broker}", one.theirs_s, one.theirs_s, one.before_s, one.after_s)


def _workers(settings: Settings) -> Iterator[Finding]:
    admin, group = _admin(settings), settings.kafka.group
    members = admin.members(group)
    lags = admin.lag(group, [spec.name for spec in topics.CONSUMED])
    waiting = ", ".join(f"{count} wait in {topic}" for topic, count in sorted(lags.items()) if count) or "nothing waits"
    if members:
        yield Finding("workers", "ok", f"{members} in group {group}; {waiting}")
    else:
        yield Finding("workers", "warn", f"none in group {group}; {waiting}", "start one: cleanplate worker")


def _admin(settings: Settings) -> KafkaAdmin:
    return KafkaAdmin(settings.kafka, timeout_s=PATIENCE_S)


def clock_finding(check: str, earliest_s: float, latest_s: float, before_s: float, after_s: float) -> Finding:
    """Compare a clock that showed something between `earliest_s` and `latest_s` with ours, before and after the answer.

    What the two spans do not share is the difference; a slow answer alone is none.
    """
    behind, ahead = before_s - latest_s, earliest_s - after_s
    if (size := max(behind, ahead)) < SKEW_WARN_S:
        return Finding(check, "ok", "agrees with ours" if size <= 0 else f"agrees with ours within {size:.1f} s")
    level: Level = "warn" if size < SKEW_FAIL_S else "fail"
    side = "behind" if behind > ahead else "ahead of"
    return Finding(
        check, level, f"{size:.0f} s {side} ours", "set the clocks by NTP: times and signatures rest on them"
    )


# ---------------------------------------------------------------------------------------------------------- store


def _store_answers(settings: Settings) -> Iterator[Finding]:
    before = time.time()
    greeting = _store(settings).greet()
    after = time.time()
    yield Finding("store", "ok", f"{greeting.server} at {settings.store.endpoint}")
    if greeting.clock_s is None:
        yield Finding("store clock", "warn", "the store does not tell the time", "see that NTP runs there")
    else:
        # The header is cut to whole seconds.
        yield clock_finding("store clock", greeting.clock_s, greeting.clock_s + 1, before, after)


def _buckets(settings: Settings) -> Iterator[Finding]:
    found = buckets.drift(_store(settings), settings.store)
    for one in found:
        yield Finding(
            f"bucket {one.bucket}",
            "fail",
            f"{one.what} is {one.actual}, declared {one.declared}",
            "run cleanplate topics apply",
        )
    if not found:
        yield Finding("buckets", "ok", "as declared")


def _promises(settings: Settings) -> Iterator[Finding]:
    # A store that answers may still take its time over many writers: it gets as long as at work.
    for probe in buckets.probe(S3Store(settings.store), settings.store.edits_bucket):
        advice = "" if probe.kept else "edits could be lost or doubled on this store: use one that keeps this promise"
        yield Finding(f"store: {probe.promise}", "ok" if probe.kept else "fail", probe.detail or "probed", advice)


def _lock(settings: Settings) -> Iterator[Finding]:
    """With the worker's keys: whether it could delete originals, and what keeps it from that."""
    found = buckets.probe_protection(_store(settings), settings.store.originals_bucket)
    yield protection_finding(found)
    if settings.store.for_operators is settings.store:
        yield Finding(
            "store: users",
            "warn",
            "the worker has the operator's keys",
            "give it a user of its own, see 'Originals' in docs/runbook.md",
        )


def protection_finding(found: buckets.Protection) -> Finding:
    """Which of lock and rights keeps an original."""
    check = "store: an original cannot be deleted"
    lock = f"locked until {found.locked_until:%Y-%m-%d}" if found.locked_until else "not locked"
    rights = "no right to delete" if found.without_right else "the right to delete"
    told = f"tried with these keys, which have {rights}; an original of today is {lock}"
    if not found.version_stays:
        return Finding(check, "fail", f"it was deleted: {told}", "see 'Originals' in docs/runbook.md")
    if not found.locked_until:
        advice = "whoever has an operator's keys can delete originals: a lock needs a bucket that is made with it"
        return Finding(check, "warn", told, advice)
    if not found.without_right:
        advice = "only the lock keeps it, for its time: give the worker a user without the right to delete"
        return Finding(check, "warn", told, advice)
    return Finding(check, "ok", told)


def _local_store(settings: Settings) -> Iterator[Finding]:
    addresses = local.read_addresses(settings_module.home())
    if addresses is None or addresses.store is None or addresses.store.endpoint != settings.store.endpoint:
        return
    found, advice = {
        "seaweedfs": (
            "SeaweedFS' filer has a port on 127.0.0.1 that asks for no password",
            "use this store only on a machine of one person",
        ),
        "minio": ("MinIO's server is archived and gets no fixes", "use this store on loopback and for tests only"),
    }[addresses.store.kind]
    yield Finding("local store", "warn", found, advice)


def _store(settings: Settings) -> S3Store:
    patient = min(settings.store.timeout_s, PATIENCE_S)
    return S3Store(msgspec.structs.replace(settings.store, timeout_s=patient))


# --------------------------------------------------------------------------------------------------------- models


def _models(settings: Settings) -> Iterator[Finding]:
    yield from asyncio.run(_canaries(settings))


async def _canaries(settings: Settings) -> Iterable[Finding]:
    async with TritonClient(settings.triton.url, canary_deadline_s=PATIENCE_S) as client:
        return await asyncio.gather(*(_canary(client, model) for model in used(settings.inpaint.textured)))


def _added(settings: Settings) -> Iterator[Finding]:
    """The models that an operator added: kept, whether or not the setting chooses one."""
    try:
        added = heavy.every(settings_module.home() / "models")
    except heavy.HeavyModelError as problem:
        yield Finding("added models", "fail", str(problem), "see docs/models.md")
        return
    for one in added:
        about = f"{one.convention}, {one.size / 1e6:.0f} MB, digest {one.sha256[:12]}, {one.seconds:.1f} s a crop"
        chosen = "fills what is textured" if settings.inpaint.textured == one.name else "not chosen"
        if one.verified:
            yield Finding(f"added model {one.name}", "ok", f"{about}; {chosen}")
        else:
            advice = "add it again with the digest that its publisher gives (--sha256)"
            yield Finding(
                f"added model {one.name}", "warn", f"{about}; {chosen}; nobody vouches for its digest", advice
            )


async def _canary(client: TritonClient, model: contracts.Model) -> Finding:
    began = time.monotonic()
    try:
        await client.canary(model)
        took_ms = (time.monotonic() - began) * 1000
        facts = await client.model_facts(model)
    except contracts.WrongReplyError as problem:
        advice = "another or a broken model is served: run make setup, then cleanplate down and up"
        return Finding(f"model {model.name}", "fail", problem.fault, advice)
    except ServiceUnavailableError as problem:
        advice = "start Triton (cleanplate down, cleanplate up), or set CLEANPLATE_TRITON__URL to where it is"
        return Finding(f"model {model.name}", "no answer", problem.detail, advice)
    about = f"version {facts.version}, {facts.engine} {facts.engine_version} {facts.precision}"
    weights = f", weights {facts.weights_sha256[:12]}" if facts.weights_sha256 else ""
    server = f"Triton {facts.server_version}"
    return Finding(f"model {model.name}", "ok", f"right answer in {took_ms:.0f} ms; {about}{weights}; {server}")


# ---------------------------------------------------------------------------------------------------- certificate


def _certificate(settings: Settings) -> Iterator[Finding]:
    try:
        models = asyncio.run(_serving(settings))
    except ServiceUnavailableError:
        # That they do not answer is a finding of its own, one for each.
        yield Finding("certificate", "warn", "not looked at: the models do not answer", "see the models above")
        return
    told, aside = _voided(settings)
    found = Certification(settings.certificate, told.get).standing(models, routes.version(settings))
    yield certificate_finding(found, aside)


async def _serving(settings: Settings) -> tuple[chain.Model, ...]:
    async with TritonClient(settings.triton.url, budget_s=PATIENCE_S) as client:
        return await TritonModels(client, used(settings.inpaint.textured)).facts()


def _voided(settings: Settings) -> tuple[voiding.Voided, str]:
    """What was told of certificates, and a remark where that could not be read."""
    try:
        return voiding.read(settings.kafka, PATIENCE_S), ""
    except ServiceUnavailableError:
        return {}, "; whether people found it broken was not looked at, Kafka does not answer"


def certificate_finding(standing: Standing, aside: str = "") -> Finding:
    """In force, or void and why, with what follows from that."""
    if (found := standing.certificate) is not None:
        promise = f"at most {found.alpha:.2%} of automatic edits false, with {1 - found.delta:.0%} confidence"
        measured = f"{found.errors} of {found.n} measured"
        return Finding("certificate", "ok", f"{found.id[:12]} in force: {promise} ({measured}){aside}")
    what_follows = "every edit is asked about" if standing.asks else "edits go on without it, as the settings say"
    advice = "see 'the certificate is void' in docs/runbook.md"
    return Finding("certificate", "warn", f"void, {what_follows}: {standing.why_void}{aside}", advice)


# -------------------------------------------------------------------------------------------------------- machine


def _disk(_: Settings) -> Iterator[Finding]:
    home = settings_module.home()
    where = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(where).free
    enough = free > DISK_FREE_WARN
    yield Finding(
        "disk",
        "ok" if enough else "warn",
        f"{free / 1e9:.0f} GB free at {home}",
        "" if enough else "make room: Kafka and the local store stop when the disk is full",
    )


def _programs(_: Settings) -> Iterator[Finding]:
    """Only where local servers are used: what they are started from."""
    if local.read_addresses(settings_module.home()) is None:
        return
    servers = server_programs.Servers(server_programs.cache_folder())
    folders = {"Kafka": servers.kafka, "the store and Triton": servers.payload, "the models": servers.triton_env}
    missing = [name for name, folder in folders.items() if not server_programs.is_made(folder)]
    if not servers.java().exists():
        missing.append("Java")
    yield Finding(
        "local servers",
        "warn" if missing else "ok",
        f"missing: {', '.join(missing)}" if missing else f"set up in {servers.cache}, with Java of {servers.java()}",
        "run make setup, or the next cleanplate up fails" if missing else "",
    )


AREAS = (
    Area("settings", (_settings, _decision, _error_model), ""),
    Area(
        "kafka",
        (_brokers, _topics, _broker_clocks, _workers),
        "start it (cleanplate up), or set CLEANPLATE_KAFKA__BOOTSTRAP to where it is",
    ),
    Area(
        "store",
        (_store_answers, _buckets, _promises, _lock, _local_store),
        "start it (cleanplate up), or set CLEANPLATE_STORE__ENDPOINT to where it is",
    ),
    Area(
        "models",
        (_added, _models, _certificate),
        "start Triton (cleanplate up), or set CLEANPLATE_TRITON__URL to where it is",
    ),
    Area("machine", (_disk, _programs), ""),
)
