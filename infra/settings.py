"""Every setting with its default, range, unit and meaning; read from the environment once, at start.

`CLEANPLATE_<GROUP>__<FIELD>=value`, e.g. `CLEANPLATE_KAFKA__BOOTSTRAP=kafka:9092`; with `_FILE` appended the value is
the content of the named file (secrets). What is not set there comes from the servers that `cleanplate up` started
(`<home>/local.json`), else from the defaults below. A misspelt name or a value out of range stops the start.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct, field

from infra.sandbox import Confinement
from processors.errors import PipelineError
from processors.guard import Limits
from processors.routing import Policy

PREFIX = "CLEANPLATE_"
#: Read elsewhere: where things lie, and what only tests set.
NOT_SETTINGS = ("CLEANPLATE_HOME", "CLEANPLATE_CACHE", "CLEANPLATE_FAILPOINT")
NOT_SETTINGS_PREFIX = "CLEANPLATE_TEST_"

BucketName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]


class SettingsError(PipelineError):
    """A setting that cannot be used; the message names it."""


class KafkaSettings(Struct, frozen=True, forbid_unknown_fields=True):
    bootstrap: Annotated[
        str,
        Meta(
            pattern=r"^[^\s,/]+:\d+(,[^\s,/]+:\d+)*$",
            description="host:port of one or more brokers, separated by commas",
        ),
    ] = "127.0.0.1:9092"
    group: Annotated[str, Meta(min_length=1, description="consumer group of the workers")] = "cleanplate"
    partitions: Annotated[int, Meta(ge=1, le=10_000, description="partitions of every topic; fixed for ever")] = 12
    replication: Annotated[int, Meta(ge=1, le=7, description="replicas of every topic")] = 1
    security: Annotated[
        Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"],
        Meta(description="how to talk to the brokers: plaintext, ssl, sasl_plaintext or sasl_ssl"),
    ] = "plaintext"
    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
        Meta(description="with sasl_* security: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
    ] = "SCRAM-SHA-512"
    username: Annotated[str, Meta(description="with sasl_* security")] = ""
    password: Annotated[str, Meta(description="with sasl_* security; secret")] = ""
    ca_file: Annotated[str, Meta(description="CA certificates (PEM) for ssl; empty: the system's")] = ""


class StoreSettings(Struct, frozen=True, forbid_unknown_fields=True):
    endpoint: Annotated[str, Meta(pattern=r"^[^\s/@]+$", description="host:port of the S3 store, without http://")] = (
        "127.0.0.1:9000"
    )
    access_key: Annotated[str, Meta(description="access key of the S3 store")] = ""
    secret_key: Annotated[str, Meta(description="secret key of the S3 store; secret")] = ""
    admin_access_key: Annotated[
        str, Meta(description="operator's access key, for topics apply and erase; empty: the same as the worker's")
    ] = ""
    admin_secret_key: Annotated[str, Meta(description="operator's secret key of the S3 store; secret")] = ""
    secure: Annotated[bool, Meta(description="https instead of http")] = False
    region: Annotated[str, Meta(description="region of the S3 store")] = "us-east-1"
    incoming_bucket: Annotated[BucketName, Meta(description="where merchants put pictures")] = "catalog-incoming"
    originals_bucket: Annotated[BucketName, Meta(description="originals by content hash; written once")] = (
        "catalog-originals"
    )
    edits_bucket: Annotated[BucketName, Meta(description="chain slots, masks, patches and results")] = "catalog-edits"
    digests_bucket: Annotated[BucketName, Meta(description="signed digests of the audit log; written once")] = (
        "catalog-digests"
    )
    queue_arn: Annotated[
        str, Meta(description="where the store sends the incoming bucket's notifications; empty: it sends none")
    ] = ""
    retention_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description="days for which an original cannot be deleted, by object lock; 0: the store has no lock",
        ),
    ] = 400
    timeout_s: Annotated[float, Meta(gt=0, le=300, description="seconds for one request to the store")] = 20.0

    @property
    def for_operators(self) -> "StoreSettings":
        """The same store with the operator's keys, where there are any: only commands that need more rights take it."""
        if not self.admin_access_key:
            return self
        return msgspec.structs.replace(self, access_key=self.admin_access_key, secret_key=self.admin_secret_key)


class TritonSettings(Struct, frozen=True, forbid_unknown_fields=True):
    url: Annotated[
        str, Meta(pattern=r"^[^\s/@]+$", description="host:port of Triton's gRPC endpoint, without a scheme")
    ] = "127.0.0.1:8001"
    admin_secret: Annotated[str, Meta(description="header value for model control; secret")] = ""
    budget_s: Annotated[
        float, Meta(gt=0, le=600, description="seconds for one call with its retries; then the partition waits")
    ] = 30.0


class WorkerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    batch: Annotated[int, Meta(ge=1, le=64, description="events in work at a time")] = 16
    within_s: Annotated[float, Meta(gt=0, le=5, description="seconds to wait for a batch to fill")] = 0.02
    instance_id: Annotated[str, Meta(description="static group membership; empty: none")] = ""
    session_timeout_s: Annotated[float, Meta(ge=3, le=300, description="seconds until a dead worker is noticed")] = 10.0
    stop_deadline_s: Annotated[float, Meta(gt=0, le=600, description="seconds for a clean stop; then a hard one")] = (
        20.0
    )
    stall_after_s: Annotated[
        float, Meta(ge=10, le=86_400, description="seconds of lag without progress until the worker ends itself")
    ] = 300.0
    health_port: Annotated[int, Meta(ge=0, le=65_535, description="loopback port of /livez and /readyz; 0: none")] = 0


class CertificateSettings(Struct, frozen=True, forbid_unknown_fields=True):
    file: Annotated[
        str, Meta(description="certificate under which pictures are edited unasked; empty: the one that is shipped")
    ] = ""
    required: Annotated[
        bool, Meta(description="ask about every edit while no certificate is in force; false: edit all the same")
    ] = True


class SamplingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    share: Annotated[
        float, Meta(ge=0, le=1, description="share of automatic edits that people judge too, while they are shown")
    ] = 0.02


class InpaintSettings(Struct, frozen=True, forbid_unknown_fields=True):
    textured: Annotated[
        str,
        Meta(
            pattern=r"^(?!telea$|ns$)[a-z][a-z0-9-]{0,30}$",
            description="engine for textured surroundings: own, fsr, or an added model (cleanplate models list)",
        ),
    ] = "own"


class MarksSettings(Struct, frozen=True, forbid_unknown_fields=True):
    kept: Annotated[
        int,
        Meta(
            ge=100,
            le=100_000_000,
            description="marks that a worker counts in memory, about 0.3 kB each; the longest unseen are dropped",
        ),
    ] = 200_000


class RiskSettings(Struct, frozen=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="risk model (JSON, see docs/risk.md); empty: the shipped one")] = ""


class QualitySettings(Struct, frozen=True, forbid_unknown_fields=True):
    error_model: Annotated[
        str, Meta(description="model of the fills' error (JSON, see docs/predicted-error.md); empty: the shipped one")
    ] = ""


class PoliciesSettings(Struct, frozen=True, forbid_unknown_fields=True):
    path: Annotated[
        str, Meta(description="TOML file with the marketplaces' policies (docs/policies.md); empty: the shipped one")
    ] = ""


class LogSettings(Struct, frozen=True, forbid_unknown_fields=True):
    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="least level shown: debug, info, warning or error"),
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "console"], Meta(description="json, console, or auto: console on a terminal")
    ] = "auto"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    triton: TritonSettings = field(default_factory=TritonSettings)
    guard: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=Policy)
    certificate: CertificateSettings = field(default_factory=CertificateSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    policies: PoliciesSettings = field(default_factory=PoliciesSettings)
    risk: RiskSettings = field(default_factory=RiskSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    sandbox: Confinement = field(default_factory=Confinement)
    inpaint: InpaintSettings = field(default_factory=InpaintSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    marks: MarksSettings = field(default_factory=MarksSettings)
    log: LogSettings = field(default_factory=LogSettings)


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """Folder of the local servers' state: `CLEANPLATE_HOME`, else `.cleanplate` in the current folder."""
    return Path(environ.get("CLEANPLATE_HOME", ".cleanplate")).resolve()


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment over the local servers' file over the defaults.

    Raises:
        SettingsError: an unknown name, a value of the wrong type or out of range, an unreadable file.
    """
    values = local(environ)
    lists = {variable for variable, default, _ in describe() if isinstance(default, tuple | frozenset | list)}
    for variable, value in _variables(environ):
        group, _, option = variable.removeprefix(PREFIX).lower().partition("__")
        values.setdefault(group, {})[option] = _parts(value) if variable in lists else value
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as problem:
        raise SettingsError(_explained(str(problem))) from problem
    store = settings.store
    buckets = (store.incoming_bucket, store.originals_bucket, store.edits_bucket, store.digests_bucket)
    if len(set(buckets)) < len(buckets):
        raise SettingsError(f"{PREFIX}STORE__…_BUCKET: {', '.join(buckets)} must be four different buckets")
    return settings


def describe() -> Iterator[tuple[str, Any, str]]:
    """Every setting as (environment variable, default, meaning); the meaning of a secret ends with that word."""
    for group in Settings.__struct_fields__:
        defaults = getattr(Settings(), group)
        for name, hint in get_type_hints(type(defaults), include_extras=True).items():
            metas = [meta for meta in get_args(hint)[1:] if isinstance(meta, Meta)]
            meaning = next((meta.description for meta in metas if meta.description), "")
            yield f"{PREFIX}{group}__{name}".upper(), getattr(defaults, name), meaning


def variables(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Names of the settings that the environment sets. Raises SettingsError."""
    return [name for name, _ in _variables(environ)]


def local(environ: Mapping[str, str] = os.environ) -> dict[str, dict[str, Any]]:
    """What `cleanplate up` wrote down about the servers it started: group → field → value. Raises SettingsError."""
    path = home(environ) / "local.json"
    if not path.exists():
        return {}
    try:
        written = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Any]])
    except (OSError, msgspec.MsgspecError) as problem:
        raise SettingsError(f"{path}: {problem}") from problem
    known = {
        "kafka": KafkaSettings.__struct_fields__,
        "store": StoreSettings.__struct_fields__,
        "triton": TritonSettings.__struct_fields__,
    }
    return {
        group: {name: value for name, value in written.get(group, {}).items() if name in fields}
        for group, fields in known.items()
    }


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The settings among the environment's variables, with what they say. Raises SettingsError."""
    known = {variable for variable, _, _ in describe()}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS or name.startswith(NOT_SETTINGS_PREFIX):
            continue
        variable = name if name in known else name.removesuffix("_FILE")
        if variable not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            hint = f"did you mean {near[0]}?" if near else "`cleanplate settings` shows all that there are"
            raise SettingsError(f"{name}: there is no such setting; {hint}")
        yield variable, value if variable == name else _content(name, value)


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(f"{name}: {problem}") from problem


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _explained(problem: str) -> str:
    """`Expected `int` >= 1 - at `$.kafka.partitions`` → the variable, what it takes, what it means."""
    expected, _, path = problem.rpartition(" - at `$.")
    variable = PREFIX + path.rstrip("`").partition("[")[0].replace(".", "__").upper()
    meaning = next(meaning for name, _, meaning in describe() if name == variable)
    return f"{variable}: {expected[0].lower()}{expected[1:]} ({meaning})"
