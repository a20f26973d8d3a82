"""`sightline journeys`: follow somebody over cameras, say what is right, and how long it takes between cameras."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

if TYPE_CHECKING:
    from gateway.bodies.journeys import JourneyBody, TransitionBody
    from infra.cli.client import Client

commands = typer.Typer(
    no_args_is_help=True, help="Journeys: the likely appearances of one person or vehicle over cameras."
)

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]
JourneyArgument = Annotated[UUID, typer.Argument(help="The journey's id.")]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="journeys")


@commands.command(
    epilog="Examples: sightline journeys start --track ID | sightline journeys start --picture van.jpg"
    " --from 2026-03-02T06:00:00+01:00 --until 2026-03-02T20:00:00+01:00"
)
def start(
    *,
    track: Annotated[UUID | None, typer.Option("--track", help="Follow what this track shows.")] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="A JPEG, PNG or WebP file.", exists=True, dir_okay=False)
    ] = None,
    from_time: Annotated[str | None, typer.Option("--from", help="Tracks that began at or after this time.")] = None,
    until_time: Annotated[str | None, typer.Option("--until", help="Tracks that began before this time.")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow a person or vehicle from a track or a picture."""
    from gateway.bodies.journeys import JourneyNew
    from infra.cli.client import gateway, instant

    if (track is None) == (picture is None):
        raise CommandFailed(
            "give exactly one of --track and --picture", hint="sightline journeys start --track ID", exit_code=2
        )
    begin, end = instant(from_time, "--from"), instant(until_time, "--until")
    with gateway(state) as client:
        stored = None if picture is None else client.store_picture(picture.read_bytes()).id
        new = JourneyNew(track_id=track, picture_id=stored, from_time=begin, until_time=end)
        journey = client.start_journey(new)
    _told(journey, as_json=as_json)
    unconfirmed = [hop for hop in journey.hops if hop.confidence is not None]
    if unconfirmed and not as_json:
        hop = unconfirmed[0].track.id
        next_steps(
            {
                f"sightline journeys confirm {journey.id} {hop}": "it is the same object",
                f"sightline journeys reject {journey.id} {hop}": "it is another one",
            }
        )


@commands.command("list", epilog="Example: sightline journeys list --last 20")
def list_journeys(
    *,
    last: Annotated[int, typer.Option("--last", min=1, help="So many of the latest.")] = 50,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the journeys that were asked for, the latest first."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        found = list(islice(client.journeys(), last))
    if as_json:
        print_json(found)
        return
    if not found:
        say("Nobody was followed yet.")
        next_steps({"sightline journeys start --track ID": "follow what a track shows"})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("asked", "by", "begins with", "seen", "confirmed", "rejected", "journey"):
        table.add_column(column, justify="right" if column in {"confirmed", "rejected"} else "left", overflow="fold")
    for one in found:
        track = one.track
        table.add_row(
            f"{one.asked_at:%Y-%m-%d %H:%M:%S %z}",
            one.asked_by,
            "a picture" if track is None else f"{track.object_class.value} on {track.camera}",
            "–" if track is None else f"{track.started_at:%Y-%m-%d %H:%M:%S %z}",
            str(one.confirmed),
            str(one.rejected),
            str(one.id),
        )
    out.print(table, width=None if out.is_terminal else 240)


@commands.command(epilog="Example: sightline journeys show ID")
def show(journey: JourneyArgument, *, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Show a journey as it stands now."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        found = client.journey(journey)
    _told(found, as_json=as_json)


@commands.command(epilog="Example: sightline journeys confirm JOURNEY TRACK")
def confirm(
    journey: JourneyArgument,
    track: Annotated[UUID, typer.Argument(help="The track's id.")],
    *,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a track shows the same object; the journey is solved anew."""
    _decided(journey, track, "confirm", state, as_json=as_json)


@commands.command(epilog="Example: sightline journeys reject JOURNEY TRACK")
def reject(
    journey: JourneyArgument,
    track: Annotated[UUID, typer.Argument(help="The track's id.")],
    *,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a track shows another object; the journey is solved anew."""
    _decided(journey, track, "reject", state, as_json=as_json)


@commands.command(epilog="Example: sightline journeys withdraw JOURNEY TRACK")
def withdraw(
    journey: JourneyArgument,
    track: Annotated[UUID, typer.Argument(help="The track's id.")],
    *,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back what was said of a track; the journey is solved anew."""
    _decided(journey, track, "withdraw", state, as_json=as_json)


@commands.command(epilog="Example: sightline journeys transitions")
def transitions(*, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Show the times between cameras that were given or learned."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        known = client.transitions()
        names = {camera.id: camera.name for camera in client.cameras()}
    if as_json:
        print_json(known)
        return
    _show_transitions(known, names)


@commands.command(
    "give",
    epilog="Examples: sightline journeys give gate yard --min 20 --typical 45 --max 300 |"
    " sightline journeys give lobby stairs --overlapping",
)
def give_transition(
    from_camera: Annotated[str, typer.Argument(help="The first camera's name.")],
    to_camera: Annotated[str, typer.Argument(help="The second camera's name.")],
    *,
    least: Annotated[float | None, typer.Option("--min", min=0, help="Seconds: nothing is quicker.")] = None,
    typical: Annotated[float | None, typer.Option("--typical", min=0, help="Seconds that it usually takes.")] = None,
    most: Annotated[float | None, typer.Option("--max", min=0, help="Seconds: nothing is slower.")] = None,
    overlapping: Annotated[bool, typer.Option("--overlapping", help="Both see an object at once.")] = False,
    one_way: Annotated[bool, typer.Option("--one-way", help="It does not hold for the way back.")] = False,
    state: StateOption = None,
) -> None:
    """Say how long it takes from one camera to another, or that their views overlap."""
    from gateway.bodies.journeys import TransitionNew
    from infra.cli.client import gateway

    with gateway(state) as client:
        new = TransitionNew(
            from_camera_id=_camera_id(client, from_camera),
            to_camera_id=_camera_id(client, to_camera),
            min_seconds=least,
            typical_seconds=typical,
            max_seconds=most,
            overlapping=overlapping,
            both_ways=not one_way,
        )
        known = client.give_transition(new)
        names = {camera.id: camera.name for camera in client.cameras()}
    _show_transitions(known, names)


def _camera_id(client: Client, name: str) -> UUID:
    camera = client.camera(name)
    if camera is None:
        raise CommandFailed(f"there is no camera {name!r}", hint="All of them: sightline cameras list")
    return camera.id


def _decided(journey: UUID, track: UUID, decision: str, state: Path | None, *, as_json: bool) -> None:
    from contracts.journey import Decision
    from infra.cli.client import gateway

    with gateway(state) as client:
        after = client.decide_hop(client.journey(journey), track, Decision(decision))
    _told(after, as_json=as_json)


def _told(journey: JourneyBody, *, as_json: bool) -> None:
    if as_json:
        print_json(journey)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("seen", "camera", "what", "state", "sure", "after", "why", "track"):
        table.add_column(column, justify="right" if column in {"sure", "after"} else "left", overflow="fold")
    for hop in journey.hops:
        table.add_row(
            f"{hop.track.started_at:%Y-%m-%d %H:%M:%S %z}",
            hop.track.camera,
            hop.track.object_class.value,
            hop.state.value + (f" by {hop.decided_by}" if hop.decided_by else ""),
            "–" if hop.confidence is None else f"{hop.confidence:.2f}",
            "–" if hop.gap_seconds is None else f"{hop.gap_seconds:.0f} s",
            "; ".join(reason.told for reason in hop.reasons),
            str(hop.track.id),
        )
    out.print(table, width=None if out.is_terminal else 240)
    say(f"{journey.summary}")
    say(f"[dim]journey {journey.id}{'' if journey.calibrated else '; confidences are a rough guess here'}[/]")


def _show_transitions(known: list[TransitionBody], names: dict[UUID, str]) -> None:
    if not known:
        say("Nothing is known yet: times are learned when the first journey is asked for.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("from", "to", "known", "seconds", "passages"):
        table.add_column(column, justify="right" if column == "passages" else "left")
    for one in known:
        seconds = f"{one.min_seconds:.0f} – {one.typical_seconds:.0f} – {one.max_seconds:.0f}"
        table.add_row(
            names.get(one.from_camera_id, str(one.from_camera_id)),
            names.get(one.to_camera_id, str(one.to_camera_id)),
            one.source.value,
            "overlapping" if one.overlapping else seconds,
            f"{one.matches:.0f}",
        )
    out.print(table, width=None if out.is_terminal else 120)
