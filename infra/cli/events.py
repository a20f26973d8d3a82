"""`sightline events`: what the armed rules found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, out, print_json, say

commands = typer.Typer(no_args_is_help=True, help="Events: what the armed rules found.")

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="events")


@commands.command("list", epilog="Example: sightline events list --kind loitering --from 2026-03-02T00:00:00+01:00")
def list_events(
    *,
    kind: Annotated[str | None, typer.Option("--kind", help="Such as line_crossed or loitering.")] = None,
    camera: Annotated[str | None, typer.Option("--camera", help="Only this camera's.")] = None,
    from_time: Annotated[str | None, typer.Option("--from", help="Going on at or after this time.")] = None,
    until_time: Annotated[str | None, typer.Option("--until", help="Begun before this time.")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List events in the order of their start."""
    from contracts.events import EventKind
    from infra.cli.client import gateway, instant

    if kind is not None and kind not in tuple(EventKind):
        raise CommandFailed(f"there is no kind {kind!r}", hint=f"One of {', '.join(EventKind)}", exit_code=2)
    with gateway(state) as client:
        known = None if camera is None else client.camera(camera)
        if camera is not None and known is None:
            raise CommandFailed(f"there is no camera {camera!r}", hint="See them: sightline cameras list")
        events = list(
            client.events(
                kind=None if kind is None else EventKind(kind),
                camera_id=None if known is None else known.id,
                from_time=instant(from_time, "--from"),
                until_time=instant(until_time, "--until"),
            )
        )
    if as_json:
        print_json(events)
        return
    if not events:
        say("There are no such events. Only armed rules find some.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("began", "seconds", "camera", "kind", "what", "direction", "id"):
        table.add_column(column, overflow="fold")
    for event in events:
        table.add_row(
            event.started_at.isoformat(timespec="seconds"),
            f"{(event.ended_at - event.started_at).total_seconds():.1f}",
            event.camera,
            event.kind.value,
            "" if event.object_class is None else event.object_class.value,
            "" if event.direction is None else event.direction.value.replace("_", " "),
            str(event.id),
        )
    out.print(table, width=None if out.is_terminal else 160)
