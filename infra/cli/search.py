"""`sightline search`: a sentence, a picture or a track in; tracks and scenes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

if TYPE_CHECKING:
    from gateway.bodies.search import HitBody, SearchDone
    from infra.cli.client import Client

_SHEET_COLUMNS = 6

T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Examples: sightline search "red truck at the north gate last Tuesday between 6 and 8 pm" | '
        'sightline search "a person" --attribute person.upper_colour=red --not-attribute person.hat=yes | '
        "sightline search --picture suspect.jpg --from 2026-03-02T08:00:00+01:00 --sheet hits.png | "
        'sightline search "on a bicycle" --track 0199… --weight track=2 --json'
    )(search)


def search(
    text: Annotated[str | None, typer.Argument(help="A sentence or a word.")] = None,
    *,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="A JPEG, PNG or WebP file.", exists=True, dir_okay=False)
    ] = None,
    track: Annotated[UUID | None, typer.Option("--track", help="The likes of this track.")] = None,
    weight: Annotated[
        list[str] | None, typer.Option("--weight", help="How much a part counts, as text=2; may be repeated.")
    ] = None,
    without: Annotated[list[str] | None, typer.Option("--without", help="Not what this says; may be repeated.")] = None,
    without_track: Annotated[
        list[UUID] | None, typer.Option("--without-track", help="Not the likes of this track; may be repeated.")
    ] = None,
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="Only this camera, by name; may be repeated.")
    ] = None,
    not_camera: Annotated[
        list[str] | None, typer.Option("--not-camera", help="Not this camera, by name; may be repeated.")
    ] = None,
    site: Annotated[list[str] | None, typer.Option("--site", help="Only this site; may be repeated.")] = None,
    zone: Annotated[list[UUID] | None, typer.Option("--zone", help="Only in this zone; may be repeated.")] = None,
    from_time: Annotated[str | None, typer.Option("--from", help="In view at or after this time.")] = None,
    until_time: Annotated[str | None, typer.Option("--until", help="In view before this time.")] = None,
    hours: Annotated[
        str | None, typer.Option("--hours", help="Only at this time of day on the camera's clock, as 22:00-06:00.")
    ] = None,
    weekday: Annotated[
        list[str] | None, typer.Option("--weekday", help="Only on mondays, …: monday; may be repeated.")
    ] = None,
    object_class: Annotated[
        list[str] | None, typer.Option("--class", help="Only person, car, …; may be repeated.")
    ] = None,
    not_class: Annotated[list[str] | None, typer.Option("--not-class", help="Not these; may be repeated.")] = None,
    attribute: Annotated[
        list[str] | None, typer.Option("--attribute", help="With it, as person.hat=yes; may be repeated.")
    ] = None,
    not_attribute: Annotated[
        list[str] | None, typer.Option("--not-attribute", help="Without it, as person.hat=yes; may be repeated.")
    ] = None,
    towards: Annotated[
        list[str] | None, typer.Option("--towards", help="Moving up, up-right, right, …; may be repeated.")
    ] = None,
    min_seconds: Annotated[float | None, typer.Option("--min-seconds", min=0, help="In view for so long.")] = None,
    max_seconds: Annotated[float | None, typer.Option("--max-seconds", min=0, help="In view no longer.")] = None,
    min_speed: Annotated[float | None, typer.Option("--min-speed", min=0, help="Widths of the view a second.")] = None,
    max_speed: Annotated[float | None, typer.Option("--max-speed", min=0, help="Widths of the view a second.")] = None,
    min_size: Annotated[
        float | None, typer.Option("--min-size", min=0, max=1, help="Share of the view that it fills.")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=100, help="So many in view together.")] = 1,
    min_score: Annotated[
        float, typer.Option("--min-score", min=-1, max=1, help="The least probability, where scores are calibrated.")
    ] = -1.0,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="At most so many hits.")] = 20,
    cursor: Annotated[str | None, typer.Option("--cursor", help="The next page, as the one before says.")] = None,
    literal: Annotated[bool, typer.Option("--literal", help="Take no words of the text as filters.")] = False,
    time_zone: Annotated[
        str, typer.Option("--time-zone", help="Whose yesterday is meant, as Europe/Berlin.", envvar="TZ")
    ] = "UTC",
    fold: Annotated[bool, typer.Option("--fold/--no-fold", help="Tracks of one object as one hit.")] = True,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="Write the thumbnails as a PNG.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")] = False,
) -> None:
    """Search all footage. Times are shown as the cameras' clocks did."""
    from gateway.bodies.search import SearchNew
    from infra.cli.client import gateway, instant

    if text is None and picture is None and track is None:
        raise CommandFailed(
            "give a text, --picture, --track, or several of them", hint='sightline search "a person"', exit_code=2
        )
    asked = {
        "text": text,
        "track_id": track,
        "weights": _weights(weight),
        "without_texts": without,
        "without_track_ids": without_track,
        "sites": site,
        "zone_ids": zone,
        "from": instant(from_time, "--from"),
        "until": instant(until_time, "--until"),
        "day_time": _day_time(hours),
        "weekdays": weekday,
        "classes": object_class,
        "without_classes": not_class,
        "attributes": [*_attributes(attribute, wanted=True), *_attributes(not_attribute, wanted=False)],
        "directions": [{"towards": one} for one in towards or ()],
        "min_seconds_in_view": min_seconds,
        "max_seconds_in_view": max_seconds,
        "min_speed": min_speed,
        "max_speed": max_speed,
        "min_size": min_size,
        "count": count,
        "min_score": min_score,
        "limit": limit,
        "cursor": cursor,
        "read_text": not literal,
        "time_zone": time_zone,
        "fold": fold,
    }
    with gateway(state) as client:
        asked["camera_ids"] = _camera_ids(client, camera)
        asked["without_camera_ids"] = _camera_ids(client, not_camera)
        if picture is not None:
            asked["picture_id"] = client.store_picture(picture.read_bytes()).id
        found = client.find(_request({name: value for name, value in asked.items() if value is not None}, SearchNew))
        if sheet is not None:
            _draw(client, found, text or (picture.name if picture else f"like track {track}"), sheet)
    if as_json:
        print_json(found)
        return
    _show(found)
    if sheet is not None:
        say(f"[green]✓[/] {sheet}")
    if found.next_cursor is not None:
        say(f"[dim]there are more: the same with --cursor {found.next_cursor}[/]")
    if found.hits and found.hits[0].kind == "track" and track is None:
        next_steps({f"sightline search --track {found.hits[0].id}": "the likes of the first"})


def _request(asked: dict[str, Any], form: type[T]) -> T:
    """The body, with what is wrong in it told before it is sent."""
    import msgspec

    try:
        return msgspec.convert(asked, form)
    except msgspec.ValidationError as error:
        raise CommandFailed(str(error), hint="sightline search --help", exit_code=2) from error


def _weights(given: list[str] | None) -> dict[str, float] | None:
    pairs = _pairs(given, "--weight", "text=2")
    try:
        return {name: float(value) for name, value in pairs} or None
    except ValueError as error:
        raise CommandFailed(f"--weight: {error}", hint="as in --weight text=2", exit_code=2) from error


def _attributes(given: list[str] | None, *, wanted: bool) -> list[dict[str, Any]]:
    pairs = _pairs(given, "--attribute", "person.hat=yes")
    return [{"attribute": name, "value": value, "wanted": wanted} for name, value in pairs]


def _pairs(given: list[str] | None, option: str, example: str) -> list[tuple[str, str]]:
    pairs = [one.partition("=") for one in given or ()]
    if any(not value for _, _, value in pairs):
        raise CommandFailed(f"{option} takes a name and a value", hint=f"as in {option} {example}", exit_code=2)
    return [(name, value) for name, _, value in pairs]


def _day_time(hours: str | None) -> dict[str, str] | None:
    if hours is None:
        return None
    start, mark, until = hours.partition("-")
    if not mark:
        raise CommandFailed("--hours takes two times", hint="as in --hours 22:00-06:00", exit_code=2)
    return {"start": _clock(start), "until": _clock(until)}


def _clock(text: str) -> str:
    """`22:00`, `6` … as RFC 3339 writes times."""
    hour, _, minute = text.strip().partition(":")
    return f"{hour.zfill(2)}:{(minute or '00').zfill(2)}:00"


def _camera_ids(client: Client, names: list[str] | None) -> list[UUID] | None:
    if not names:
        return None
    found = {camera.name: camera.id for camera in client.cameras()}
    for name in names:
        if name not in found:
            raise CommandFailed(f"there is no camera {name!r}", hint="All of them: sightline cameras list")
    return [found[name] for name in names]


def _show(found: SearchDone) -> None:
    if found.understood is not None and found.understood.phrases:
        understood = ", ".join(f"{phrase.words} ({phrase.part})" for phrase in found.understood.phrases)
        say(f"[dim]understood: {understood}; to take it literally: --literal[/]")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("score", "right", "what", "camera", "seen", "for", "id"):
        table.add_column(column, justify="right" if column in {"score", "right", "for"} else "left")
    for hit in found.hits:
        length = (hit.ended_at - hit.started_at).total_seconds()
        table.add_row(
            f"{hit.score:.3f}",
            "–" if hit.probability is None else f"{hit.probability:.0%}",
            _what(hit) + (f" +{len(hit.members)}" if hit.members else ""),
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
