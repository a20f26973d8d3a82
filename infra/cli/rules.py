"""`sightline rules`: what is looked for on a camera's view, tried on the past before it is armed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

if TYPE_CHECKING:
    from gateway.bodies.events import Rule
    from infra.cli.client import Client

E = TypeVar("E", bound=StrEnum)

commands = typer.Typer(no_args_is_help=True, help="Rules over zones and lines: list, create, test, arm, disarm.")

CameraOption = Annotated[str | None, typer.Option("--camera", help="The camera's name.")]
StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]
RuleArgument = Annotated[str, typer.Argument(help="The rule's name or id.")]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="rules")


@commands.command("list", epilog="Example: sightline rules list --camera yard")
def list_rules(camera: CameraOption = None, state: StateOption = None, as_json: JsonOption = False) -> None:
    """List rules, the newest first."""
    from infra.cli.client import gateway, known_camera

    with gateway(state) as client:
        known = None if camera is None else known_camera(client, camera)
        rules = list(client.rules(camera_id=None if known is None else known.id))
        names = {one.id: one.name for one in client.cameras()}
    if as_json:
        print_json(rules)
        return
    if not rules:
        say("There are no rules.")
        next_steps({"sightline rules create yard 'in the yard' zone_entered --zone gate": "make one"})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("name", "camera", "kind", "armed", "id"):
        table.add_column(column, overflow="fold")
    for rule in rules:
        table.add_row(
            rule.name,
            names.get(rule.camera_id, str(rule.camera_id)),
            rule.kind.value,
            "yes" if rule.armed else "",
            str(rule.id),
        )
    out.print(table, width=None if out.is_terminal else 160)


@commands.command(
    "create", epilog="Example: sightline rules create yard 'loitering at the gate' loitering --zone gate --seconds 120"
)
def create_rule(
    camera: Annotated[str, typer.Argument(help="The camera's name.")],
    name: Annotated[str, typer.Argument(help="Unique for the camera.")],
    kind: Annotated[str, typer.Argument(help="Such as line_crossed, zone_entered or loitering.")],
    *,
    zone: Annotated[str | None, typer.Option("--zone", help="A zone or line of the camera, by name.")] = None,
    classes: Annotated[list[str] | None, typer.Option("--class", help="Only these; repeat.")] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="How long it must last.")] = None,
    bridge: Annotated[float, typer.Option("--bridge", help="Out of sight for no longer: it stayed.")] = 5.0,
    count: Annotated[int, typer.Option("--count", help="crowding: how many at once.")] = 2,
    direction: Annotated[str | None, typer.Option("--direction", help="left_to_right or right_to_left.")] = None,
    heading: Annotated[float | None, typer.Option("--heading", help="wrong_direction: degrees, 0 is up.")] = None,
    kmh: Annotated[float | None, typer.Option("--kmh", help="speeding, where the zone has its width.")] = None,
    widths: Annotated[float | None, typer.Option("--widths", help="speeding, in views a second.")] = None,
    armed: Annotated[bool, typer.Option("--armed", help="Arm it at once.")] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a rule. Try it on the past before it is armed: `sightline rules test`."""
    from contracts.events import Direction, EventKind
    from contracts.vocabulary import ObjectClass
    from gateway.bodies.events import RuleNew, RuleParametersBody
    from infra.cli.client import gateway, known_camera

    parameters = RuleParametersBody(
        classes=tuple(_one_of(ObjectClass, text, "class") for text in classes or ()),
        seconds=seconds,
        bridge_seconds=bridge,
        count=count,
        direction=None if direction is None else _one_of(Direction, direction, "direction"),
        heading_degrees=heading,
        speed_kmh=kmh,
        speed_widths=widths,
    )
    wanted = _one_of(EventKind, kind, "kind of rule")
    with gateway(state) as client:
        known = known_camera(client, camera)
        zone_id = None if zone is None else _zone(client, known.id, zone, camera)
        rule = client.create_rule(
            RuleNew(camera_id=known.id, name=name, kind=wanted, zone_id=zone_id, parameters=parameters, armed=armed)
        )
    if as_json:
        print_json(rule)
        return
    say(f"[green]✓[/] {rule.kind.value} {rule.name!r} ({rule.id}){', armed' if armed else ''}")
    if armed:
        next_steps(_AFTER_ARMING)
    else:
        next_steps(
            {
                f"sightline rules test {rule.id} --hours 24": "what it would have found",
                f"sightline rules arm {rule.id}": "let it find",
            }
        )


@commands.command("test", epilog="Example: sightline rules test 'loitering at the gate' --hours 48")
def try_rule(
    rule: RuleArgument,
    *,
    from_time: Annotated[str | None, typer.Option("--from", help="From this time on.")] = None,
    until_time: Annotated[str | None, typer.Option("--until", help="Until this time; else now.")] = None,
    hours: Annotated[float, typer.Option("--hours", help="Without --from: so many hours back.", min=0.01)] = 24.0,
    camera: CameraOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a rule would have found in the past. Nothing is stored, nobody is alerted."""
    from gateway.bodies.events import RuleTrialNew
    from infra.cli.client import gateway, instant

    until = instant(until_time, "--until") or datetime.now(UTC)
    first = instant(from_time, "--from") or until - timedelta(hours=hours)
    with gateway(state) as client:
        found = find_rule(client, rule, camera)
        trial = client.try_rule(RuleTrialNew(rule_id=found.id, from_time=first, until_time=until))
    if as_json:
        print_json(trial)
        return
    say(f"{trial.count} events of {found.name!r} from {first:%Y-%m-%d %H:%M} on; {trial.tracks} tracks looked at.")
    if not trial.complete:
        say(
            f"[yellow]Time ran out:[/] this is of the time before {trial.examined_until.isoformat(timespec='seconds')}."
        )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("began", "seconds", "what", "direction", "track"):
        table.add_column(column, overflow="fold")
    for event in trial.samples:
        table.add_row(
            event.started_at.isoformat(timespec="seconds"),
            f"{(event.ended_at - event.started_at).total_seconds():.1f}",
            "" if event.object_class is None else event.object_class.value,
            "" if event.direction is None else event.direction.value.replace("_", " "),
            str(event.track_ids[0]),
        )
    if trial.samples:
        out.print(table, width=None if out.is_terminal else 160)
    if not found.armed:
        next_steps({f"sightline rules arm {found.id}": "let it find"})


@commands.command("arm", epilog="Example: sightline rules arm 'loitering at the gate'")
def arm_rule(
    rule: RuleArgument, camera: CameraOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Let a rule find events: in what is stored, in the background, and in whatever comes."""
    _set_armed(rule, camera, state, armed=True, as_json=as_json)


@commands.command("disarm", epilog="Example: sightline rules disarm 'loitering at the gate'")
def disarm_rule(
    rule: RuleArgument, camera: CameraOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Let a rule find nothing any more; the events that it found are over."""
    _set_armed(rule, camera, state, armed=False, as_json=as_json)


def find_rule(client: Client, wanted: str, camera: str | None) -> Rule:
    """A rule by its id, or by its name. Raises CommandFailed where there is none, or several of that name."""
    from infra.cli.client import known_camera

    known = None if camera is None else known_camera(client, camera)
    found = [
        one for one in client.rules(camera_id=None if known is None else known.id) if wanted in (str(one.id), one.name)
    ]
    if not found:
        raise CommandFailed(f"there is no rule {wanted!r}", hint="See them: sightline rules list")
    if len(found) > 1:
        raise CommandFailed(
            f"{len(found)} rules are called {wanted!r}", hint="Name the camera too: --camera NAME", exit_code=2
        )
    return found[0]


_AFTER_ARMING = {
    "sightline events list": "what it finds",
    "sightline watches create NAME --rule RULE": "be alerted",
}


def _set_armed(rule: str, camera: str | None, state: Path | None, *, armed: bool, as_json: bool) -> None:
    from gateway.bodies.events import RuleChange
    from infra.cli.client import gateway

    with gateway(state) as client:
        found = find_rule(client, rule, camera)
        if found.armed != armed:
            found = client.change_rule(found, RuleChange(armed=armed))
    if as_json:
        print_json(found)
        return
    say(f"[green]✓[/] {found.name!r} is {'armed' if armed else 'disarmed'}")
    next_steps(_AFTER_ARMING if armed else {f"sightline rules test {found.id} --hours 24": "try it on the past"})


def _zone(client: Client, camera_id: UUID, wanted: str, camera: str) -> UUID:
    for zone in client.zones(camera_id):
        if wanted in (str(zone.id), zone.name):
            return zone.id
    raise CommandFailed(f"{camera} has no zone {wanted!r}", hint=f"See them: sightline zones list {camera}")


def _one_of(words: type[E], text: str, what: str) -> E:
    try:
        return words(text)
    except ValueError:
        known = ", ".join(words)
        raise CommandFailed(f"there is no {what} {text!r}", hint=f"One of {known}", exit_code=2) from None
