"""`sightline zones`: polygons and lines drawn on a camera's view."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

commands = typer.Typer(no_args_is_help=True, help="Zones and lines on a camera's view: list them, draw one.")

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="zones")


@commands.command("list", epilog="Example: sightline zones list yard")
def list_zones(
    camera: Annotated[str, typer.Argument(help="The camera's name.")],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a camera's zones and lines."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        known = client.camera(camera)
        if known is None:
            raise CommandFailed(f"there is no camera {camera!r}", hint="See them: sightline cameras list")
        zones = list(client.zones(known.id))
    if as_json:
        print_json(zones)
        return
    if not zones:
        say(f"Nothing is drawn on {camera} yet.")
        next_steps({f"sightline zones draw {camera} gate 0.2,0.4 0.8,0.4 0.8,1 0.2,1": "draw a zone"})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("name", "kind", "points", "metres", "id"):
        table.add_column(column, overflow="fold")
    for zone in zones:
        points = " ".join(f"{x:g},{y:g}" for x, y in zone.points)
        metres = "" if zone.width_metres is None else f"{zone.width_metres:g}"
        table.add_row(zone.name, zone.kind.value, points, metres, str(zone.id))
    out.print(table, width=None if out.is_terminal else 160)


@commands.command("draw", epilog="Example: sightline zones draw yard road 0.5,0 0.5,1 --line")
def draw_zone(
    camera: Annotated[str, typer.Argument(help="The camera's name.")],
    name: Annotated[str, typer.Argument(help="Unique for the camera.")],
    points: Annotated[list[str], typer.Argument(help="x,y in shares of the view, from its top left.")],
    *,
    line: Annotated[bool, typer.Option("--line", help="A directed line, not a polygon.")] = False,
    width_metres: Annotated[
        float | None, typer.Option("--width-metres", help="What the view's width spans there, for speeds in km/h.")
    ] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a zone, or with --line a line."""
    from contracts.events import ZoneKind
    from gateway.bodies.zones import ZoneNew
    from infra.cli.client import gateway

    kind = ZoneKind.LINE if line else ZoneKind.ZONE
    new = ZoneNew(name=name, kind=kind, points=[_point(text) for text in points], width_metres=width_metres)
    with gateway(state) as client:
        known = client.camera(camera)
        if known is None:
            raise CommandFailed(f"there is no camera {camera!r}", hint="See them: sightline cameras list")
        zone = client.draw_zone(known.id, new)
    if as_json:
        print_json(zone)
        return
    say(f"[green]✓[/] {zone.kind.value} {zone.name} ({zone.id})")


def _point(text: str) -> tuple[float, float]:
    x, comma, y = text.partition(",")
    try:
        if comma:
            return float(x), float(y)
    except ValueError:
        pass
    raise CommandFailed(f"{text!r} is no point", hint="Such as 0.25,0.9", exit_code=2)
