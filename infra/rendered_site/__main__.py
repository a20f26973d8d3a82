"""`python -m infra.rendered_site --out DIR --seed 7`: renders a site, with progress."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.rendered_site.film import NoEncoderError, render_site
from infra.rendered_site.plan import START, plan_site


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.rendered_site", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the .mp4 files and truth.json")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=50.0)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--actors", type=int, default=12)
    parser.add_argument("--size", default="640x360", help="WIDTHxHEIGHT, even numbers")
    parser.add_argument("--start", type=datetime.fromisoformat, default=START, help="RFC 3339 with offset")
    parser.add_argument("--dark", action="store_true", help="night outdoors")
    parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 4))
    return parser.parse_args()


def main() -> int:
    """Renders and says what was made; 2 for arguments that make no site, 1 where it cannot be written."""
    options = _arguments()
    console = Console()
    try:
        width, height = (int(v) for v in options.size.lower().split("x"))
        site = plan_site(
            options.seed, options.cameras, options.seconds, fps=options.fps, size=(width, height),
            actors=options.actors, start=options.start, dark=options.dark,
        )  # fmt: skip
    except ValueError as problem:
        Console(stderr=True).print(f"[red]{problem}[/red]")
        return 2
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks = {camera.name: bars.add_task(camera.name, total=site.frames) for camera in site.cameras}
        try:
            truth = render_site(
                site,
                options.out,
                lambda name, done, total: bars.update(tasks[name], completed=done, total=total),
                options.processes,
            )
        except (NoEncoderError, OSError) as problem:
            Console(stderr=True).print(f"[red]{problem}[/red]")
            return 1
    console.print(
        f"{len(truth.cameras)} cameras, {len(truth.actors)} actors, all rendered: {options.out / 'truth.json'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
