"""What armed rules already found, beside an answer: which rules look for what a question asks, and how that is told.

A rule's events are cited, never counted instead of the tracks: a rule has a zone, a length and a schedule of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events import EventKind
from contracts.question import MAX_CITED, Happening, Plan, QuestionKind, Sentence
from services.search.model.coverage import length
from services.search.model.phrases import Speaker

_KINDS: Mapping[Happening, EventKind] = {
    Happening.STAYED: EventKind.LOITERING,
    Happening.ARRIVED: EventKind.ZONE_ENTERED,
    Happening.LEFT: EventKind.ZONE_LEFT,
    Happening.PASSED: EventKind.LINE_CROSSED,
}
_ASKING = frozenset({QuestionKind.EXISTENCE, QuestionKind.COUNT, QuestionKind.WHEN, QuestionKind.LIST})


@dataclass(frozen=True)
class Fired:
    """How often one armed rule fired in the asked time.

    Attributes:
        zone: the zone's or line's name; None: the whole view.
        seconds: how long it must last by the rule; None: it has no length.
        times: so often.
        first: when it first did.
        event_ids: of the events, MAX_CITED at most, in the order of time.
    """

    rule: str
    camera_id: UUID
    zone: str | None
    seconds: float | None
    times: int
    first: datetime
    event_ids: tuple[UUID, ...]


def kind_of_rule(plan: Plan) -> EventKind | None:
    """Which rules look for what is asked. None: none do, as no rule knows of clothes, colours or several at once."""
    if plan.kind not in _ASKING or plan.by is not None or len(plan.subjects) != 1:
        return None
    subject = plan.subjects[0]
    described = subject.attributes or subject.vehicle_types or subject.this or subject.moving or subject.together > 1
    if described or subject.stayed_less_seconds is not None or subject.without_zone_ids:
        return None
    # Coming, going and crossing are told of a zone or line; of a whole view no rule tells them.
    if subject.happening is not Happening.STAYED and not subject.zone_ids:
        return None
    return _KINDS.get(subject.happening)


def fired_sentences(fired: Sequence[Fired], speaker: Speaker) -> list[Sentence]:
    """One sentence for each rule that fired, citing its events."""
    found = []
    for one in fired:
        often = "once" if one.times == 1 else f"{one.times} times"
        first = "" if one.times == 1 else "first "
        lasting = "" if one.seconds is None else f", {length(one.seconds)} or longer"
        place = speaker.at(one.camera_id) if one.zone is None else f"{one.zone} ({speaker.at(one.camera_id)})"
        text = (
            f'The rule "{one.rule}" ({place}{lasting}) fired {often} in that time, {first}{speaker.moment(one.first)}.'
        )
        found.append(Sentence(text=text, event_ids=one.event_ids[:MAX_CITED]))
    return found
