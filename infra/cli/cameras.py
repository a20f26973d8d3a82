"""`sightline cameras`: the sources of footage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

commands = typer.Typer(no_args_is_help=True, help="Cameras: list them, register one.")

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="cameras")


@commands.command("list", epilog="Examples: sightline cameras list | sightline cameras list --site headquarters --json")
def list_cameras(
    site: Annotated[str | None, typer.Option("--site", help="Only this site's.")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the cameras that the key may see."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        cameras = client.cameras(site=site)
    if as_json:
        print_json(cameras)
        return
    if not cameras:
        say("There are no cameras yet.")
        next_steps({"sightline cameras create lobby --time-zone Europe/Berlin": "register one"})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("name", "site", "time zone", "other ids", "id"):
        table.add_column(column, overflow="fold")
    for camera in cameras:
        others = ", ".join(f"{system}={name}" for system, name in camera.external_ids.items())
        table.add_row(camera.name, camera.site, camera.time_zone, others, str(camera.id))
    out.print(table, width=None if out.is_terminal else 160)


@commands.command(
    "create", epilog="Example: sightline cameras create lobby --site headquarters --time-zone Europe/Berlin --id vms=17"
)
def create_camera(
    name: Annotated[str, typer.Argument(help="Unique name.")],
    *,
    site: Annotated[str, typer.Option("--site", help="The place it is at.")] = "",
    time_zone: Annotated[str, typer.Option("--time-zone", help="IANA time zone of the place.")] = "UTC",
    other_id: Annotated[
        list[str] | None, typer.Option("--id", help="Its id in another system, system=id; may be repeated.")
    ] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register a camera."""
    from infra.cli.client import gateway

    pairs = [text.partition("=") for text in other_id or ()]
    if any(not mark for _, mark, _ in pairs):
        raise CommandFailed("--id must be given as system=id", hint="Such as --id vms=17", exit_code=2)
    with gateway(state) as client:
        camera = client.create_camera(
            name, site=site, time_zone=time_zone, external_ids={system: its_id for system, _, its_id in pairs}
        )
    if as_json:
        print_json(camera)
        return
    say(f"[green]✓[/] camera {camera.name} ({camera.id})")
    next_steps({f"sightline ingest FILE --camera {camera.name}": "take its footage in"})
