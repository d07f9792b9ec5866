"""The operator's side of Kafka, by confluent-kafka: topics against what is declared, logs, writing, lag."""

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from infra.settings import KafkaSettings
from processors.errors import PipelineError, ServiceUnavailableError

T = TypeVar("T")
Headers = Iterable[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be."""

    name: str
    #: what the key of a record is, for people
    key: str
    purpose: str
    configs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between a topic as declared and as it is, with what would mend it."""

    topic: str
    #: `missing`, `partitions`, `replication` or the name of a config
    what: str
    declared: str
    actual: str
    #: False where only a person can mend it (fewer or more partitions, replicas)
    mendable: bool


@dataclass(frozen=True, slots=True)
class Stamp:
    """A broker's clock; all times in seconds since 1970."""

    broker: str
    theirs_s: float
    #: our clock before the broker was asked, and after it had answered
    before_s: float
    after_s: float


def client_config(settings: KafkaSettings) -> dict[str, Any]:
    """librdkafka's properties for reaching the brokers; the same settings render aiokafka's in streams.app."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap,
        "security.protocol": settings.security,
        # Without it the client floods stderr while a broker is away; errors come through calls and callbacks.
        "log_level": 0,
    }
    if settings.security.startswith("sasl"):
        config |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.username,
            "sasl.password": settings.password,
        }
    if settings.ca_file:
        config["ssl.ca.location"] = settings.ca_file
    return config


class KafkaAdmin:
    """Topics, offsets and lag.

    Raises ServiceUnavailableError("kafka") where the brokers do not answer within `timeout_s`.
    """

    def __init__(self, settings: KafkaSettings, timeout_s: float = 10.0) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._admin = AdminClient(client_config(settings))

    def brokers(self) -> list[str]:
        """host:port of every broker that is up."""
        with _translated():
            metadata = self._admin.list_topics(timeout=self._timeout_s)
            return sorted(f"{broker.host}:{broker.port}" for broker in metadata.brokers.values())

    def cluster_id(self) -> str:
        """What the brokers call themselves together."""
        with _translated():
            return str(self._admin.list_topics(timeout=self._timeout_s).cluster_id)

    def clocks(self) -> list[Stamp]:
        """Each broker's clock, by a record that it stamps itself, in a topic made for this and removed again.

        The protocol has no other way to ask. Raises ServiceUnavailableError also where we may not make a topic.
        """
        topic = f"cleanplate.clock.{secrets.token_hex(8)}"
        with _translated():
            brokers = self._admin.list_topics(timeout=self._timeout_s).brokers
            order = sorted(brokers)
            made = NewTopic(
                topic,
                num_partitions=len(order),
                replica_assignment=[[number] for number in order],
                config={"message.timestamp.type": "LogAppendTime"},
            )
            self._admin.create_topics([made], request_timeout=self._timeout_s)[topic].result()
            try:
                stamps = self._stamps(topic, len(order))
            finally:
                self._admin.delete_topics([topic], request_timeout=self._timeout_s)[topic].result()
        return [
            Stamp(f"{brokers[number].host}:{brokers[number].port}", *stamps[partition])
            for partition, number in enumerate(order)
        ]

    def _stamps(self, topic: str, partitions: int) -> dict[int, tuple[float, float, float]]:
        """Partition → the broker's time, ours before and ours after, all in seconds since 1970."""
        config = {**client_config(self._settings), "linger.ms": 0, "delivery.timeout.ms": int(self._timeout_s * 1000)}
        producer = Producer(config)
        found: dict[int, tuple[float, float, float]] = {}

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                raise KafkaException(error)
            found[message.partition() or 0] = (message.timestamp()[1] / 1000, before, time.time())

        # The first round finds the leaders of a topic that was made a moment ago; the second one is quick.
        for _ in range(2):
            for partition in range(partitions):
                before = time.time()
                producer.produce(topic, b"", partition=partition, on_delivery=delivered)
                producer.flush(self._timeout_s)
        if len(found) < partitions:
            raise TimeoutError(f"{topic}: not every broker answered")
        return found

    def drift(self, specs: Iterable[TopicSpec]) -> list[Drift]:
        """Differences between the declared topics and the real ones; empty when all is as declared."""
        specs = tuple(specs)
        with _translated():
            metadata = self._admin.list_topics(timeout=self._timeout_s).topics
            present = [spec for spec in specs if spec.name in metadata]
            resources = [ConfigResource(ResourceType.TOPIC, spec.name) for spec in present]
            futures = self._admin.describe_configs(resources, request_timeout=self._timeout_s) if resources else {}
            actual = {resource.name: future.result() for resource, future in futures.items()}
        found = [
            Drift(spec.name, "missing", "present", "missing", mendable=True)
            for spec in specs
            if spec.name not in metadata
        ]
        for spec in present:
            partitions = metadata[spec.name].partitions
            replicas = min((len(one.replicas) for one in partitions.values()), default=0)
            if len(partitions) != self._settings.partitions:
                found.append(
                    Drift(spec.name, "partitions", str(self._settings.partitions), str(len(partitions)), mendable=False)
                )
            if replicas < self._settings.replication:
                found.append(
                    Drift(spec.name, "replication", str(self._settings.replication), str(replicas), mendable=False)
                )
            for name, declared in spec.configs.items():
                value = actual[spec.name][name].value
                if value != declared:
                    found.append(Drift(spec.name, name, declared, str(value), mendable=True))
        return found

    def mend(self, specs: Iterable[TopicSpec], drifts: Iterable[Drift]) -> None:
        """Create what is missing and set the configs that differ; partitions and replicas are left to a person.

        Comes back when the brokers tell it so too, which they do a moment later.
        """
        by_name = {spec.name: spec for spec in specs}
        drifts = tuple(drift for drift in drifts if drift.mendable)
        with _translated():
            missing = [
                NewTopic(
                    drift.topic,
                    num_partitions=self._settings.partitions,
                    replication_factor=self._settings.replication,
                    config=dict(by_name[drift.topic].configs),
                )
                for drift in drifts
                if drift.what == "missing"
            ]
            if missing:
                for future in self._admin.create_topics(missing, request_timeout=self._timeout_s).values():
                    _ignoring_existing(future)
            changed: dict[str, list[ConfigEntry]] = {}
            for drift in drifts:
                if drift.what != "missing":
                    entry = ConfigEntry(drift.what, drift.declared, incremental_operation=AlterConfigOpType.SET)
                    changed.setdefault(drift.topic, []).append(entry)
            if changed:
                resources = [
                    ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
                    for topic, entries in changed.items()
                ]
                for future in self._admin.incremental_alter_configs(resources).values():
                    future.result()
        deadline = time.monotonic() + self._timeout_s
        while any(one.mendable for one in self.drift(by_name.values())) and time.monotonic() < deadline:
            time.sleep(0.05)

    def partition_count(self, topic: str) -> int:
        """Partitions of a topic; 0 where it does not exist."""
        with _translated():
            metadata = self._admin.list_topics(topic, timeout=self._timeout_s).topics.get(topic)
            return len(metadata.partitions) if metadata and metadata.error is None else 0

    def members(self, group: str) -> int:
        """How many members the group has now; 0 where nobody knows it."""

        def ask() -> int:
            asked = self._admin.describe_consumer_groups([group], request_timeout=self._timeout_s)
            return len(asked[group].result(self._timeout_s).members)

        with _translated():
            try:
                return _coordinated(ask, self._timeout_s)
            except KafkaException as problem:
                if problem.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                    return 0
                raise

    def lag(self, group: str, topics: Iterable[str]) -> dict[str, int]:
        """Records per topic that the group has not committed yet; a partition without a commit counts from 0."""
        consumer = Consumer({**client_config(self._settings), "group.id": f"{group}.lag"})
        try:
            with _translated():
                wanted = [
                    TopicPartition(topic, number) for topic in topics for number in range(self.partition_count(topic))
                ]
                if not wanted:
                    return {}

                def ask() -> list[TopicPartition]:
                    asked = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)])
                    return list(asked[group].result(self._timeout_s).topic_partitions)

                lags: dict[str, int] = {}
                for partition in _coordinated(ask, self._timeout_s):
                    low, high = ends_of(consumer, partition, self._timeout_s)
                    done = partition.offset if partition.offset >= 0 else low
                    lags[partition.topic] = lags.get(partition.topic, 0) + max(0, high - done)
                return lags
        finally:
            consumer.close()


def _coordinated(ask: Callable[[], T], timeout_s: float) -> T:
    """Ask about a group again while its coordinator is being found, as on a broker that has had no group yet."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return ask()
        except KafkaException as problem:
            finding = problem.args[0].code() in (
                KafkaError.COORDINATOR_NOT_AVAILABLE,
                KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
                KafkaError.NOT_COORDINATOR,
            )
            if not finding or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    #: milliseconds since 1970 as the broker has it
    timestamp_ms: int


def read_log(
    settings: KafkaSettings,
    topic: str,
    timeout_s: float = 30.0,
    since: Mapping[int, int] | None = None,
    only: Collection[int] | None = None,
) -> Iterator[Record]:
    """Every record of a topic from its beginning to the end that it had when the reading began.

    With `since`, from these offsets by partition; partitions that it does not name are read from their beginning.
    With `only`, of these partitions alone.

    Raises:
        ServiceUnavailableError: the brokers do not answer, or stop answering for `timeout_s`.
    """
    consumer = Consumer(
        {
            **client_config(settings),
            "group.id": "cleanplate.reader",
            "enable.auto.commit": False,
            "enable.partition.eof": False,
            # Never on to the end: what is gone before `since` began is a fault that must be seen.
            "auto.offset.reset": "error",
            "fetch.queue.backoff.ms": 10,
        }
    )
    try:
        with _translated():
            metadata = consumer.list_topics(topic, timeout=timeout_s).topics[topic]
            if metadata.error is not None:
                raise ServiceUnavailableError("kafka", f"{topic}: {metadata.error}")
            starts, ends = {}, {}
            for number in metadata.partitions if only is None else only:
                low, high = ends_of(consumer, TopicPartition(topic, number), timeout_s)
                start = since.get(number, low) if since is not None else low
                if high > max(low, start):
                    starts[number] = start if start > low else OFFSET_BEGINNING
                    ends[number] = high
            consumer.assign([TopicPartition(topic, number, start) for number, start in starts.items()])
            yield from _until(consumer, topic, ends, timeout_s)
    finally:
        consumer.close()


def ends_of_log(settings: KafkaSettings, topic: str, timeout_s: float = 30.0) -> dict[int, int]:
    """Next offset of each partition of a topic. Raises ServiceUnavailableError."""
    consumer = Consumer({**client_config(settings), "group.id": "cleanplate.reader", "enable.auto.commit": False})
    try:
        with _translated():
            metadata = consumer.list_topics(topic, timeout=timeout_s).topics[topic]
            if metadata.error is not None:
                raise ServiceUnavailableError("kafka", f"{topic}: {metadata.error}")
            return {
                number: ends_of(consumer, TopicPartition(topic, number), timeout_s)[1] for number in metadata.partitions
            }
    finally:
        consumer.close()


def follow_log(
    settings: KafkaSettings, topic: str, stopped: threading.Event, since: Mapping[int, int] | None = None
) -> Iterator[tuple[list[Record], bool]]:
    """Every record of a topic from its beginning, then each that comes, until `stopped` is set.

    With `since`, from these offsets by partition; partitions that it does not name are read from their beginning.

    Gives batches, empty ones too, ten a second at least while the brokers answer, and with each whether the end of
    every partition has been reached. Joins no group and commits nothing. Brokers that are away, and a topic that is
    not there yet, are waited for; `stopped` is looked at every two seconds at most.
    """
    consumer = Consumer(
        {
            **client_config(settings),
            "group.id": "cleanplate.follower",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # Where the oldest records are gone, begin with the oldest that is left.
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 10,
            # What is fetched ahead; the default would hold 64 MB.
            "queued.max.messages.kbytes": 8192,
        }
    )
    try:
        behind = _partitions_when_there(consumer, topic, stopped)
        starts = {number: (since or {}).get(number, OFFSET_BEGINNING) for number in behind}
        consumer.assign([TopicPartition(topic, number, start) for number, start in starts.items()])
        while not stopped.is_set():
            records = []
            for message in consumer.consume(500, timeout=0.1):
                problem = message.error()
                if problem is None:
                    records.append(_record(message))
                elif problem.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name in the public interface
                    behind.discard(message.partition() or 0)
                # All other errors say that something is away; librdkafka comes back by itself.
            yield records, not behind
    finally:
        consumer.close()


def _partitions_when_there(consumer: Consumer, topic: str, stopped: threading.Event) -> set[int]:
    """Numbers of a topic's partitions, once the brokers know it; none if `stopped` came first."""
    while not stopped.is_set():
        with contextlib.suppress(KafkaException):
            metadata = consumer.list_topics(topic, timeout=2.0).topics[topic]
            if metadata.error is None and metadata.partitions:
                return set(metadata.partitions)
        stopped.wait(1.0)
    return set()


def ends_of(consumer: Consumer, partition: TopicPartition, timeout_s: float) -> tuple[int, int]:
    """First and next offset of a partition; waits for a leader where the topic was made a moment ago.

    Raises:
        KafkaException: the brokers do not answer, or not within `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            low, high = consumer.get_watermark_offsets(partition, timeout=timeout_s)
            return low, high
        except KafkaException as problem:
            leaderless = problem.args[0].code() in (
                KafkaError.NOT_LEADER_FOR_PARTITION,
                KafkaError.LEADER_NOT_AVAILABLE,
            )
            if not leaderless or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _until(consumer: Consumer, topic: str, ends: dict[int, int], timeout_s: float) -> Iterator[Record]:
    heard = time.monotonic()
    left = 500
    while ends:
        # Not more than there can be: for records that do not come it would wait until the time is over.
        messages = consumer.consume(min(left, 500), timeout=0.1)
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
            yield _record(message)
        if messages:
            heard = time.monotonic()
        # The position moves over the holes that compaction leaves, so a compacted tail still ends.
        left = 0
        for partition in consumer.position([TopicPartition(topic, number) for number in ends]):
            if partition.offset >= ends[partition.partition]:
                del ends[partition.partition]
            else:
                left += ends[partition.partition] - max(partition.offset, 0)
        if time.monotonic() - heard > timeout_s:
            raise ServiceUnavailableError(
                "kafka", f"{topic}: no record for {timeout_s:.0f} s before the end was reached"
            )


def _record(message: Message) -> Record:
    return Record(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers=tuple((name, _bytes(value) or b"") for name, value in _pairs(message.headers())),
        timestamp_ms=message.timestamp()[1],
    )


def _pairs(headers: Mapping[str, Any] | list[tuple[str, Any]] | None) -> Iterable[tuple[str, Any]]:
    return headers.items() if isinstance(headers, Mapping) else headers or ()


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


class NoKeyError(PipelineError):
    """A record without a key for a topic that needs them: compaction keeps the last record of each key."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic}: a record without a key was not sent")


class EventWriter:
    """An idempotent producer that waits for the broker's word on what it was given."""

    def __init__(self, settings: KafkaSettings, timeout_s: float = 30.0) -> None:
        self._timeout_s = timeout_s
        self._failures: list[KafkaError] = []
        self._producer = Producer(
            {
                **client_config(settings),
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 2,
                # As workers do: the audit topic is kept for ever.
                "compression.type": "gzip",
                "message.max.bytes": 2_000_000,
                "delivery.timeout.ms": int(timeout_s * 1000),
            }
        )

    def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
        partition: int | None = None,
        keyless: bool = False,
    ) -> None:
        """Queue one record; `flush` tells whether it arrived. Only `keyless` says that it may lack a key.

        Raises:
            NoKeyError: it lacks one; a compacted topic would refuse it, and the good records of its batch with it.
        """
        if key is None and not keyless:
            raise NoKeyError(topic)
        # -1 leaves the partition to the partitioner.
        where = -1 if partition is None else partition
        while True:
            try:
                self._producer.produce(
                    topic, value, key, partition=where, headers=list(headers), on_delivery=self._delivered
                )
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(0.1)

    def flush(self) -> None:
        """Wait until everything sent is confirmed.

        Raises:
            ServiceUnavailableError: something was not; what was confirmed stays written.
        """
        left = self._producer.flush(self._timeout_s)
        failures, self._failures = self._failures, []
        if left or failures:
            reason = failures[0].str() if failures else f"{left} records unconfirmed"
            raise ServiceUnavailableError("kafka", reason)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failures.append(error)


class _translated:  # noqa: N801 - used as a verb: `with _translated():`
    """librdkafka's exceptions as ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, problem: BaseException | None, __: object) -> None:
        if isinstance(problem, KafkaException):
            error = problem.args[0]
            raise ServiceUnavailableError("kafka", error.str() if isinstance(error, KafkaError) else str(error)) from (
                problem
            )
        if isinstance(problem, TimeoutError):
            raise ServiceUnavailableError("kafka", "no answer in time") from problem


def _ignoring_existing(future: Any) -> None:
    """Two operators may apply at the same time; the second finds the topic there."""
    try:
        future.result()
    except KafkaException as problem:
        if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
