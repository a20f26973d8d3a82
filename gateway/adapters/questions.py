"""Kept answers to questions, and what of them goes into a report."""

from pathlib import Path
from uuid import UUID

import msgspec

from contracts.question import AnswerState, QuestionAnswer
from contracts.search import MAX_HITS
from gateway.bodies.questions import QuestionReportNew
from gateway.bodies.reports import ReportItemNew, ReportNew
from gateway.model import Caller
from gateway.refusals import InvalidFieldError, NotFoundError
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("questions.sql"))

MOST_TEXT = 4000
"""Characters that a report takes of the answer."""

_MOST_NOTE = 2000
_MOST_TITLE = 200


class Questions:
    """The answers that a caller may see."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, caller: Caller, answer_id: UUID) -> QuestionAnswer:
        """One kept answer. Raises NotFoundError."""
        parameters = {"tenant_id": caller.tenant_id, "id": answer_id, "cameras": caller.cameras}
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["answer"], parameters).fetchone()
        if row is None:
            raise NotFoundError("answer", answer_id)
        return msgspec.convert(row["answer"], QuestionAnswer)


def report_of(answer: QuestionAnswer, wish: QuestionReportNew) -> ReportNew:
    """The report of an answer: the cited hits, each with the sentences that rest on it; the question as its title, the
    answer and its coverage as its text. An absence may cite nothing: its coverage is what it rests on. Raises
    InvalidFieldError where nothing was answered."""
    if answer.state is AnswerState.UNANSWERED:
        raise InvalidFieldError("id", "this question was not answered: ask about what there is footage of", "path")
    items = []
    for hit in answer.hits[:MAX_HITS]:
        said = [sentence.text for sentence in answer.sentences if hit.id in sentence.cites]
        items.append(ReportItemNew(kind=hit.kind, id=hit.id, note=_cut(" ".join(said), _MOST_NOTE)))
    text = " ".join([*(sentence.text for sentence in answer.sentences), f"Confidence {answer.confidence:.0%}."])
    told = f"{answer.question}\n{text}\n{answer.coverage.text}"
    return ReportNew(
        title=wish.title or _cut(answer.question, _MOST_TITLE),
        items=items,
        time_zone=answer.time_zone,
        query=_cut(told, MOST_TEXT),
        margin_seconds=wish.margin_seconds,
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]} …"
