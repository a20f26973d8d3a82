"""How many questions are answered exactly right.

    python -m bench.questions [--json FILE] [--misses] [--detected]

A Postgres of its own is started, the suite's site is written into it as ingest and embed would have, and every question
is put to the use case that the service answers with. What is right says the site's truth. The tracks are the truth's,
nearly sure of every attribute; with `--detected` they are what the `tiny` models find in the rendered site.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid4

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.questions.detected import found_pieces
from bench.questions.form import Question
from bench.questions.judge import Judgement, judge
from bench.questions.load import Piece, load
from bench.questions.site import ASKED_AT, World, kept_world
from bench.questions.suite import questions
from bench.report import measured, publish
from bench.search.server import running_postgres
from contracts.question import AnswerState, QuestionAnswer, QuestionRequest, Verdict
from infra.cli.tenants import create_tenant
from kit.postgres import Database
from services.search.adapters.describer import NoWordsmith
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.questions import KeptAnswers, StoredSightings
from services.search.pipeline.question import Answering

GROUPS = ("a", "b", "c", "d", "e", "f1", "f2", "g1", "g2")
"""The suite's sets."""

HELD_OUT = ("f2", "g2")
"""What is not listed among the misses, so that nobody learns from it by chance."""


@dataclass(frozen=True)
class Asked:
    """One question, its answer and how right it is."""

    question: Question
    answer: QuestionAnswer
    judgement: Judgement
    milliseconds: float


class NoLikeness:
    """No question of the suite shows anybody."""

    def alike(self, *_: object) -> Mapping[UUID, float]:
        """Nobody."""
        return {}


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.questions", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--detected", action="store_true", help="over what the `tiny` models find in the rendered site")
    parser.add_argument("--state", type=Path, default=Path(".sightline"), help="the state folder, for what is kept")
    parser.add_argument(
        "--misses", action="store_true", help="list what was not answered exactly, but for sets f2 and g2"
    )
    parser.add_argument(
        "--held-out", action="store_true", help="list that of sets f2 and g2 as well, which are held out"
    )
    arguments = parser.parse_args()
    world = kept_world()
    with tempfile.TemporaryDirectory() as scratch:
        pieces = found_pieces(world, arguments.state, _tell) if arguments.detected else None
        asked = ask_all(Path(scratch), world, pieces)
    show(asked, misses=arguments.misses or arguments.held_out, held_out=arguments.held_out)
    publish(
        measured(
            "questions",
            {
                "questions": len(asked),
                "footage": "rendered, what tiny found" if arguments.detected else "rendered, truth tracks",
            },
            figures(asked),
        ),
        arguments.json,
    )


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def ask_all(folder: Path, world: World, pieces: Sequence[Piece] | None = None) -> list[Asked]:
    """Puts all questions to the service's use case over a fresh tenant. `pieces`: its tracks; None: the truth's."""
    with running_postgres(folder) as server:
        tenant_id = create_tenant(server.dsns["owner"], f"questions-{uuid4().hex[:8]}")
        databases = {role: Database(server.dsns[role]) for role in ("gateway", "ingest", "embed", "search")}
        load(databases["gateway"], databases["ingest"], databases["embed"], tenant_id, world, pieces=pieces)
        answering = Answering(
            places=GatewayPlaces(databases["search"]),
            sightings=StoredSightings(databases["search"]),
            likeness=NoLikeness(),
            answers=KeptAnswers(databases["search"]),
            wordsmith=NoWordsmith(),
            new_id=uuid4,
        )
        asked = [_ask(answering, tenant_id, question, world) for question in questions(world)]
        for database in databases.values():
            database.close()
    return asked


def _ask(answering: Answering, tenant_id: UUID, question: Question, world: World) -> Asked:
    began = perf_counter()
    answer = answering.answer(
        QuestionRequest(tenant_id=tenant_id, text=question.text, asked_at=ASKED_AT, time_zone=question.time_zone)
    )
    took = (perf_counter() - began) * 1000
    return Asked(question, answer, judge(answer, question.expected, world.cameras, *question.also), took)


def figures(asked: Sequence[Asked]) -> dict[str, float]:
    """Shares that are exactly right, how many are said to be unsure and are not, wrong absences, times."""
    found: dict[str, float] = {"questions": float(len(asked))}
    groups = {
        "all": list(asked),
        **{each: [one for one in asked if one.question.group == each] for each in GROUPS},
        **{
            kind.replace(" ", "_"): [one for one in asked if one.question.kind == kind]
            for kind in dict.fromkeys(one.question.kind for one in asked)
        },
    }
    for name, group in groups.items():
        found[f"{name}.questions"] = float(len(group))
        found[f"{name}.exactly_right"] = float(np.mean([one.judgement.right for one in group]))
        found[f"{name}.refused"] = float(sum(_refused(one) for one in group))
        found[f"{name}.unsure"] = float(sum(_unsure(one) for one in group))
        found[f"{name}.wrong_absences"] = float(sum(one.judgement.wrong_absence for one in group))
    found["answer.p50_ms"] = float(np.percentile([one.milliseconds for one in asked], 50))
    found["answer.p95_ms"] = float(np.percentile([one.milliseconds for one in asked], 95))
    return found


def _refused(one: Asked) -> bool:
    """Whether it says that it cannot answer, where it could have, or for another reason than the right one."""
    return one.answer.state is AnswerState.UNANSWERED and not one.judgement.right


def _unsure(one: Asked) -> bool:
    """Whether it says that it does not know, where it could have known."""
    unsure = one.answer.finding.verdict is Verdict.UNSURE and one.answer.state is not AnswerState.UNANSWERED
    return unsure and not one.judgement.right


def show(asked: Sequence[Asked], *, misses: bool, held_out: bool = False) -> None:
    """The table by kind, and the misses."""
    console = Console()
    table = Table(title="questions answered exactly right", title_justify="left", box=None, header_style="bold")
    for column in ("kind", *(f"set {each}" for each in GROUPS), "wrong absences"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for kind in dict.fromkeys(one.question.kind for one in asked):
        own = [one for one in asked if one.question.kind == kind]
        cells = []
        for each in GROUPS:
            group = [one for one in own if one.question.group == each]
            cells.append(f"{sum(one.judgement.right for one in group)} / {len(group)}")
        table.add_row(kind, *cells, str(sum(one.judgement.wrong_absence for one in own)))
    console.print(table)
    for each in GROUPS:
        group = [one for one in asked if one.question.group == each]
        right, refused, unsure = (
            sum(one.judgement.right for one in group),
            sum(_refused(one) for one in group),
            sum(_unsure(one) for one in group),
        )
        console.print(
            f"set {each}: {right} of {len(group)} right, {refused} refused, {unsure} unsure,"
            f" {len(group) - right - refused - unsure} wrong,"
            f" {sum(one.judgement.wrong_absence for one in group)} wrong absences"
        )
    wrong = [one for one in asked if not one.judgement.right and (held_out or one.question.group not in HELD_OUT)]
    if misses and wrong:
        console.print("\n[bold]not exactly right[/]")
        for one in wrong:
            console.print(f"\n({one.question.group}, {one.question.kind}) {one.question.text}", markup=False)
            console.print(f"   {one.judgement.reason}", markup=False)
            console.print(f"   {' '.join(sentence.text for sentence in one.answer.sentences)}", markup=False)


if __name__ == "__main__":
    main()
