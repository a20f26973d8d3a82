"""How answers say things: names and times, what somebody did, for which time nothing is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from contracts.question import MAX_CITED, Coverage, Edge, Happening, Moving, Sentence, Subject
from services.search.model.coverage import day, length, listed, span
from services.search.model.sighting import Seen

PROBABLY = 0.8
"""Below this probability an object is said to be what was asked for "probably"; its looks are told from here on."""


@dataclass(frozen=True)
class Speaker:
    """Names and times as the answer says them."""

    names: Mapping[UUID, str]
    zone: tzinfo

    def at(self, camera_id: UUID) -> str:
        """The camera's name."""
        return self.names[camera_id]

    def moment(self, when: datetime) -> str:
        """`on 2 March 2026 at 08:14:03`."""
        local = when.astimezone(self.zone)
        return f"on {day(local)} at {local:%H:%M:%S}"

    def stretch(self, start: datetime, end: datetime) -> str:
        """`on 2 March 2026 from 08:14:03 to 08:14:20`."""
        begin, until = start.astimezone(self.zone), end.astimezone(self.zone)
        if begin.date() == until.date():
            return f"on {day(begin)} from {begin:%H:%M:%S} to {until:%H:%M:%S}"
        return f"from {day(begin)}, {begin:%H:%M:%S} to {day(until)}, {until:%H:%M:%S}"


_PAST: Mapping[Happening, str] = {
    Happening.IN_VIEW: "was seen",
    Happening.PASSED: "passed",
    Happening.ARRIVED: "arrived",
    Happening.LEFT: "left",
}


_WAYS: Mapping[Moving, str] = {
    Moving.LEFT: " going left",
    Moving.RIGHT: " going right",
    Moving.NEARER: " coming nearer",
    Moving.AWAY: " going away",
}


def past(subject: Subject) -> str:
    """What one did: `was seen`, `passed`, `stayed for 1 min or longer`."""
    way = "" if subject.moving is None else _WAYS[subject.moving]
    if subject.happening is not Happening.STAYED:
        return f"{_PAST[subject.happening]}{way}"
    if subject.stayed_less_seconds is not None:
        return f"stayed for less than {length(subject.stayed_less_seconds)}{way}"
    return f"stayed for {length(subject.stayed_seconds or 0)} or longer{way}"


def many(subject: Subject, count: int) -> str:
    """`person`, `people`."""
    return subject.words if count == 1 else subject.plural


def verb(subject: Subject, count: int) -> str:
    """What so many did: `were seen`, `passed`."""
    did = past(subject)
    return did.replace("was ", "were ") if count != 1 else did


def told(seen: Seen, subject: Subject, speaker: Speaker, *, described: bool = False) -> Sentence:
    """One object and what it did, where and when."""
    who = _described(seen) if described else subject.words
    likely = ", by likeness," if subject.this else ""
    surely = " probably" if seen.probability < PROBABLY else ""
    camera = speaker.at(seen.camera_id)
    where = f"{subject.place} ({camera})" if subject.zone_ids else camera
    match subject.happening:
        case Happening.ARRIVED:
            did = f"arrived at {where} {speaker.moment(seen.start)}"
        case Happening.LEFT:
            did = f"left {where} {speaker.moment(seen.end)}"
        case Happening.STAYED:
            long = length((seen.end - seen.start).total_seconds())
            did = f"stayed at {where} for {long}, {speaker.stretch(seen.start, seen.end)}"
        case Happening.PASSED:
            did = f"passed {where} {speaker.stretch(seen.start, seen.end)}"
        case _:
            did = f"was seen at {where} {speaker.stretch(seen.start, seen.end)}"
    return Sentence(text=f"{article(who)}{likely}{surely} {did}.", cites=ids([seen]))


def _described(seen: Seen) -> str:
    """What can be said of its looks beyond what was asked, where it is sure."""
    values = seen.best.attributes
    noun = seen.best.object_class.value
    types = values.get("vehicle.type")
    if types is not None and max(types.values()) >= PROBABLY and noun != "person":
        noun = max(types, key=lambda value: types[value])
    colour = values.get("vehicle.colour")
    if colour is not None and max(colour.values()) >= PROBABLY:
        noun = f"{max(colour, key=lambda value: colour[value])} {noun}"
    worn = []
    for name, what in (("person.upper_colour", "upper clothing"), ("person.lower_colour", "lower clothing")):
        shares = values.get(name)
        if shares is not None and max(shares.values()) >= PROBABLY:
            worn.append(f"{max(shares, key=lambda value: shares[value])} {what}")
    for name, what in (("person.hat", "a hat"), ("person.backpack", "a backpack"), ("person.bag", "a bag")):
        if values.get(name, {}).get("yes", 0.0) >= PROBABLY:
            worn.append(what)
    return f"{noun} with {listed(worn)}" if worn else noun


def first_or_last(sentence: Sentence, edge: Edge) -> Sentence:
    """`A person …` as `The first person …`."""
    which = "first" if edge is Edge.FIRST else "last"
    text = sentence.text
    for article in ("A ", "An "):
        text = text.removeprefix(article)
    return Sentence(text=f"The {which} {text}", cites=sentence.cites)


def where(subject: Subject, speaker: Speaker) -> str:
    """Where it is looked for, with its joint: ` at lobby and yard`, ` lobby` after `passed`."""
    joint = " " if subject.happening in {Happening.PASSED, Happening.LEFT} else " at "
    if subject.zone_ids:
        return f"{joint}{subject.place}"
    cameras = [speaker.at(camera) for camera in subject.camera_ids]
    if len(cameras) <= 3:
        return f"{joint}{listed(cameras)}"
    return f"{joint}any of the {len(cameras)} cameras"


def article(words: str) -> str:
    """`A red car`, `An orange van`, `This object`."""
    if words.startswith("this "):
        return words[0].upper() + words[1:]
    return f"{'An' if words[0] in 'aeiou' else 'A'} {words}"


def lowered(text: str) -> str:
    """The text within a sentence."""
    return text[0].lower() + text[1:]


def missing_words(coverage: Coverage, speaker: Speaker) -> str:
    """For which time an absence does not hold."""
    parts = []
    for camera in coverage.cameras:
        if camera.offline:
            parts.append(f"{camera.name} (no footage at all)")
        elif camera.gaps:
            gaps = [span(gap.from_time, gap.until_time, speaker.zone) for gap in camera.gaps[:3]]
            more = f" and {len(camera.gaps) - 3} more gaps" if len(camera.gaps) > 3 else ""
            parts.append(f"{camera.name} ({', '.join(gaps)}{more})")
    return f"Nothing is known of {listed(parts)}."


def ids(seen: Sequence[Seen]) -> tuple[UUID, ...]:
    """What a sentence cites."""
    return tuple(one.best.id for one in seen[:MAX_CITED])
