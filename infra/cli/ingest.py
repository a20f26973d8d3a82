"""`sightline ingest`: files in, through the REST API."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.console import CommandFailed, err, next_steps, print_json, say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from gateway.bodies.cameras import Camera
    from gateway.bodies.recordings import Recording
    from infra.cli.client import Client


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: sightline ingest lobby.mp4 --camera lobby --started-at 2026-03-02T08:00:00+01:00 | "
        "sightline ingest *.mkv --camera gate --create-camera --time-zone Europe/Berlin --no-wait"
    )(ingest)


def ingest(
    files: Annotated[list[Path], typer.Argument(help="Footage of one camera.", exists=True, dir_okay=False)],
    *,
    camera: Annotated[str, typer.Option("--camera", help="The camera's name.")],
    create_camera: Annotated[
        bool, typer.Option("--create-camera", help="Register the camera if it is not there.")
    ] = False,
    site: Annotated[str, typer.Option("--site", help="With --create-camera: the place it is at.")] = "",
    time_zone: Annotated[
        str, typer.Option("--time-zone", help="With --create-camera: IANA time zone of the place.")
    ] = "UTC",
    started_at: Annotated[
        str | None,
        typer.Option(
            "--started-at",
            help="True time of the first frame, with an offset; of one file. Without it: read from the file.",
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until all of it can be searched.")] = True,
    state: Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")] = False,
) -> None:
    """Upload footage and have it processed. Exits with 1 if any file fails."""
    from infra.cli.client import gateway, instant

    start = instant(started_at, "--started-at")
    if start is not None and len(files) > 1:
        raise CommandFailed("--started-at is of one file", hint="Ingest the files one by one.", exit_code=2)
    with gateway(state) as client:
        source = _camera(client, camera, create=create_camera, site=site, time_zone=time_zone)
        with _progress() as progress:
            bars = {path: progress.add_task(path.name, total=1.0, doing="waiting") for path in files}
            recordings = [
                _take_in(client, source, path, start, wait=wait, progress=progress, bar=bars[path]) for path in files
            ]
    if as_json:
        print_json(recordings)
    else:
        for recording in recordings:
            _tell(recording)
    failed = [recording for recording in recordings if recording.state == "failed"]
    if failed:
        raise CommandFailed(
            f"{len(failed)} of {len(recordings)} failed", hint="Why, and again: sightline jobs list --state dead"
        )
    if not as_json:
        next_steps(
            {'sightline search "a person"': "find something"} if wait else {"sightline jobs list": "how far it is"}
        )


def _camera(client: Client, name: str, *, create: bool, site: str, time_zone: str) -> Camera:
    found = client.camera(name)
    if found is not None:
        return found
    if not create:
        raise CommandFailed(
            f"there is no camera {name!r}",
            hint="Register it: --create-camera --time-zone …, or sightline cameras create",
        )
    return client.create_camera(name, site=site, time_zone=time_zone)


def _take_in(
    client: Client,
    camera: Camera,
    path: Path,
    start: datetime | None,
    *,
    wait: bool,
    progress: Progress,
    bar: TaskID,
) -> Recording:
    size = max(path.stat().st_size, 1)

    def on_bytes(more: int) -> None:
        progress.update(bar, advance=more / size, doing="uploading")

    def on_change(recording: Recording) -> None:
        if recording.state == "ready":
            progress.update(bar, completed=1.0, doing="embedding" if recording.open_jobs else "ready")
        elif recording.segments:
            done = recording.segments_done or 0
            progress.update(bar, completed=done / recording.segments, doing=f"{done} of {recording.segments} segments")
        else:
            progress.update(bar, completed=0.0, doing=recording.state.value)

    accepted = client.upload(path, camera.id, started_at=start, on_bytes=on_bytes)
    if not wait:
        progress.update(bar, completed=1.0, doing="uploaded")
        return client.recording(accepted.id)
    return client.follow_recording(accepted.id, on_change=on_change, seconds=24 * 3600)


def _progress() -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("  {task.description}"),
        BarColumn(bar_width=36),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[doing]:<24}"),
        TimeElapsedColumn(),
        console=err,
    )


def _tell(recording: Recording) -> None:
    from rich.markup import escape

    name = escape(recording.filename)
    if recording.state == "failed":
        say(f"[red]✗[/] {name}: {escape(recording.failure or 'no reason was told')}")
    elif recording.state == "duplicate":
        say(f"[yellow]–[/] {name}: the same file is there already, as recording {recording.duplicate_of}")
    elif recording.started_at is not None and recording.ended_at is not None:
        span = f"{recording.started_at:%Y-%m-%d %H:%M:%S %z} to {recording.ended_at:%H:%M:%S}"
        say(f"[green]✓[/] {name}: {span}, {recording.id}")
    else:
        say(f"[green]✓[/] {name}: {recording.state.value}, {recording.id}")
