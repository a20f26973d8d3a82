"""The table of one profile: rows of figures, printed for people, as Markdown, and as flat figures for programs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.quality.estimate import Estimate

FIRST = ("weights", "footage")
"""Sections that are printed before all others."""


@dataclass(frozen=True)
class Row:
    """Figures of one thing that was measured.

    Attributes:
        section: what was measured, e.g. `detection`; rows of a section are printed together.
        footage: on what, e.g. `real`, `rendered`.
        subject: of whom, from the general to the particular, e.g. (`overall`, `person`).
        figures: name → estimate, or a plain number such as a count.
    """

    section: str
    footage: str
    subject: tuple[str, ...]
    figures: Mapping[str, Estimate | float]


@dataclass(frozen=True)
class Note:
    """Something about a section that is no figure: what was left out and why, a face that was missed."""

    section: str
    text: str


def flat(rows: Iterable[Row]) -> dict[str, float]:
    """Dotted names to numbers; an interval is `NAME.low` and `NAME.high`, and what is behind it `NAME.units`."""
    figures: dict[str, float] = {}
    for row in rows:
        parts = (row.footage, row.section, *row.subject)
        stem = ".".join(part.replace(".", "_").replace(",", "").replace(" ", "_") for part in parts)
        for name, figure in row.figures.items():
            if isinstance(figure, Estimate):
                known = {"": figure.value, ".low": figure.low, ".high": figure.high, ".units": float(figure.units)}
            else:
                known = {"": figure}
            # What could not be measured has no figure.
            figures |= {f"{stem}.{name}{end}": value for end, value in known.items() if not math.isnan(value)}
    return figures


def show(console: Console, title: str, rows: Sequence[Row], notes: Sequence[Note]) -> None:
    """Print all sections in the order in which they come."""
    console.print(f"[bold]{title}[/]", soft_wrap=True)
    for section in sections(rows, notes):
        columns, lines = _lines(rows, section)
        table = Table(title=section, title_justify="left", title_style="bold", box=None, header_style="bold")
        for number, column in enumerate(columns):
            table.add_column(column, justify="left" if number < 2 else "right", no_wrap=number >= 2)
        for line in lines:
            table.add_row(*line)
        if lines:
            console.print()
            console.print(table)
        for note in notes:
            if note.section == section:
                console.print(f"[dim]{note.text}[/]", soft_wrap=True, highlight=False, markup=True)


def markdown(rows: Sequence[Row], notes: Sequence[Note]) -> str:
    """The same as Markdown."""
    parts = []
    for section in sections(rows, notes):
        columns, lines = _lines(rows, section)
        parts.append(f"### {section}\n")
        if lines:
            parts.append("| " + " | ".join(columns) + " |")
            parts.append("|" + "|".join("---" if number < 2 else "---:" for number in range(len(columns))) + "|")
            parts += ["| " + " | ".join(line) + " |" for line in lines]
            parts.append("")
        parts += [f"- {note.text}" for note in notes if note.section == section]
        parts.append("")
    return "\n".join(parts)


def sections(rows: Iterable[Row], notes: Iterable[Note]) -> list[str]:
    """The names of the sections, in order; first which weights and which footage were measured."""
    names = list(dict.fromkeys([row.section for row in rows] + [note.section for note in notes]))
    return sorted(names, key=lambda name: name not in FIRST)


def _lines(rows: Sequence[Row], section: str) -> tuple[list[str], list[list[str]]]:
    """Columns, and a line a row."""
    own = [row for row in rows if row.section == section]
    names = list(dict.fromkeys(name for row in own for name in row.figures))
    lines = [[row.footage, " · ".join(row.subject), *(_worded(row.figures.get(name)) for name in names)] for row in own]
    return ["footage", "of", *names], lines


def _worded(figure: Estimate | float | None) -> str:
    if figure is None:
        return ""
    if not isinstance(figure, Estimate):
        return _number(figure)
    if math.isnan(figure.value):
        return "–"
    if math.isnan(figure.low):
        return f"{figure.value:.2f}"
    return f"{figure.value:.2f} [{figure.low:.2f}–{figure.high:.2f}]"


def _number(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if (float(value).is_integer() and abs(value) >= 1) or value == 0 else f"{value:.2f}"
