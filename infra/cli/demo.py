"""`sightline demo`: the whole path shown on the embedded stack, ending with places to look."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from infra.cli.console import CommandFailed, err, next_steps, out, say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from infra.cli.client import Client
    from infra.demo.footage import DemoClip, DemoFootage
    from infra.demo.story import Found
    from infra.embedded.stack import Stack
    from infra.embedded.state import StackStatus

_MARK = "demo.json"
"""Says that a state folder was begun by the demo, and may be thrown away by it."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: sightline demo | sightline demo gate.mp4 yard.mkv | sightline demo --fresh")(demo)


def demo(
    footage: Annotated[
        list[Path] | None, typer.Argument(help="Your own files; none: a small site is rendered.", dir_okay=False)
    ] = None,
    state: Annotated[Path, typer.Option(help="The state folder.", envvar="SIGHTLINE_STATE")] = Path(".sightline"),
    output: Annotated[Path, typer.Option(help="Where the contact sheet and the report go.")] = Path("demo-out"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw the demo's state away first.")] = False,
    started_at: Annotated[
        str | None,
        typer.Option(help="True time of the files' first frames, RFC 3339 with offset; else read from the files."),
    ] = None,
    time_zone: Annotated[str, typer.Option(help="IANA time zone of the cameras of your own files.")] = "UTC",
    stay: Annotated[bool, typer.Option("--stay/--no-stay", help="Keep running until Ctrl-C.")] = True,
) -> None:
    """Show it all: start the stack, take footage in, search it, write a contact sheet and a report."""
    from infra.cli.stack import told_plainly
    from infra.embedded.stack import Stack

    began = time.monotonic()
    start = _instant(started_at)
    missing = [path for path in footage or [] if not path.is_file()]
    if missing:
        raise CommandFailed(f"there is no file {missing[0]}", hint="Name files that exist: sightline demo gate.mp4")
    stack = Stack(state)
    if fresh:
        _start_over(stack)
    owned = not stack.running
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        chosen = _start_and_choose(stack, footage or [], time_zone, start, output)
        with told_plainly(stack):
            _tell_story(stack, state, chosen, output, began)
        if stay and owned:
            _wait_for_interrupt()
    finally:
        if owned and stack.running:
            say("Stopping …")
            stack.stop()
            say("[green]✓[/] everything is stopped; the state is kept, and the next `make demo` goes on from it")


def _start_over(stack: Stack) -> None:
    root = stack.paths.root
    if not root.exists():
        return
    if not (root / _MARK).exists():
        raise CommandFailed(
            f"{root} was not begun by the demo, so it is not thrown away",
            hint="Remove it yourself, or use another folder: sightline demo --fresh --state .sightline-demo",
        )
    stack.stop()
    shutil.rmtree(root)


def _start_and_choose(
    stack: Stack, files: list[Path], time_zone: str, start: datetime | None, output: Path
) -> DemoFootage:
    """Starts the stack, and meanwhile renders the site where no footage was given."""
    from infra.cli.stack import told_plainly
    from infra.demo.footage import own_footage, rendered_footage

    # The stack is started by the main thread: a supervisor that is tied to us ends with the thread that started it.
    with ThreadPoolExecutor(1) as beside, _progress() as progress, told_plainly(stack):
        if files:
            chosen = beside.submit(own_footage, files, time_zone=time_zone, started_at=start)
        else:
            chosen = beside.submit(rendered_footage, output / "footage", _RenderingBars(progress))
        if stack.running:
            say(f"A stack already runs on {stack.paths.root}; the demo uses it and leaves it running.")
        else:
            say("[bold]Starting the stack[/]" + ("" if files else ", and rendering a site of four cameras meanwhile"))
            stack.start(with_me=True, on_change=_StackBar(progress))
            (stack.paths.root / _MARK).write_text("{}\n", encoding="utf-8")
        return chosen.result()


class _StackBar:
    """One bar for all processes: how many are healthy, and who is waited for."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("stack", total=1, doing="starting")

    def __call__(self, status: StackStatus) -> None:
        waiting = [line.name for line in status.processes if line.state not in {"running", "done"}]
        doing = f"waiting for {waiting[0]}" if waiting else "healthy"
        done = len(status.processes) - len(waiting)
        self._progress.update(self._bar, total=len(status.processes), completed=done, doing=doing)


class _RenderingBars:
    """A bar for each camera that is rendered."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, camera: str, done: int, total: int) -> None:
        if camera not in self._bars:
            self._bars[camera] = self._progress.add_task(camera, total=total, doing="rendering")
        doing = "rendered" if done == total else "rendering"
        self._progress.update(self._bars[camera], completed=done, doing=doing)


def _progress() -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("  {task.description:<16}"),
        BarColumn(bar_width=36),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[doing]:<24}"),
        TimeElapsedColumn(),
        console=err,
    )


def _tell_story(stack: Stack, state: Path, chosen: DemoFootage, output: Path, began: float) -> None:
    from infra.cli.client import GatewayRefusedError, GatewayUnreachableError, open_client
    from infra.demo import story

    try:
        with open_client(state) as client:
            _take_in(client, chosen)
            say("\n[bold]Searching[/]")
            found = list(story.ask(client, chosen.questions))
            if found[0].hits:
                found.append(story.ask_by_picture(client, found[0].hits[0]))
            for search in found:
                _show(search)
            sheet, pdf = output / "contact-sheet.png", output / "report.pdf"
            story.draw(client, found, sheet)
            zone = chosen.clips[0].time_zone
            if found[0].hits:
                story.report(client, found, zone, pdf)
    except (GatewayRefusedError, GatewayUnreachableError, story.DemoFailedError) as failure:
        hint = "A start is given with --started-at (make: STARTED_AT=…). Failures: sightline jobs list --state dead"
        raise CommandFailed(str(failure), hint=hint) from failure
    say(f"\n[green]✓[/] the whole path took {time.monotonic() - began:.0f} s")
    if chosen.rendered:
        say("[dim]The footage is rendered, not real; demo-out/footage/truth.json says what is in it.[/]")
    links = Table(box=None, show_header=False, pad_edge=False)
    links.add_row("contact sheet", str(sheet))
    links.add_row("report", str(pdf))
    links.add_row("API docs", f"{stack.endpoints().gateway_url}/schema")
    out.print(links)
    next_steps(
        {
            '.venv/bin/sightline search "a person with a backpack"': "ask it something, in another terminal",
            ".venv/bin/sightline jobs list": "what was done",
            'make demo FOOTAGE="a.mp4 b.mkv"': "your own footage",
            "make demo FRESH=1": "start over",
        }
    )


def _take_in(client: Client, chosen: DemoFootage) -> None:
    from infra.demo import story

    say(f"\n[bold]Taking in {len(chosen.clips)} recordings[/]")
    with _progress() as progress:
        bars = {clip.path: progress.add_task(clip.camera, total=1.0, doing="waiting") for clip in chosen.clips}
        story.take_in(client, chosen.clips, _mover(progress, bars))


def _mover(progress: Progress, bars: dict[Path, TaskID]) -> Callable[[DemoClip, str, float], None]:
    def move(clip: DemoClip, doing: str, share: float) -> None:
        progress.update(bars[clip.path], completed=share, doing=doing)

    return move


def _show(search: Found) -> None:
    table = Table(title=f"“{escape(search.question)}”", title_justify="left", title_style="bold", box=None)
    for heading, justify in (("camera", "left"), ("time", "left"), ("class", "left"), ("score", "right")):
        table.add_column(heading, justify="right" if justify == "right" else "left", style="")
    for hit in search.hits:
        what = hit.object_class.value if hit.object_class is not None else hit.kind.value
        table.add_row(hit.camera, f"{hit.best_at:%Y-%m-%d %H:%M:%S %z}", what, f"{hit.score:.3f}")
    out.print(table)
    out.print(f"[dim]{len(search.hits)} hits in {search.took_ms:.0f} ms[/]\n")


def _wait_for_interrupt() -> None:
    say("\nRunning until Ctrl-C …")
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        return


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"--started-at {text!r}: {error}", hint="Such as 2026-03-02T08:00:00+01:00") from error
    if instant.tzinfo is None:
        raise CommandFailed("--started-at needs an offset from UTC", hint="Such as 2026-03-02T08:00:00+01:00")
    return instant
