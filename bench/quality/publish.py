"""Printing and storing what was measured."""

from pathlib import Path

import msgspec
from rich.console import Console

from bench.quality.evaluate import Evaluation
from bench.quality.redaction import LISTED, SOUGHT
from bench.quality.table import Note, markdown, show
from bench.report import CHECKOUT, Measurement

RESULTS = CHECKOUT / "bench" / "results"


def store(done: Evaluation, json_file: Path | None, *, folder: Path | None = None) -> tuple[Measurement, Path]:
    """Writes the figures, to `bench/results` where no file is named, and says what and where."""
    measurement = done.measurement({"folder": str(folder) if folder else "held-out clips and rendered site"})
    target = json_file or RESULTS / f"quality-{done.profile}{'-' + folder.resolve().name if folder else ''}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(msgspec.json.format(msgspec.json.encode(measurement), indent=2) + b"\n")
    return measurement, target


def publish_quality(done: Evaluation, measurement: Measurement, target: Path, markdown_file: Path | None) -> None:
    """Prints the table, says where the figures are, and writes the table as Markdown if wanted."""
    console = Console()
    # A pipe has no width: do not squeeze what a program or a page will hold.
    if not console.is_terminal:
        console = Console(width=200)
    notes = shortened(done.notes)
    show(console, f"bench.quality · profile {done.profile} · 95 % intervals in brackets", done.rows, notes)
    if markdown_file is not None:
        markdown_file.write_text(markdown(done.rows, notes), encoding="utf-8")
    told = f"{done.seconds:.0f} s; commit {measurement.commit}; figures and all misses: {target}"
    console.print(f"\n[dim]{told}[/]", soft_wrap=True)


def shortened(notes: list[Note]) -> list[Note]:
    """The notes with no more misses of faces and plates than can be read."""
    kept: list[Note] = []
    for section in dict.fromkeys(note.section for note in notes):
        own = [note for note in notes if note.section == section]
        kept += own[:LISTED] if section in SOUGHT else own
        if section in SOUGHT and len(own) > LISTED:
            kept.append(Note(section, f"… and {len(own) - LISTED} more in the JSON file"))
    return kept
