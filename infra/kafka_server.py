"""The local Kafka broker as data: its files, its command line, and whether it answers."""

import base64
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from infra import processes
from processors.errors import ServiceUnavailableError

#: File name of the archive of loaded classes.
ARCHIVE = "kafka.jsa"

_MEMORY = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")

_LOG = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %-5p %c{1} %m%n
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
"""

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
log.dirs={data}

# Topics are declared and applied, never made by a typing mistake.
auto.create.topics.enable=false

# One broker: no copies, few threads, small buffers (the cleaner's default alone wants 128 MB).
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=8388608
log.cleaner.io.buffer.size=262144

# Compaction and retention soon after they are due, so that one can watch them.
log.cleaner.backoff.ms=500
log.initial.task.delay.ms=500
log.retention.check.interval.ms=1000
file.delete.delay.ms=1000
"""


@dataclass(frozen=True, slots=True)
class KafkaHome:
    """Where the parts of the broker lie."""

    java: Path
    #: folder with the jars of infra/locks/kafka.pom.xml
    jars: Path
    #: archive of loaded classes that this Java wrote; without one the broker starts 2 s slower
    classes: Path
    #: the broker's own folder: configuration and data
    folder: Path


def new_cluster_id() -> str:
    """Return a random UUID as Kafka writes it: 22 characters of URL-safe base64, the first of them no dash.

    One in 64 would begin with a dash, and Kafka's tools take that for an option; Kafka's own ids never do.
    """
    while True:
        written = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not written.startswith("-"):
            return written


def prepare(home: KafkaHome, ports: tuple[int, ...], cluster_id: str) -> None:
    """Write the configuration for these ports (broker, controller), and format the data folder once.

    Raises ServiceUnavailableError if formatting fails.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    (home.folder / "log4j2.properties").write_text(_LOG)
    data = home.folder / "data"
    if not data.exists():
        # Formatted under another name: a half-formatted folder would look like one with data.
        draft = home.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        _write_properties(home, ports, draft)
        _format(home, cluster_id)
        draft.rename(data)
    _write_properties(home, ports, data)


def command(home: KafkaHome, ports: tuple[int, ...], *flags: str) -> processes.Command:
    """Return the command of a prepared broker; `flags` go to Java."""
    argv = (*_java(home), *flags, "kafka.Kafka", str(home.folder / "server.properties"))
    return processes.Command(argv, {}, ports)


def is_ready(bootstrap: str) -> bool:
    """Say whether the broker at `host:port` answers with its metadata."""
    # Heavy, and not there while the set-up runs the broker.
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    if not processes.listens(int(bootstrap.rpartition(":")[2])):
        return False
    try:
        return bool(AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=2.0).brokers)
    except KafkaException:
        return False


def _java(home: KafkaHome) -> tuple[str, ...]:
    log = f"-Dlog4j2.configurationFile={home.folder / 'log4j2.properties'}"
    # Sorted, because an archive of classes fits one order of the jars only.
    jars = ":".join(sorted(str(jar) for jar in home.jars.glob("*.jar")))
    archive = (f"-XX:SharedArchiveFile={home.classes}", "-Xlog:cds=off", "-Xlog:cds*=off")
    fast = archive if home.classes.exists() else ()
    return (str(home.java), *_MEMORY, *fast, "-Djava.awt.headless=true", "-Dlog4j2.disableJmx=true", log, "-cp", jars)


def _write_properties(home: KafkaHome, ports: tuple[int, ...], data: Path) -> None:
    text = _PROPERTIES.format(broker=ports[0], controller=ports[1], data=data)
    (home.folder / "server.properties").write_text(text)


def _format(home: KafkaHome, cluster_id: str) -> None:
    tool = ("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(home.folder / "server.properties"))
    done = subprocess.run([*_java(home), *tool], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise ServiceUnavailableError("kafka", f"the data folder can't be formatted\n{done.stdout}{done.stderr}")
