"""`sightline watches`: what is watched for, tried on the past, muted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

if TYPE_CHECKING:
    from gateway.bodies.watches import Watch
    from infra.cli.client import Client

commands = typer.Typer(no_args_is_help=True, help="Watches: list, create, test, mute, unmute.")

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]
WatchArgument = Annotated[str, typer.Argument(help="The watch's name or id.")]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="watches")


@commands.command("list", epilog="Example: sightline watches list --json")
def list_watches(state: StateOption = None, as_json: JsonOption = False) -> None:
    """List what is watched for."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        watches = list(client.watches())
    if as_json:
        print_json(watches)
        return
    if not watches:
        say("Nothing is watched for.")
        next_steps({'sightline watches create trucks "a red truck" --min-score 0.3': "watch for something"})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("name", "watched for", "muted until", "id"):
        table.add_column(column, overflow="fold")
    for watch in watches:
        muted = "" if watch.muted_until is None else watch.muted_until.isoformat(timespec="seconds")
        table.add_row(watch.name, _what(watch), muted, str(watch.id))
    out.print(table, width=None if out.is_terminal else 160)


@commands.command(
    "create",
    epilog='Examples: sightline watches create trucks "a red truck" --min-score 0.3 | sightline watches create gate'
    " --rule 'loitering at the gate'",
)
def create_watch(
    name: Annotated[str, typer.Argument(help="Unique name.")],
    text: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    *,
    min_score: Annotated[float | None, typer.Option("--min-score", help="How alike is alike enough.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Watch a rule instead: its name or id.")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Watch for a sentence, or for a rule's events, in new footage."""
    from gateway.bodies.search import SearchNew
    from gateway.bodies.watches import WatchNew
    from infra.cli.client import gateway
    from infra.cli.rules import find_rule

    if (text is None) == (rule is None):
        raise CommandFailed("give a sentence or --rule, one of them", hint=_EXAMPLE, exit_code=2)
    if text is not None and min_score is None:
        raise CommandFailed("say how alike is alike enough: --min-score", hint=_EXAMPLE, exit_code=2)
    armed = True
    with gateway(state) as client:
        if rule is not None:
            found = find_rule(client, rule, None)
            armed = found.armed
            watch = client.create_watch(WatchNew(name=name, rule_id=found.id))
        else:
            assert min_score is not None
            watch = client.create_watch(WatchNew(name=name, search=SearchNew(text=text, min_score=min_score)))
    if as_json:
        print_json(watch)
        return
    say(f"[green]✓[/] watching for {_what(watch)} ({watch.id})")
    steps = {"sightline alerts": "what was found"}
    if not armed:
        steps = {f"sightline rules arm {watch.rule_id}": "a rule finds nothing until it is armed", **steps}
    elif watch.search is not None:
        steps = {f"sightline watches test {watch.id} --hours 24": "how often it would have alerted", **steps}
    next_steps(steps)


@commands.command("test", epilog="Example: sightline watches test trucks --hours 48 --time-zone Europe/Berlin")
def try_watch(
    watch: WatchArgument,
    *,
    from_time: Annotated[str | None, typer.Option("--from", help="From this time on.")] = None,
    until_time: Annotated[str | None, typer.Option("--until", help="Until this time; else now.")] = None,
    hours: Annotated[float, typer.Option("--hours", help="Without --from: so many hours back.", min=0.01)] = 24.0,
    time_zone: Annotated[str, typer.Option("--time-zone", help="IANA: what a day is.")] = "UTC",
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how often a watched search would have alerted in the past. Nothing is stored. A rule: `rules test`."""
    from gateway.bodies.watches import WatchTrialNew
    from infra.cli.client import gateway, instant

    until = instant(until_time, "--until") or datetime.now(UTC)
    first = instant(from_time, "--from") or until - timedelta(hours=hours)
    with gateway(state) as client:
        found = find_watch(client, watch)
        if found.search is None:
            raise CommandFailed(
                f"{found.name!r} watches a rule", hint=f"Try the rule: sightline rules test {found.rule_id}"
            )
        trial = client.try_watch(
            WatchTrialNew(watch_id=found.id, from_time=first, until_time=until, time_zone=time_zone)
        )
    if as_json:
        print_json(trial)
        return
    more = " or more" if trial.capped else ""
    say(f"{found.name!r} would have alerted {trial.count} times{more} from {first:%Y-%m-%d %H:%M} on.")
    if not trial.complete:
        say(
            f"[yellow]Time ran out:[/] this is of the time before {trial.examined_until.isoformat(timespec='seconds')}."
        )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("day", "alerts"):
        table.add_column(column, justify="right" if column == "alerts" else "left")
    for day in trial.days:
        table.add_row(day.day.isoformat(), str(day.count))
    if trial.days:
        out.print(table, width=None if out.is_terminal else 160)
    next_steps({f"sightline watches mute {found.id} --hours 8": "be left alone for a while"})


@commands.command("mute", epilog="Example: sightline watches mute trucks --hours 8")
def mute_watch(
    watch: WatchArgument,
    *,
    hours: Annotated[float, typer.Option("--hours", help="For so many hours.", min=0.01)] = 8.0,
    until_time: Annotated[str | None, typer.Option("--until", help="Until this time instead.")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a watch make no alerts for a while. What is missed then is not made up for."""
    from infra.cli.client import instant

    until = instant(until_time, "--until") or datetime.now(UTC) + timedelta(hours=hours)
    found = _set_muted(watch, until, state)
    if as_json:
        print_json(found)
        return
    say(f"[green]✓[/] {found.name!r} is mute until {until.isoformat(timespec='minutes')}")
    next_steps({f"sightline watches unmute {found.id}": "let it alert again"})


@commands.command("unmute", epilog="Example: sightline watches unmute trucks")
def unmute_watch(watch: WatchArgument, *, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Let a watch alert again."""
    found = _set_muted(watch, None, state)
    if as_json:
        print_json(found)
        return
    say(f"[green]✓[/] {found.name!r} alerts again")
    next_steps({"sightline alerts": "what was found"})


def find_watch(client: Client, wanted: str) -> Watch:
    """A watch by its id or name. Raises CommandFailed where there is none."""
    for watch in client.watches():
        if wanted in (str(watch.id), watch.name):
            return watch
    raise CommandFailed(f"there is no watch {wanted!r}", hint="See them: sightline watches list")


_EXAMPLE = 'Such as: sightline watches create trucks "a red truck" --min-score 0.3'


def _set_muted(watch: str, until: datetime | None, state: Path | None) -> Watch:
    from gateway.bodies.watches import WatchChange
    from infra.cli.client import gateway

    with gateway(state) as client:
        return client.change_watch(find_watch(client, watch), WatchChange(muted_until=until))


def _what(watch: Watch) -> str:
    search = watch.search
    return f"rule {watch.rule_id}" if search is None else repr(search.text) if search.text else "a picture or track"
