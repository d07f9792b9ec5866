"""`cleanplate topics`, `settings` and `policies`: what is declared, against what is there or in force."""

import sys

import click
import msgspec

from processors.policies import KINDS, ROLES, Policy
from processors.records import Role
from streams import exits


@click.group()
def topics() -> None:
    """Topics and buckets as declared, against as they are.

    \b
    Example:
      cleanplate topics plan
      cleanplate topics apply
    """


@topics.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def plan(as_json: bool) -> None:
    """Show the differences and change nothing; exit code 7 if there is any.

    \b
    Example:
      cleanplate topics plan --json
    """
    if _differences(as_json):
        sys.exit(exits.VERIFICATION_FAILED)


@topics.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def apply(as_json: bool) -> None:
    """Create missing topics and buckets and set what differs; exit code 7 if a difference needs a person.

    Partitions and replicas are never changed: keys would move.

    \b
    Example:
      cleanplate topics apply
    """
    from infra import settings
    from streams import declared

    declared.mend(settings.load())
    if _differences(as_json):
        sys.exit(exits.VERIFICATION_FAILED)


def _differences(as_json: bool) -> bool:
    from infra import settings
    from streams import declared

    found = declared.drift(settings.load())
    for one in found:
        if as_json:
            click.echo(msgspec.json.encode(one).decode())
        else:
            click.echo(f"{one.where:<32} {one.what:<24} {one.declared} (is: {one.actual})")
    if not found and not as_json:
        click.echo("topics and buckets are as declared")
    return bool(found)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--defaults", is_flag=True, help="Print the defaults, not what is in force.")
def settings(as_json: bool, defaults: bool) -> None:
    """Show every setting: its variable, its value in force and its meaning. Secrets are not shown.

    \b
    Example:
      cleanplate settings | grep KAFKA
    """
    from infra import settings as module

    loaded = module.Settings() if defaults else module.load()
    for variable, _, meaning in module.describe():
        group, _, name = variable.removeprefix(module.PREFIX).lower().partition("__")
        value = getattr(getattr(loaded, group), name)
        shown = "(set, not shown)" if value and meaning.endswith("secret") else value
        if as_json:
            click.echo(msgspec.json.encode({"variable": variable, "value": shown, "meaning": meaning}).decode())
        else:
            click.echo(f"{variable}={shown}\n    {meaning}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, for each policy and role.")
def policies(as_json: bool) -> None:
    """Show the policies in force: what is done with each kind of text, by marketplace and role, and by which rules.

    Exit code 1 if the policy file cannot be used; the message names the key.

    \b
    Example:
      cleanplate policies
      CLEANPLATE_POLICIES__PATH=mine.toml cleanplate policies
    """
    from infra import policy_file
    from infra import settings as module

    for policy in policy_file.read(module.load().policies).every:
        if as_json:
            for role in ROLES:
                click.echo(msgspec.json.encode(_in_force(policy, role)).decode())
        else:
            click.echo("\n".join(_table(policy)))


def _in_force(policy: Policy, role: Role) -> dict[str, object]:
    actions = policy.of(role)
    return {
        "marketplace": policy.name,
        "role": role,
        "title": policy.title,
        "inherits": policy.inherits,
        "digest": actions.digest,
        "actions": dict(zip(KINDS, actions.entries, strict=True)),
        "sources": policy.sources,
    }


def _table(policy: Policy) -> list[str]:
    """A policy as lines for people; a reason stands beside the roles that it is for, where they differ."""
    lines = [f"{policy.name}: {policy.title}"]
    lines += [f"    source: {one.title}, read {one.read}{f', {one.url}' if one.url else ''}" for one in policy.sources]
    lines.append(f"    {'':<14}" + "".join(f"{role:<14}" for role in ROLES))
    for kind in KINDS:
        acts = "".join(f"{policy.of(role).action(kind):<14}" for role in ROLES)
        whys = dict.fromkeys(why for role in ROLES if (why := policy.of(role).why(kind)))
        lines.append(f"    {kind:<14}{acts}{'; '.join(whys)}".rstrip())
    lines.append(f"    {'digest':<14}" + "".join(f"{policy.of(role).digest:<14}" for role in ROLES).rstrip() + "\n")
    return lines


COMMANDS = [topics, settings, policies]
