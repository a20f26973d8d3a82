"""Reading a question: what kind it is, and its subjects.

The grammar is this file, `question_text.py`, `question_limits.py` and `spoken.py`, from top to bottom as `understand`
goes: the text made plain, what is never observed, the form of the question, comparisons, orders, and then each subject
with its verb, place and time. A word that no rule knows is told, never guessed around: a question that is half
understood would be answered wrongly. Nothing in it is executed. English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.question import Edge, Happening, QuestionKind, Slot
from services.search.model.question_limits import refuse_unobserved
from services.search.model.question_text import AUXILIARY, plain
from services.search.model.refused import QuestionRefused, found_in
from services.search.model.sentence import CLASS_WORDS, Place
from services.search.model.sentence_clock import DAY, PART, clock_on
from services.search.model.spoken import ANYTHING, THIS, Spoken, spoken_subject, with_synonyms
from services.search.model.spoken_verbs import AMOUNT, AT_ONCE


@dataclass(frozen=True)
class Understood:
    """A question that was read."""

    kind: QuestionKind
    edge: Edge
    negated: bool
    subjects: tuple[Spoken, ...]
    assumptions: tuple[str, ...]
    by: Slot | None = None


# The form of a question -----------------------------------------------------------------------------------------------

_CAMERA = r"(?:cameras?|places?|locations?|views?)"
FORMS: Sequence[tuple[str, QuestionKind]] = (
    (r"how many(?: different)?(?! cameras| seconds| minutes| hours)|how often|"
     r"(?:give me |show me )?(?:a|the) (?:count|tally) of(?: the)?|"
     r"how much(?= (?:activity|movement|motion|traffic))|"
     r"(?:what is |what was )?(?:the )?(?:total )?(?:number|count) of|count(?: the)?|what number of",
     QuestionKind.COUNT),
    (r"(?:for )?how long(?: (?:is|was) the longest(?: (?:time|stay|stop|visit))?(?: that)?)?|"
     r"(?:for )?how (?:much time|many (?:seconds|minutes|hours)(?= (?:did|was|were|has|have)))|"
     r"(?:what (?:is|was) )?(?:the )?longest(?: (?:time|stay|stop|visit))?"
     r"(?: that| of| by)?", QuestionKind.DURATION),
    (r"what (?:is|was) the(?= (?:earliest|latest|first time|last time) (?:that )?(?:any|some|a |the ))|"
     r"when(?: exactly)?|(?:at |around |about )?what (?:times?|hour)|(?:at )?which times?|since when|"
     r"how (?:early|late)", QuestionKind.WHEN),
    (rf"where(?:abouts)?|how many cameras|(?:which|what)(?: ones?)? of (?:the|our|my|these) cameras|"
     rf"(?:at|on|by|in|from) (?:which|what) {_CAMERA}|"
     rf"(?:which|what) {_CAMERA}(?: (?:saw|see|have|has|"
     r"recorded|detected|spotted|show|showed|caught|picked up|can (?:i|we|you) (?:find|see)))?", QuestionKind.CAMERAS),
    (r"who(?:se)?|what|which|list|(?:show|find|get)(?: me)?|name|give me|pull up|bring up|look up", QuestionKind.LIST),
    (r"was|were|is|are|did|does|do|has|have|had|can|could|may|might|any|anyone|anybody|anything|someone|somebody|"
     r"no one|nobody|nothing|there (?:was|were)",
     QuestionKind.EXISTENCE),
)  # fmt: skip
"""How a question begins, and what is asked then."""

_MORE = r"(?:busier|more crowded|more active|more traffic|more activity|more movement)"
_LESS = r"(?:quieter|less busy|emptier|calmer|less crowded|less traffic|less activity|less movement)"
_WHERE = rf"(?:which|what|where)(?: {_CAMERA})?"
_MOST = (
    rf"{_WHERE}(?: of them)? (?:(?:had|has|have|saw|seen|recorded|counted|got|were|was|is) )+(?:it |there )?(?:the )?"
    rf"(?:(busiest|most crowded|{_MORE})|(quietest|least busy|{_LESS})|(most|fewest|least|(?:more|fewer)(?!.* or )))"
    r"(?![\w-])"
)
"""`which camera had the most people`, `where was it busiest`, `which was busier, the gate or the yard`."""
_TIME = rf"(?:on |in )?(?:the )?(?:{DAY}(?: {PART})?|{PART})"
_EITHER_TIME = rf",? ?{_TIME} or {_TIME}"
"""`which was busier, monday or tuesday` asks for no camera."""

_BUSY = rf"busiest|most crowded|most active|peak|{_MORE}"
_QUIET = rf"quietest|least busy|least active|slowest|calmest|emptiest|{_LESS}"
_SLOT = r"(hour|day|time)s?(?: of (?:the )?day)?"
_LINKS = (
    r"(?:(?:was|were|is|are|did|do|does|had|has|have|saw|see|we|you|i|it|there|the|our|a|single|one|with|got|get) ?)*"
)
_SLOT_RANKED = (
    rf"(?:at |on |in )?(?:(?:when|which|what) )?{_LINKS}(?:({_BUSY})|({_QUIET}))(?: single)? {_SLOT}(?: {_LINKS})?",
    rf"(?:at |on |in )?(?:which|what) {_SLOT} {_LINKS}(?:({_BUSY})|({_QUIET})|(most)|(fewest|least))",
)
"""`the busiest hour`; `on which day were the most vans`."""
_SLOT_EMPTY = (
    rf"(?:(?:at |on |in )?(?:which|what|any|list|show me|were there|are there|the) )*{_SLOT} (?:with|when|where"
    r"|in which|during which|that had|having|had|was|were)(?: there (?:was|were))?"
    r"(?= (?:no|no-one|nobody|nothing|none)(?![\w-]))"
)
"""`hours with nobody in the yard`."""
_MOST_AT_ONCE = (
    r"(?:what (?:is|was) |how many (?:was|were) )?(?:the )?(?:most|max(?:imum)?|highest|largest|greatest|peak)"
    r"(?: (?:number|count|amount))?(?: of)? "
)
_ALL_ARE = rf"(?:were|are|was|is) (?:all|each|every one)(?: of)?(?: the)? (\w+)\b(.*) ((?:{'|'.join(CLASS_WORDS)}))"
_PER_CAMERA = (
    r",?(?:(?:please )?(?:break|split)(?: (?:it|them|that|this))?(?: down| up)? )?"
    r"(?:by|per|for each|at each|on each)[ -]camera(?: for me)?[:,]?|camera by camera[:,]?"
)
"""A count is told for each camera anyway."""
_SEE_NONE = (
    r"(?:did|do|does|has|have|had) (?:not|never) (?:see|seen|record|recorded|have|had|detect|detected|catch|caught|show"
    r"|get|pick up|picked up)(?: an?(?= )| any(?= ))?"
    r"|(?:saw|see|seen|had|has|have|recorded|with|got|were|was) (?:no|none of)(?= )"
)
"""`which cameras did not see a truck`, `which cameras saw no people`."""

_EDGE_FIRST = r"(?:very first|first|earliest)(?! of )"
_EDGE_LAST = (
    r"(?:very last|latest|most recent(?:ly)?|final|last)(?! (?:night|week|weekend|month|year|hour|day|minute|morning|"
    r"afternoon|evening|few|couple|\d|one hour|two|three|four|five|six|seven|eight|nine|ten|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday))"
)


def understand(text: str, *, now: datetime, places: Sequence[Place] = (), shown: bool = False) -> Understood:
    """Reads a question.

    Args:
        text: as typed.
        now: the caller's time, with their zone.
        places: cameras, sites and zones that the caller may see.
        shown: whether the request shows an object, which "this person" means.

    Raises:
        QuestionRefused: it cannot be answered; its `refusal` says why and what to do.
    """
    words, assumed = plain(text, now=now, places=places)
    refuse_unobserved(words, places)
    understood = (
        _most_at_once(words, now, places, shown)
        or _slots(words, now, places, shown)
        or _superlative(words, now, places, shown)
        or _comparison(words, now, places, shown)
        or _order(words, now, places, shown)
        or _single(words, now, places, shown)
    )
    return replace(understood, assumptions=tuple(dict.fromkeys((*assumed, *understood.assumptions))))


# Comparisons and orders -----------------------------------------------------------------------------------------------


def _superlative(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood | None:
    """Which camera saw the most, or the fewest."""
    found = re.match(_MOST, words)
    if found is None or " than " in words or re.fullmatch(_EITHER_TIME, words[found.end() :]):
        return None
    _, quiet, amount = found.groups()
    rest = words[found.end() :] if amount else f"anything {words[found.end() :]}"
    subject, assumptions = spoken_subject(rest, now, places, shown)
    edge = Edge.FEWEST if quiet or amount in {"fewest", "fewer", "least"} else Edge.MOST
    return Understood(QuestionKind.CAMERAS, edge, negated=False, subjects=(subject,), assumptions=assumptions)


def _most_at_once(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood | None:
    """`the most people in the yard at once`."""
    found, at_once = re.match(_MOST_AT_ONCE, words), found_in(AT_ONCE, words)
    if found is None or at_once is None or " than " in words:
        return None
    rest = f"{words[found.end() : at_once.start()]} {words[at_once.end() :]}"
    subject, assumptions = spoken_subject(rest, now, places, shown)
    return Understood(QuestionKind.COUNT, Edge.MOST, negated=False, subjects=(subject,), assumptions=assumptions)


def _slots(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood | None:
    """Which hour or day was the busiest or the quietest, or which had nobody."""
    if " than " in words:
        return None
    empty = found_in(_SLOT_EMPTY, words)
    if empty is not None:
        who = re.sub(r"^no ", "", with_synonyms(words[empty.end() :].strip()))
        rest = f"{words[: empty.start()]} {who}"
        subject, assumptions = spoken_subject(rest, now, places, shown)
        slot = Slot.DAY if empty.group(1) == "day" else Slot.HOUR
        return Understood(QuestionKind.WHEN, Edge.ALL, True, (subject,), assumptions, by=slot)
    for pattern in _SLOT_RANKED:
        found = found_in(pattern, words)
        if found is None:
            continue
        groups = found.groups()
        slot = Slot.DAY if "day" in (groups[0], groups[2]) else Slot.HOUR
        quiet = groups[1] if pattern is _SLOT_RANKED[0] else groups[2] or groups[4]
        rest = f"{words[: found.start()]} {words[found.end() :]}"
        said = found_in("|".join(re.escape(word) for word in CLASS_WORDS), with_synonyms(rest)) is not None
        subject, assumptions = spoken_subject(rest if said else f"anything {rest}", now, places, shown)
        edge = Edge.FEWEST if quiet else Edge.MOST
        return Understood(QuestionKind.WHEN, edge, False, (subject,), assumptions, by=slot)
    return None


def _comparison(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood | None:
    """`busier in the morning than in the afternoon`, `more cars than trucks`."""
    either = " than " not in words
    joint = r" or (?:more |fewer |less )?" if either else " than "
    found = re.search(rf"(?<!any )\b({_MORE}|{_LESS}|more|fewer|less)\b(.*?){joint}(.+)$", words)
    if found is None or re.match(rf" ?{AMOUNT}\b", found.group(3)):
        return None
    if either and (words[: found.start()].endswith("or ") or re.match(r" ?(?:than|or)\b", found.group(2))):
        # "Two or more cars" are no alternative.
        return None
    word, left, right = found.groups()
    before = re.sub(rf"^(?:{AUXILIARY})(?: it| there)?(?![\w-])", "", words[: found.start()]).strip()
    busy = re.fullmatch(f"{_MORE}|{_LESS}", word) is not None
    left = f"{left} {before}".strip()
    edge, first_left = _edge(left)
    if either:
        edge = Edge.MOST
    # "…, the yard or the lobby": two places, or two of whom "at" says nothing.
    first_left, right = re.sub(r", (?=the )", " at ", first_left), re.sub("^(?=the )", "at ", right)
    one, left_assumptions = spoken_subject(first_left, now, places, shown, anything=busy)
    other, right_assumptions = spoken_subject(right, now, places, shown, anything=True)
    other = _completed(other, one)
    one = _completed(one, other)
    happening = Happening.PASSED if busy and one.happening is Happening.IN_VIEW else one.happening
    return Understood(
        QuestionKind.COMPARE,
        edge,
        negated=re.fullmatch(f"{_LESS}|fewer|less", word) is not None,
        subjects=(replace(one, happening=happening), replace(other, happening=happening)),
        assumptions=tuple(dict.fromkeys((*left_assumptions, *right_assumptions))),
    )


def _completed(own: Spoken, other: Spoken) -> Spoken:
    """What one side of a comparison leaves out, it shares with the other."""
    own = _placed_as(own, other)
    reading, day = own.reading, other.reading.from_time
    if not (reading.from_time or reading.until_time or reading.day_time or reading.weekdays):
        own = _timed_as(own, other)
    elif reading.from_time is None and reading.day_time is not None and day is not None:
        # "In the morning than in the afternoon on Monday": the day is for both.
        begin, end = clock_on(day.date(), reading.day_time, day)
        own = replace(own, reading=replace(reading, from_time=begin, until_time=end, day_time=None))
    if not own.said_class:
        own = replace(
            own,
            label=other.label,
            plural=other.plural,
            classes=other.classes,
            vehicle_types=other.vehicle_types,
            this=other.this,
            reading=replace(own.reading, attributes=own.reading.attributes or other.reading.attributes),
        )
    return own


def _order(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood | None:
    """`did the red car leave before the truck arrived`."""
    for found in re.finditer(r" (before|after) ", words):
        left, right = words[: found.start()], words[found.end() :]
        if not re.match(r"(?:did|was|were|has|have|had|is)\b", left) or not _names_somebody(right, shown):
            continue
        left = re.sub(r"^(?:did|was|were|has|have|had|is)\b", "", left).strip()
        (edge_left, left), (_, right) = _edge(left), _edge(right)
        one, some = spoken_subject(left, now, places, shown)
        other, more = spoken_subject(right, now, places, shown)
        if other.reading.from_time is None and other.reading.until_time is None:
            other = _timed_as(other, one)
        elif one.reading.from_time is None and one.reading.until_time is None:
            one = _timed_as(one, other)
        # "… at the gate before the red car", "… before the red car at the gate": both are at the same place.
        other, one = _placed_as(other, one), _placed_as(one, other)
        return Understood(
            QuestionKind.ORDER,
            edge_left,
            negated=found.group(1) == "after",
            subjects=(one, other),
            assumptions=tuple(dict.fromkeys((*some, *more))),
        )
    return None


_WHERE_FIELDS = ("camera_ids", "without_camera_ids", "zone_ids", "without_zone_ids")


def _placed_as(own: Spoken, other: Spoken) -> Spoken:
    """Where it is not said where, it is where the other is."""
    if any(getattr(own.reading, name) for name in _WHERE_FIELDS):
        return own
    there = {name: getattr(other.reading, name) for name in _WHERE_FIELDS}
    return replace(own, reading=replace(own.reading, **there), places=other.places)


def _timed_as(own: Spoken, other: Spoken) -> Spoken:
    theirs = other.reading
    times = {name: getattr(theirs, name) for name in ("from_time", "until_time", "day_time", "weekdays")}
    return replace(own, reading=replace(own.reading, **times))


def _names_somebody(words: str, shown: bool) -> bool:
    """Whether a clause is about somebody, and so is no time."""
    if shown and found_in(THIS, words):
        return True
    return found_in("|".join(re.escape(word) for word in CLASS_WORDS), with_synonyms(words)) is not None


# One subject ----------------------------------------------------------------------------------------------------------


def _single(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood:
    words = " ".join(re.sub(rf"(?<![\w-])(?:{_PER_CAMERA})(?![\w-])", " ", words).split()).strip(" ,:")
    every = re.match(rf"{_ALL_ARE}$", words)
    if every is not None and every.group(1) in CLASS_WORDS:
        words = f"was there no {every.group(1)} other than {every.group(3)} {every.group(2)}"
    kind, rest, asked_by_who = _form(words)
    if kind is QuestionKind.DURATION and found_in(_NOBODY, rest) is not None:
        raise QuestionRefused(
            "unknown_words",
            "How long nobody was there is not told.",
            "Ask which hours had nobody, or when somebody was there.",
        )
    longest = found_in(r"(?:the )?longest", rest)
    if kind is QuestionKind.LIST and longest is not None:
        kind, rest = QuestionKind.DURATION, f"{rest[: longest.start()]} {rest[longest.end() :]}"
    edge, rest = _edge(rest)
    none = (re.match("no ", rest) or found_in(_SEE_NONE, rest)) if kind is QuestionKind.CAMERAS else None
    if none is not None:
        rest = f"{rest[: none.start()]} {rest[none.end() :]}"
    negated = none is not None or found_in(_NOBODY, rest) is not None
    if kind is QuestionKind.EXISTENCE and not negated:
        # "Was there no car", "Was there not a car"; "no hat" is an exclusion that the sentence's grammar reads.
        bare = re.match(r"^(?:there )?(?:no|not an?|not any)\b", rest)
        if bare is not None:
            negated, rest = True, rest[bare.end() :].strip()
    rid = found_in(r"(?:free|clear|empty|devoid) of(?: any)?|without any", rest)
    if rid is not None and kind is QuestionKind.EXISTENCE:
        negated, rest = True, f"{rest[: rid.start()]} {rest[rid.end() :]}"
    rest = re.sub(r"(?<![\w-])(?:empty|deserted|abandoned|unoccupied)(?![\w-])", "anything", rest)
    subject, assumptions = spoken_subject(rest, now, places, shown, who=asked_by_who, kind=kind)
    if kind is QuestionKind.DURATION and subject.happening is Happening.STAYED:
        subject = replace(subject, happening=Happening.IN_VIEW, stayed_seconds=None)
        assumptions = ()
    everybody = found_in(r"every ?(?:one|body)", rest) is not None
    if kind is QuestionKind.WHEN and everybody and subject.happening is Happening.LEFT and edge is Edge.ALL:
        # Everybody has left when the last one has.
        edge = Edge.LAST
    negated = negated and kind in {QuestionKind.EXISTENCE, QuestionKind.CAMERAS}
    return Understood(kind, edge, negated, (subject,), assumptions)


_NOBODY = r"nobody|no one|no-one|nothing|empty|deserted|abandoned|unoccupied|not anybody|not anyone|not anything"


def _form(words: str) -> tuple[QuestionKind, str, bool]:
    """The kind of the question, what is left of it, and whether it asks for "who"."""
    # "At the lobby, how many people …": the form may come after a place or a time.
    for pattern, kind in FORMS[:4]:
        found = re.search(rf"(?:^|, (?:and |so )?|- |: |\bsay )(?:{pattern})(?![\w-])", words)
        if found is not None:
            before = re.sub(rf"^(?:{AUXILIARY}) (?:there )?", "", words[: found.start()].strip())
            return kind, f"{words[found.end() :].strip()} {before}".strip(), False
    for pattern, kind in FORMS[4:]:
        found = re.match(rf"(?:{pattern})(?![\w-])", words)
        if found is not None:
            kept = found.group(0) if kind is QuestionKind.EXISTENCE and _is_pronoun(found.group(0)) else ""
            return kind, f"{kept} {words[found.end() :]}".strip(), found.group(0).startswith("who")
    if found_in("|".join(re.escape(word) for word in CLASS_WORDS) + f"|{ANYTHING}", words) and not found_in(
        "how|what|which|when|where|who|whom|whose", words
    ):
        return QuestionKind.EXISTENCE, words, False
    raise QuestionRefused(
        "not_a_question",
        "This is not a question that is understood.",
        'Begin with was, did, how many, when, where, how long, who or which, as in "When did the red car leave?"',
    )


def _is_pronoun(word: str) -> bool:
    return word.startswith(("any", "some", "no"))


def _edge(words: str) -> tuple[Edge, str]:
    for pattern, edge in ((_EDGE_FIRST, Edge.FIRST), (_EDGE_LAST, Edge.LAST)):
        found = found_in(pattern, words)
        if found is not None:
            left = words[: found.start()] + " " + re.sub(r"^ times?(?: that)?(?![\w-])", " ", words[found.end() :])
            return edge, " ".join(left.split())
    return Edge.ALL, words
