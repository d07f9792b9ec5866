"""`cleanplate audit`: the log of all edits: signed, verified, proven, read, counted, exported."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams import exits
from streams.commands.times import ZonedTime

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from infra.settings import Settings
    from processors import chain
    from streams.audit_exports import Format
    from streams.audit_log import Entry
    from streams.digests import Keys, Shelf
    from streams.verifying import Report

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
PUBLIC_KEYS = click.option(
    "--public-key",
    "public_keys",
    multiple=True,
    required=True,
    type=_FILE,
    help="Public key; once for each key in use.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def audit() -> None:
    """Sign, verify, prove, read and export the log of all edits.

    \b
    Example:
      cleanplate audit verify --public-key audit.key.pub
    """


@audit.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="File of the private key; the public one: FILE.pub."
)
def keygen(out: Path) -> None:
    """Make the pair of keys with which digests are signed; the private one is yours, not the workers'.

    \b
    Example:
      cleanplate audit keygen --out audit.key
    """
    from infra import signing

    public = signing.make(out)
    click.echo(f"key {public.id}: {out} signs (keep it away from the workers), {out}.pub verifies (hand it out)")


@audit.command()
@click.option("--key", required=True, type=_FILE, help="The private key.")
@click.option(
    "--public-key", "public_keys", multiple=True, type=_FILE, help="An older key that signed before this one."
)
@JSON
def sign(key: Path, public_keys: tuple[Path, ...], as_json: bool) -> None:
    """Sign all records since the last digest; for cron.

    Does nothing where nothing is new. Refuses (exit code 7) where the log ends before what was signed already, or the
    last digest is by a key that is not given.

    \b
    Example:
      cleanplate audit sign --key audit.key
    """
    from datetime import UTC, datetime

    from infra import settings as module
    from infra import signing
    from streams import audit_log, digests

    settings = module.load()
    private, known = signing.private_from(key), _keys(public_keys)
    made = digests.sign_next(audit_log.Topic(settings.kafka), _shelf(settings), private, known, datetime.now(UTC))
    signed = 0
    try:
        for digest in made:
            signed += 1
            said = f"digest {digest.number}: {digest.count} records signed with key {digest.key_id}"
            click.echo(msgspec.json.encode(digest).decode() if as_json else said)
    except digests.DigestError as problem:
        click.echo(str(problem), err=True)
        sys.exit(exits.VERIFICATION_FAILED)
    if not signed:
        click.echo("nothing new to sign", err=True)


@audit.command()
@PUBLIC_KEYS
@click.option("--image", help="Only the partition of this picture.")
@click.option("--partition", "only", multiple=True, type=click.IntRange(0), help="Only this one; may be given again.")
@click.option("--since", default=1, show_default=True, type=click.IntRange(1), help="Only from this digest on.")
@click.option("--store", "with_store", is_flag=True, help="Compare each record with the chain slot in the store too.")
@click.option("--metrics", type=click.Path(path_type=Path), help="Write figures for Prometheus (a .prom file).")
@JSON
def verify(
    public_keys: tuple[Path, ...],
    image: str | None,
    only: tuple[int, ...],
    since: int,
    with_store: bool,
    metrics: Path | None,
    as_json: bool,
) -> None:
    """Check that the log is what was signed, that every chain holds, and name what is not as it should be.

    Exit code 7 where something is not. What cannot be known is said: records after the last digest are not yet signed.

    \b
    Example:
      cleanplate audit verify --public-key audit.key.pub
    """
    from infra import metrics_file, object_store
    from infra import settings as module
    from streams import audit_log, verifying
    from streams.ledger import Ledger

    settings = module.load()
    ledger = Ledger(object_store.S3Store(settings.store), settings.store.edits_bucket)
    report = verifying.verify(
        audit_log.Topic(settings.kafka),
        _shelf(settings),
        _keys(public_keys),
        image_id=image,
        only=only,
        first=since,
        slot=ledger.slot_now if with_store else None,
    )
    if metrics is not None:
        metrics_file.write(metrics, verifying.gauges(report))
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        _show(report, image)
    if report.findings_all:
        sys.exit(exits.VERIFICATION_FAILED)


def _show(report: Report, image: str | None) -> None:
    click.echo(f"{report.records} records, {report.signed} signed, {report.unsigned} not yet signed")
    last = f", the last one of {report.last_digest_made_at}" if report.last_digest else ""
    click.echo(f"{report.digests_good} of {report.digests_all} digests hold{last}")
    click.echo(
        f"{report.copies} copies of records, {report.compacted} superseded ones gone by compaction, "
        f"{report.erased} erased, {report.tombstones} tombstones"
    )
    if report.slots_compared:
        click.echo(f"{report.slots_compared} records compared with their slots in the store")
    if image is not None:
        click.echo(f"{image}: {report.picture_edits} edits, {report.picture_signed} of them signed")
    for said in report.cannot_be_known:
        click.echo(f"not known: {said}")
    for one in report.findings:
        named = f"  {one.image_id}/{one.edit_id}" if one.image_id else ""
        click.echo(f"{one.what.upper():<16} {one.place}{named}  {one.why}")
    if report.findings_all > len(report.findings):
        click.echo(f"… and {report.findings_all - len(report.findings)} more, behind these in the same partitions")
    click.echo(
        f"{report.findings_all} findings" if report.findings_all else "everything that can be known holds", err=True
    )


@audit.command()
@click.argument("image")
@click.option("--seq", type=int, help="Which edit; the last one unless given.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File of the proof.")
def prove(image: str, seq: int | None, out: Path) -> None:
    """Write a proof that an edit was in the log when it was signed; it is checked without any server.

    \b
    Example:
      cleanplate audit prove catalog-red-dress-3f2a9c41d0be --seq 1 --out proof.json
    """
    from infra import object_store
    from infra import settings as module
    from streams import events, proving
    from streams.ledger import Ledger

    settings = module.load()
    ledger = Ledger(object_store.S3Store(settings.store), settings.store.edits_bucket)
    edits = ledger.read_now(image).edits
    edit = next((one for one in reversed(edits) if seq in (None, one.seq)), None)
    if edit is None:
        raise click.ClickException(f"{image} has {len(edits)} edits")
    value = ledger.slot_now(image, edit.seq) or events.encode(edit)
    proof = proving.prove(_shelf(settings), image, edit.edit_id, value)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(proof), indent=2) + b"\n")
    click.echo(f"{out}: edit {edit.seq} of {image}, in digest {proof.digest.number} of {proof.digest.made_at}")


@audit.command("check-proof")
@click.argument("proof", type=_FILE)
@PUBLIC_KEYS
def check_proof(proof: Path, public_keys: tuple[Path, ...]) -> None:
    """Check a proof with the public key alone. Exit code 7 where it proves nothing.

    \b
    Example:
      cleanplate audit check-proof proof.json --public-key audit.key.pub
    """
    from streams import proving

    try:
        told = msgspec.json.decode(proof.read_bytes(), type=proving.Proof)
        edit = proving.check(told, _keys(public_keys))
    except (msgspec.MsgspecError, proving.ProofError) as problem:
        click.echo(f"{proof} proves nothing: {problem}", err=True)
        sys.exit(exits.VERIFICATION_FAILED)
    digest = told.digest
    click.echo(
        f"edit {edit.seq} of {edit.image_id} ({edit.kind}, {edit.edit_id}) was in the log when digest {digest.number} "
        f"was signed at {digest.made_at} with key {digest.key_id}"
    )


@audit.command()
@click.option("--last", "count", default=20, show_default=True, type=click.IntRange(0), help="How many records.")
@click.option("--follow", is_flag=True, help="Go on with each record that comes, until Ctrl-C.")
@click.option("--image", help="Only of this picture.")
@click.option("--merchant", help="Only of this merchant's pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line: the whole records.")
def tail(count: int, follow: bool, image: str | None, merchant: str | None, as_json: bool) -> None:
    """Show the last records of the log.

    \b
    Example:
      cleanplate audit tail --merchant shop-7 --follow
    """
    import threading

    from infra import kafka
    from infra import settings as module
    from streams import audit_figures, audit_log, topics

    settings = module.load()
    log = audit_log.Topic(settings.kafka)
    wanted: Callable[[chain.Edit], bool] | None = (lambda one: one.merchant_id == merchant) if merchant else None
    ends = log.ends()
    for entry in audit_figures.last(log, count, wanted, image) if count else []:
        _tell(entry, as_json)
    if not follow:
        return
    # A service manager ends it as well as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for records, _ in kafka.follow_log(settings.kafka, topics.AUDIT.name, threading.Event(), since=ends):
            for entry in (audit_log.entry(record) for record in records if record.value is not None):
                if image in (None, entry.image_id) and (wanted is None or wanted(audit_log.edit(entry))):
                    _tell(entry, as_json)
    except KeyboardInterrupt:
        return


def _tell(entry: Entry, as_json: bool) -> None:
    from streams import audit_figures

    click.echo((entry.value or b"").decode("utf-8", "replace") if as_json else audit_figures.line(entry))


@audit.command()
@JSON
def stats(as_json: bool) -> None:
    """Count edits: by kind, reason, policy, model, code and day. Reads the whole log; erased edits are not counted.

    \b
    Example:
      cleanplate audit stats --json
    """
    from infra import settings as module
    from streams import audit_figures, audit_log

    found = audit_figures.figures(audit_log.once(audit_log.Topic(module.load().kafka)))
    if as_json:
        click.echo(msgspec.json.encode(found, order="deterministic").decode())
        return
    for line in audit_figures.table(found):
        click.echo(line)


@audit.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option(
    "--format",
    "kind",
    default="parquet",
    show_default=True,
    type=click.Choice(["parquet", "jsonl"]),
    help="Columns, or records.",
)
@click.option("--since", type=ZonedTime(), help="Committed from this time on, e.g. 2026-11-01T00:00:00Z.")
@click.option("--until", type=ZonedTime(), help="Committed before this time.")
def export(out: Path, kind: Format, since: datetime | None, until: datetime | None) -> None:
    """Write every edit once, for analysts: typed columns as Parquet, or the whole records as JSON lines.

    \b
    Example:
      cleanplate audit export --out analysts --format parquet --since 2026-11-01T00:00:00Z
    """
    from infra import settings as module
    from streams import audit_exports, audit_log

    entries = audit_log.once(audit_log.Topic(module.load().kafka))
    exported = audit_exports.export(entries, out, kind, since, until)
    click.echo(exported.path)
    left_out = f", {exported.without_time} without a time left out" if exported.without_time else ""
    click.echo(f"{exported.edits} edits{left_out}", err=True)


def _keys(files: tuple[Path, ...]) -> Keys:
    from infra import signing
    from streams import digests

    return digests.by_id(signing.public_from(file) for file in files)


def _shelf(settings: Settings) -> Shelf:
    from infra import object_store
    from streams import digests

    return digests.Shelf(object_store.S3Store(settings.store), settings.store.digests_bucket)


COMMANDS = [audit]
