"""How many sentences of a search box are read exactly right.

    python -m bench.sentences [--failures] [--set learned|held-out|second] [--json FILE]

A kind counts where it was wanted or read. `over-read`: a filter was applied that was not wanted, or not so, which hides
what was asked for; that is worse than `missed`, where words stay in the description.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.report import measured, publish
from bench.sentences.form import HELD_OUT, LEARNED, NOW, PLACES, SECOND, Asked, sentences
from bench.sentences.judge import Kind, Verdict, Verdicts, judged, over_read, right
from services.search.model.sentence import Reading, read_typed

SETS = {"learned": LEARNED, "held-out": HELD_OUT, "second": SECOND}


@dataclass(frozen=True)
class Judged:
    """One sentence, what it was read as and how right that is."""

    asked: Asked
    reading: Reading
    verdicts: Verdicts


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.sentences", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--set", choices=SETS, help="only these; else all")
    parser.add_argument("--failures", action="store_true", help="list every sentence that was not read exactly")
    arguments = parser.parse_args()
    wanted = list(SETS.values()) if arguments.set is None else [SETS[arguments.set]]
    read_ones = [_read(one) for one in sentences() if one.part in wanted]
    show(read_ones, wanted, failures=arguments.failures)
    publish(measured("sentences", {"sentences": len(read_ones)}, figures(read_ones, wanted)), arguments.json)


def _read(asked: Asked) -> Judged:
    reading = read_typed(asked.text, now=NOW, places=PLACES)
    return Judged(asked, reading, judged(reading, asked.readings, asked.text))


def figures(judgements: Sequence[Judged], sets: Sequence[str]) -> dict[str, float]:
    """For each set: sentences, the share read exactly right, how many have a wrong filter, and both by kind."""
    found: dict[str, float] = {}
    for name in sets:
        own = [one for one in judgements if one.asked.part == name]
        key = name.replace(" ", "_")
        found[f"{key}.sentences"] = float(len(own))
        found[f"{key}.exactly_right"] = float(np.mean([right(one.verdicts) for one in own]))
        found[f"{key}.over_read"] = float(sum(over_read(one.verdicts) for one in own))
        for kind in Kind:
            counted = [one for one in own if one.verdicts[kind] is not Verdict.ABSENT]
            if counted:
                share = np.mean([one.verdicts[kind] is Verdict.RIGHT for one in counted])
                found[f"{key}.{kind.name.lower()}.right"] = float(share)
    return found


def show(judgements: Sequence[Judged], sets: Sequence[str], *, failures: bool) -> None:
    """The table by kind, and the failures."""
    console = Console()
    table = Table(title="sentences read exactly right", title_justify="left", box=None, header_style="bold")
    table.add_column("kind")
    for name in sets:
        for column in (name, "missed", "over-read"):
            table.add_column(column, justify="right")
    for kind in Kind:
        table.add_row(kind.value, *(cell for name in sets for cell in _cells(judgements, name, kind)))
    whole = []
    for name in sets:
        own = [one for one in judgements if one.asked.part == name]
        wrong = sum(over_read(one.verdicts) for one in own)
        whole += [f"{sum(right(one.verdicts) for one in own)} / {len(own)}", "", str(wrong)]
    table.add_row("whole sentence", *whole, style="bold")
    console.print(table)
    for one in judgements if failures else ():
        if not right(one.verdicts):
            _tell(console, one)


def _cells(judgements: Sequence[Judged], name: str, kind: Kind) -> list[str]:
    verdicts = [one.verdicts[kind] for one in judgements if one.asked.part == name]
    counted = [verdict for verdict in verdicts if verdict is not Verdict.ABSENT]
    return [
        f"{counted.count(Verdict.RIGHT)} / {len(counted)}",
        str(counted.count(Verdict.MISSED)),
        str(counted.count(Verdict.OVER)),
    ]


def _tell(console: Console, one: Judged) -> None:
    console.print(f"\n({one.asked.part}) {one.asked.text}", markup=False, highlight=False)
    wrong = [f"{kind}: {verdict}" for kind, verdict in one.verdicts.items() if verdict in {"missed", "over-read"}]
    console.print(f"   {', '.join(wrong)}; wanted {one.asked.readings[0]}", markup=False, highlight=False)
    phrases = ", ".join(f"{phrase.part} {phrase.words!r}" for phrase in one.reading.phrases)
    console.print(f"   read {phrases or 'nothing'}; left {one.reading.text!r}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
