"""`sightline search`: a sentence, a picture or a track in; tracks and scenes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

if TYPE_CHECKING:
    from contracts.vocabulary import ObjectClass
    from gateway.bodies.search import HitBody, SearchDone
    from infra.cli.client import Client

_SHEET_COLUMNS = 6


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Examples: sightline search "a person with a red jacket" --camera lobby | '
        "sightline search --picture suspect.jpg --from 2026-03-02T08:00:00+01:00 --sheet hits.png | "
        'sightline search "a car" --class car --json'
    )(search)


def search(
    text: Annotated[str | None, typer.Argument(help="A sentence or a word.")] = None,
    *,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="A JPEG, PNG or WebP file.", exists=True, dir_okay=False)
    ] = None,
    track: Annotated[UUID | None, typer.Option("--track", help="The likes of this track.")] = None,
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="Only this camera, by name; may be repeated.")
    ] = None,
    from_time: Annotated[str | None, typer.Option("--from", help="In view at or after this time.")] = None,
    until_time: Annotated[str | None, typer.Option("--until", help="In view before this time.")] = None,
    object_class: Annotated[
        list[str] | None, typer.Option("--class", help="Only person, car, …; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="At most so many hits.")] = 20,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="Write the thumbnails as a PNG.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")] = False,
) -> None:
    """Search all footage. Times are shown as the cameras' clocks did."""
    from infra.cli.client import gateway, instant

    if sum(given is not None for given in (text, picture, track)) != 1:
        raise CommandFailed(
            "give exactly one of a text, --picture and --track", hint='sightline search "a person"', exit_code=2
        )
    classes = _classes(object_class or [])
    begin, end = instant(from_time, "--from"), instant(until_time, "--until")
    with gateway(state) as client:
        found = client.search(
            text=text,
            picture_id=None if picture is None else client.store_picture(picture.read_bytes()).id,
            track_id=track,
            camera_ids=_camera_ids(client, camera),
            from_time=begin,
            until_time=end,
            classes=classes,
            limit=limit,
        )
        if sheet is not None:
            _draw(client, found, text or (picture.name if picture else f"like track {track}"), sheet)
    if as_json:
        print_json(found)
        return
    _show(found)
    if sheet is not None:
        say(f"[green]✓[/] {sheet}")
    if found.hits and found.hits[0].kind == "track" and track is None:
        next_steps({f"sightline search --track {found.hits[0].id}": "the likes of the first"})


def _classes(names: list[str]) -> list[ObjectClass]:
    from contracts.vocabulary import ObjectClass

    unknown = sorted(set(names) - set(ObjectClass))
    if unknown:
        raise CommandFailed(f"there is no class {unknown[0]!r}", hint=f"Classes: {', '.join(ObjectClass)}", exit_code=2)
    return [ObjectClass(name) for name in names]


def _camera_ids(client: Client, names: list[str] | None) -> list[UUID] | None:
    if not names:
        return None
    found = {camera.name: camera.id for camera in client.cameras()}
    for name in names:
        if name not in found:
            raise CommandFailed(f"there is no camera {name!r}", hint="All of them: sightline cameras list")
    return [found[name] for name in names]


def _show(found: SearchDone) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("score", "what", "camera", "seen", "for", "id"):
        table.add_column(column, justify="right" if column in {"score", "for"} else "left")
    for hit in found.hits:
        length = (hit.ended_at - hit.started_at).total_seconds()
        table.add_row(
            f"{hit.score:.3f}",
            _what(hit),
            hit.camera,
            f"{hit.started_at:%Y-%m-%d %H:%M:%S %z}",
            f"{length:.0f} s" if hit.kind == "track" else "–",
            str(hit.id),
        )
    if found.hits:
        out.print(table, width=None if out.is_terminal else 140)
    say(
        f"[dim]{len(found.hits)} hits in {found.took_ms:.0f} ms"
        f" (encoding {found.timings.encode_ms:.0f}, finding {found.timings.query_ms:.0f})[/]"
    )


def _what(hit: HitBody) -> str:
    return hit.object_class.value if hit.object_class is not None else hit.kind.value


def _draw(client: Client, found: SearchDone, heading: str, path: Path) -> None:
    from infra.demo.contact_sheet import Row, Thumbnail, write_contact_sheet

    thumbnails = [
        Thumbnail(
            client.fetch(hit.thumbnail_url),
            (f"{hit.score:.3f}  {_what(hit)}  {hit.camera}", f"{hit.best_at:%Y-%m-%d %H:%M:%S}"),
        )
        for hit in found.hits
    ]
    chunks = [thumbnails[begin : begin + _SHEET_COLUMNS] for begin in range(0, len(thumbnails), _SHEET_COLUMNS)]
    rows = [Row(heading if number == 0 else "", chunk) for number, chunk in enumerate(chunks or [[]])]
    write_contact_sheet(path, rows, columns=_SHEET_COLUMNS)
