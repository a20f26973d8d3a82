"""Whether an answer is the right one: by its values, its state and what it cites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bench.questions.truth import Expected
from contracts.question import AnswerState, QuestionAnswer

NEAR = timedelta(seconds=1.5)
"""Times and lengths are right within this: tracks are sampled a few times a second."""


@dataclass(frozen=True)
class Judgement:
    """How right an answer is.

    Attributes:
        wrong_absence: it says that nobody was there, or that all was examined, and that is not true.
    """

    right: bool
    wrong_absence: bool
    reason: str = ""


def judge(answer: QuestionAnswer, expected: Expected, cameras: Mapping[str, UUID], *also: Expected) -> Judgement:
    """Compares everything that is expected. `also`: other right answers; one of all is enough."""
    judged = [_judged(answer, one, cameras) for one in (expected, *also)]
    best = next((one for one in judged if one.right), judged[0])
    return Judgement(best.right, all(one.wrong_absence for one in judged), best.reason)


def _judged(answer: QuestionAnswer, expected: Expected, cameras: Mapping[str, UUID]) -> Judgement:
    names = {camera_id: name for name, camera_id in cameras.items()}
    finding = answer.finding
    problems = []
    if answer.state.value != expected.state:
        problems.append(f"state is {answer.state.value}, not {expected.state}")
    codes = {refusal.code for refusal in answer.why}
    if expected.refusal is not None and expected.refusal not in codes:
        problems.append(f"refused with {sorted(codes) or 'nothing'}, not {expected.refusal}")
    verdict = None if finding.verdict is None else finding.verdict.value
    if expected.verdict is not None and verdict != expected.verdict:
        problems.append(f"verdict is {verdict}, not {expected.verdict}")
    for name, found, right in (
        ("count", finding.count, expected.count),
        ("other count", finding.other_count, expected.other),
    ):
        if right is not None and found != right:
            problems.append(f"{name} is {found}, not {right}")
    if expected.times is not None and not _same_times(finding.times, expected.times):
        problems.append(f"times are {_clocks(finding.times)}, not {_clocks(expected.times)}")
    if expected.seconds is not None and abs((finding.seconds or 0.0) - expected.seconds) > NEAR.total_seconds():
        problems.append(f"it is {finding.seconds} s, not {expected.seconds} s")
    if expected.negated is not None and (answer.plan is None or answer.plan.negated != expected.negated):
        problems.append(f"it is read as {'' if expected.negated else 'not '}asking the other way round, or not at all")
    if expected.cameras is not None:
        found_at = frozenset(names[camera] for camera in finding.camera_ids)
        if found_at != expected.cameras:
            problems.append(f"cameras are {sorted(found_at)}, not {sorted(expected.cameras)}")
    cited = {hit.id for hit in answer.hits}
    if any(not set(sentence.cites) <= cited for sentence in answer.sentences):
        problems.append("a sentence cites what is not among the hits")
    return Judgement(not problems, _wrong_absence(answer, expected, cameras), "; ".join(problems))


def claims_absence(answer: QuestionAnswer) -> bool:
    """Whether it says that nobody was there."""
    finding, plan = answer.finding, answer.plan
    if plan is None or answer.state is AnswerState.UNANSWERED:
        return False
    if plan.kind.value == "existence":
        return finding.verdict is not None and finding.verdict.value == ("yes" if plan.negated else "no")
    if plan.kind.value in {"compare", "order"}:
        return False
    return not finding.times and not finding.count and finding.verdict is None


def _wrong_absence(answer: QuestionAnswer, expected: Expected, cameras: Mapping[str, UUID]) -> bool:
    if answer.plan is not None and answer.plan.negated and answer.plan.kind.value in {"cameras", "when"}:
        return _names_too_much(answer, expected, cameras)
    if not claims_absence(answer):
        return False
    # Where the time was covered in part only, the sentence must say so.
    overclaimed = answer.state is AnswerState.ANSWERED and expected.state != "answered"
    return overclaimed or not expected.absent


def _names_too_much(answer: QuestionAnswer, expected: Expected, cameras: Mapping[str, UUID]) -> bool:
    """Where it was asked which cameras or hours had nobody: whether one is named that had somebody."""
    empty = {cameras[name] for name in expected.cameras or ()}
    hours = expected.times or ()
    return not set(answer.finding.camera_ids) <= empty or not all(
        any(abs(time - hour) <= NEAR for hour in hours) for time in answer.finding.times
    )


def _same_times(found: Sequence[datetime], right: Sequence[datetime]) -> bool:
    return len(found) == len(right) and all(
        abs(one - other) <= NEAR for one, other in zip(sorted(found), sorted(right), strict=True)
    )


def _clocks(times: Sequence[datetime]) -> str:
    return ", ".join(f"{time.astimezone():%d %H:%M:%S}" for time in times) or "none"
