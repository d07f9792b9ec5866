"""What is wrong with the brokers, the topics, the store, the models and the clocks, and what to do about it."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from inference import contracts
from inference.triton import TritonClient
from infra import buckets
from infra import settings as settings_module
from infra.kafka import KafkaAdmin
from infra.object_store import S3Store
from infra.settings import Settings
from processors.errors import PipelineError, ServiceUnavailableError
from streams import declared, local, topics

Level = Literal["ok", "warn", "fail", "no answer"]

#: Seconds by which a clock may differ before signatures and time-outs suffer.
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


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, one after the other; a check that fails hides no other."""
    checks: tuple[tuple[str, Callable[[Settings], Iterator[Finding]], str], ...] = (
        ("kafka", _brokers, "start it (cleanplate up), or set CLEANPLATE_KAFKA__BOOTSTRAP to where it is"),
        ("declared", _declared, "see the findings about kafka and the store"),
        ("store", _store, "start it (cleanplate up), or set CLEANPLATE_STORE__ENDPOINT to where it is"),
        ("models", _models, "start Triton (cleanplate up), or set CLEANPLATE_TRITON__URL to where it is"),
        ("workers", _workers, "see the finding about kafka"),
        ("machine", _machine, ""),
    )
    for name, check, advice in checks:
        try:
            yield from check(settings)
        except ServiceUnavailableError as problem:
            yield Finding(name, "no answer", str(problem), advice)
        except PipelineError as problem:
            yield Finding(name, "fail", str(problem), "this should not be: the message says what was asked")


def _brokers(settings: Settings) -> Iterator[Finding]:
    admin = KafkaAdmin(settings.kafka, timeout_s=5.0)
    brokers = admin.brokers()
    enough = len(brokers) >= settings.kafka.replication
    yield Finding(
        "kafka brokers",
        "ok" if enough else "fail",
        ", ".join(brokers),
        "" if enough else f"{settings.kafka.replication} replicas are asked for: start more brokers",
    )
    if settings.kafka.replication < 3:
        yield Finding(
            "kafka replicas",
            "warn",
            f"each record is kept {settings.kafka.replication} time(s)",
            "fine on one machine; in production set CLEANPLATE_KAFKA__REPLICATION=3 before the topics are made",
        )


def _declared(settings: Settings) -> Iterator[Finding]:
    found = declared.drift(settings)
    for one in found:
        advice = "run cleanplate topics apply" if one.mendable else "a person must move the records to a new topic"
        yield Finding(f"{one.where} {one.what}", "fail", f"{one.actual}, declared {one.declared}", advice)
    if not found:
        yield Finding("topics and buckets", "ok", "as declared")


def _store(settings: Settings) -> Iterator[Finding]:
    store = S3Store(settings.store)
    greeting = store.greet()
    if greeting.clock_s is not None:
        yield _clock("store clock", time.time() - greeting.clock_s)
    for probe in buckets.probe(store, settings.store.edits_bucket):
        advice = "" if probe.kept else "edits could be lost or doubled on this store: use one that keeps this promise"
        yield Finding(f"store: {probe.promise}", "ok" if probe.kept else "fail", probe.detail or "it does", advice)
    yield from _local_store(settings)


def _clock(name: str, skew_s: float) -> Finding:
    size = abs(skew_s)
    level: Level = "ok" if size < SKEW_WARN_S else "warn" if size < SKEW_FAIL_S else "fail"
    found = f"{size:.0f} s {'behind' if skew_s > 0 else 'ahead of'} ours"
    return Finding(name, level, found, "" if level == "ok" else "set the clocks by NTP: signatures expire")


def _local_store(settings: Settings) -> Iterator[Finding]:
    addresses = local.read_addresses(settings_module.home())
    if addresses is None or addresses.store is None or addresses.store.endpoint != settings.store.endpoint:
        return
    if addresses.store.kind == "seaweedfs":
        yield Finding(
            "local store",
            "warn",
            "SeaweedFS' filer has a port on 127.0.0.1 that asks for no password",
            "use this store on a machine of one person only",
        )
    else:
        yield Finding(
            "local store",
            "warn",
            "MinIO's server is archived and gets no fixes",
            "use it on loopback for tests only",
        )


def _models(settings: Settings) -> Iterator[Finding]:
    yield from asyncio.run(_canaries(settings))


async def _canaries(settings: Settings) -> list[Finding]:
    findings = []
    async with TritonClient(settings.triton.url, settings.triton.admin_secret or None, budget_s=5.0) as client:
        for model in contracts.MODELS:
            try:
                await client.canary(model)
                facts = await client.model_facts(model)
            except ServiceUnavailableError as problem:
                advice = "restart Triton: cleanplate down, cleanplate up; its log is under logs/ of the home folder"
                findings.append(Finding(f"model {model.name}", "no answer", problem.detail, advice))
                continue
            about = f"version {facts.version}, {facts.engine} {facts.engine_version} {facts.precision}"
            weights = f", weights {facts.weights_sha256[:12]}" if facts.weights_sha256 else ""
            findings.append(Finding(f"model {model.name}", "ok", f"right answer; {about}{weights}"))
    return findings


def _workers(settings: Settings) -> Iterator[Finding]:
    admin = KafkaAdmin(settings.kafka, timeout_s=5.0)
    members = admin.members(settings.kafka.group)
    lags = admin.lag(settings.kafka.group, [spec.name for spec in topics.CONSUMED])
    waiting = ", ".join(f"{count} in {topic}" for topic, count in sorted(lags.items()) if count) or "nothing waits"
    if members or not any(lags.values()):
        yield Finding("workers", "ok", f"{members} in group {settings.kafka.group}; {waiting}")
    else:
        yield Finding("workers", "warn", f"none runs; {waiting}", "start one: cleanplate worker")


def _machine(_: Settings) -> Iterator[Finding]:
    home = settings_module.home()
    free = shutil.disk_usage(home if home.exists() else home.parent).free
    enough = free > DISK_FREE_WARN
    yield Finding(
        "disk",
        "ok" if enough else "warn",
        f"{free / 1e9:.0f} GB free at {home}",
        "" if enough else "make room: Kafka and the local store stop when the disk is full",
    )
