"""`cleanplate risk`: how often automatic edits are false, by what people say of those of the sample."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from streams import exits
from streams.commands.times import Window

if TYPE_CHECKING:
    from streams.risk_watch import Group, Report


@click.command()
@click.option("--window", default="90d", show_default=True, type=Window(), help="How far back the bounds look.")
@click.option("--apply", "act", is_flag=True, help="Void a certificate whose promise is shown to be broken.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def risk(window: timedelta, act: bool, as_json: bool) -> None:
    """Show how often automatic edits are false: exact bounds from those that people judged by chance.

    Answers to ordinary tasks are shown apart; nothing follows from them for automatic edits. Whether a promise is
    broken is found by a test that may be repeated every day, over all edits under the certificate. With --apply the
    certificate is voided then: every worker asks instead of editing within a minute. Exit code 3: broken; 4: too few
    answers to say, or suspicious; 0: fine.

    \b
    Example:
      cleanplate risk --apply
    """
    from infra import settings as module
    from streams import answers, risk_watch, routes, voiding

    settings = module.load()
    now = datetime.now(UTC)
    certificate = risk_watch.certificate_at_hand(settings)
    voided = voiding.read(settings.kafka)
    found = risk_watch.report(answers.read(settings.kafka), certificate, routes.version(settings), voided, now, window)
    if as_json:
        click.echo(msgspec.json.encode(found, order="deterministic").decode())
    else:
        _show(found)
    for group in risk_watch.to_void(found):
        if act:
            why = risk_watch.void(settings.kafka, group, now)
            click.echo(f"certificate {group.certificate} is void now: {why}", err=True)
        else:
            click.echo(f"certificate {group.certificate} would be voided; run again with --apply to do it", err=True)
    if found.verdict == "crossed":
        sys.exit(exits.GATE_FAILED)
    if found.verdict != "fine":
        sys.exit(exits.INCONCLUSIVE)


def _show(found: Report) -> None:
    click.echo(f"automatic edits drawn by chance and judged by people, {found.window_days:g} days to {found.at}")
    for group in found.groups:
        _show_group(group)
    asked = found.asked
    click.echo(
        f"\nasked, not drawn: {asked.accepted} accepted, {asked.rejected} rejected, {asked.masked} masked anew, "
        f"{asked.open} open, {asked.overtaken} overtaken (they say nothing of automatic edits)"
    )


def _show_group(group: Group) -> None:
    name = f"certificate {group.certificate}" if group.certificate else "without a certificate"
    state = ", current" if group.current else ", of before"
    click.echo(f"\n{name}, policy version {group.policy_version}{state}{', void' if group.voided else ''}")
    share = f"{group.errors / group.n:.2%}, " if group.n else ""
    promised = "promised" if group.promise_known else "no promise at hand, customary"
    click.echo(
        f"  wrong     {group.errors} of {group.n} ({group.rejected} rejected, {group.masked} masked anew): {share}"
        f"at least {group.lower:.2%}, at most {group.upper:.2%} with {1 - group.delta:.0%} confidence each "
        f"({promised}: {group.alpha:.2%})"
    )
    click.echo(f"  evidence  {group.evidence:.3g} that it is more than that; broken from {group.broken_from:.0f}")
    oldest = "" if group.oldest_open_days is None else f", the oldest for {group.oldest_open_days:.1f} days"
    click.echo(f"  open      {group.open}{oldest}; {group.overtaken} overtaken before anybody answered")
    click.echo(f"  verdict   {_verdict(group)}")


def _verdict(group: Group) -> str:
    if group.crossing is not None:
        return f"crossed: {group.crossing.errors} false ones among {group.crossing.n}, the promise is broken"
    if group.verdict == "fine":
        return "fine"
    return f"{group.verdict}: {group.missing} right answers more, and no wrong one, would make it fine"


COMMANDS = [risk]
