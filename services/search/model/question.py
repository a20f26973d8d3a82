"""Reading a question: what kind it is, and its subjects.

The grammar is this file and `spoken.py`, from top to bottom as `understand` goes: what is never observed, the form of
the question, comparisons, orders, and then each subject with its verb, place and time. A word that no
rule knows is told, never guessed around: a question that is half understood would be answered wrongly. Nothing in it is
executed. English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from contracts.question import Edge, Happening, QuestionKind
from contracts.vocabulary import COLOURS
from services.search.model.sentence import CLASS_WORDS, Place
from services.search.model.spoken import (
    AMOUNT,
    ANYTHING,
    THIS,
    QuestionRefused,
    Spoken,
    found_in,
    spoken_subject,
    with_synonyms,
)


@dataclass(frozen=True)
class Understood:
    """A question that was read."""

    kind: QuestionKind
    edge: Edge
    negated: bool
    subjects: tuple[Spoken, ...]
    assumptions: tuple[str, ...]


# What is never observed -----------------------------------------------------------------------------------------------

_SEE = "The answer shows the pictures: look at them yourself."
NOT_OBSERVED: Sequence[tuple[str, str, str]] = (
    (
        r"wom[ae]n|m[ae]n|ladies|lady|gentlem[ae]n|males?|females?|boys?|girls?|gender|sex",
        "Gender is not observed.",
        "Ask for a person, by clothes or by what they carry.",
    ),
    (
        r"child(?:ren)?|kids?|teenagers?|adults?|old(?:er)?|young(?:er)?|elderly|age[ds]?|years old",
        "Age is not observed.",
        "Ask for a person, by clothes or by what they carry.",
    ),
    (r"race|ethnic\w*|nationality|religion|asian|african|european|black person|white person",
     "Ethnicity, origin and belief are not observed.", "Ask for a person, by clothes or by what they carry."),
    (r"angry|happy|sad|upset|nervous|suspicious(?:ly)?|aggressive(?:ly)?|drunk|tired|scared|afraid|feel(?:ing|s)?|mood|"
     r"emotions?|smil(?:e|ed|ing)|cry(?:ing)?|laugh(?:ed|ing)?",
     "Feelings and moods are not observed.", f"Ask who was there and when. {_SEE}"),
    (r"names?|called|identity|identify|identities|who (?:is|was) (?:he|she|this|that|it)|recogni[sz]e[ds]?",
     "Names and identities are not known.", "Ask for what can be seen: clothes, vehicles, places, times."),
    (r"said|says?|saying|talk(?:ed|ing)?|speak(?:ing)?|spoke|told|hear[ds]?|sounds?|noise|shout(?:ed|ing)?|"
     r"conversation|voices?",
     "Sound is not recorded.", f"Ask who was there and when. {_SEE}"),
    (r"why|reasons?|because|intend(?:ed)?|intentions?|plan(?:ned|ning)? to|want(?:ed|s)? to|tr(?:y|ied|ying) to|"
     r"on purpose",
     "Reasons and intentions are not observed.", f"Ask who was there and when. {_SEE}"),
    (r"(?:number|licen[cs]e|registration) (?:plate|number)s?|plate number|registration",
     "The text of number plates is not read.", "Ask for the vehicle by its kind and colour."),
)  # fmt: skip
"""Pattern, what is wrong, what to do. Questions about people beyond what a camera shows are refused, never guessed."""

FUTURE = (
    r"(?:will|shall|going to|gonna|tomorrow|next (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|"
    r"sunday|hour|time)|in the future|predict|forecast|expect(?:ed)?)"
)

# The form of a question -----------------------------------------------------------------------------------------------

_POLITE = (
    r"^(?:please|hey|hi|hello|ok|so|and|now|exactly|precisely|roughly|approximately)[, ]+"
    r"|^(?:can|could|would) you (?:please )?(?:tell me|show me|say|check|find out|confirm|verify)"
    r"(?: if| whether| that)? ?"
    r"|^(?:tell me|let me know|check|find out|confirm|verify|do you know|i (?:want|need|would like) to know)"
    r"(?: if| whether| that)? ?"
    r"|^(?:is|was) it (?:true|right|correct|so|the case|certain|known) that |^can (?:we|i|one) say (?:that|whether) "
)
_AUXILIARY = r"was|were|did|does|do|is|are|has|have|had"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FRONT = r"on|at|in|during|between|since|from|after|before|yesterday|today|tonight|last|this|near|outside|inside"
_CAMERA = r"(?:cameras?|places?|locations?|views?)"
FORMS: Sequence[tuple[str, QuestionKind]] = (
    (r"how many(?: different)?|how often|(?:give me |show me )?(?:a|the) (?:count|tally) of(?: the)?|"
     r"how much(?= (?:activity|movement|motion|traffic))|"
     r"(?:what is |what was )?(?:the )?(?:total )?(?:number|count) of|count(?: the)?|what number of",
     QuestionKind.COUNT),
    (r"(?:for )?how long|(?:for )?how much time|what (?:is|was) the longest(?: time)?(?: that)?",
     QuestionKind.DURATION),
    (r"what (?:is|was) the(?= (?:earliest|latest|first time|last time) (?:that )?(?:any|some|a |the ))|"
     r"when(?: exactly)?|(?:at |around |about )?what (?:times?|hour)|(?:at )?which times?|since when|"
     r"how (?:early|late)", QuestionKind.WHEN),
    (rf"where(?:abouts)?|(?:at|on|by|in|from) (?:which|what) {_CAMERA}|(?:which|what) {_CAMERA}(?: (?:saw|see|have|has|"
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
    rf"(?:(busiest|most crowded|{_MORE})|(quietest|least busy|{_LESS})|(most|fewest|least))(?![\w-])"
)
"""`which camera had the most people`, `where was it busiest`, `which was busier, the gate or the yard`."""

_EDGE_FIRST = r"(?:very first|first|earliest)(?! of )"
_EDGE_LAST = (
    r"(?:very last|latest|most recent(?:ly)?|final|last)(?! (?:night|week|weekend|month|year|hour|day|minute|morning|"
    r"afternoon|evening|few|couple|\d|one hour|two|three|four|five|six|seven|eight|nine|ten|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday))"
)
_THING_NOT_COLOURED = (
    rf"(?:{'|'.join(COLOURS)}|gray|navy|beige) (hats?|caps?|helmets?|hard hats?|beanies?|bags?|backpacks?|handbags?|"
    r"suitcases?|shoulder bags?)"
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
    words = _plain(text, now)
    _refuse_unobserved(words, places)
    return (
        _superlative(words, now, places, shown)
        or _comparison(words, now, places, shown)
        or _order(words, now, places, shown)
        or _single(words, now, places, shown)
    )


def _plain(text: str, now: datetime) -> str:
    """Lower case, without politeness; a time or place that stands in front goes to the end ("On Monday, was …")."""
    words = " ".join(text.lower().replace("\u2019", "'").split()).strip(" ?!.")
    # "Wasn't there anybody?" asks whether there was; elsewhere "n't" denies.
    words = re.sub(rf"^({_AUXILIARY})n't\b", r"\1", words)
    words = re.sub(rf"\b({_AUXILIARY})n't\b", r"\1 not", words)
    words = re.sub(r"\b(what|who|where|when|there|it)'s\b", r"\1 is", words)
    # "How busy was the gate?" asks how much went on there.
    words = re.sub(r"^how (?:busy|crowded)(?= (?:is|was|were|are)\b)", "how much activity", words)
    # "I'm looking for a man in red, was he at the gate?" asks of whom it names.
    sought = re.match(
        rf"(?:i'm|i am|we're|we are) (?:looking|searching) for ([^,.]+)[,.] ?({_AUXILIARY}) (?:they|he|she|it)\b(.*)",
        words,
    )
    if sought is not None:
        words = f"{sought.group(2)} {sought.group(1)}{sought.group(3)}"
    today = _WEEKDAYS[now.weekday()]
    words = re.sub(rf"(?<!last )(?<!previous )(?:\b(?:on|this) )?\b{today}\b", "today", words)
    words = re.sub(r",? (?:right|correct|or not|is that so|isn't it|wasn't it|yes or no)$", "", words)
    fronted = re.match(rf"((?:{_FRONT})\b[^,]*), (.+)$", words)
    if fronted is not None:
        words = f"{fronted.group(2)} {fronted.group(1)}"
    while (shorter := re.sub(_POLITE, "", words)) != words:
        words = shorter
    return words


def _refuse_unobserved(words: str, places: Sequence[Place]) -> None:
    named = words
    for place in sorted(places, key=lambda one: -len(one.name)):
        named = re.sub(rf"(?<![\w-]){_spoken_name(place.name)}(?![\w-])", " ", named)
    for pattern, message, advice in NOT_OBSERVED:
        if found_in(pattern, named):
            raise QuestionRefused("not_observed", message, advice)
    if found_in(FUTURE, named):
        raise QuestionRefused("future", "The question is about the future.", "Ask about footage that there is.")
    coloured = found_in(_THING_NOT_COLOURED, named)
    if coloured is not None:
        thing = coloured.group(1)
        raise QuestionRefused(
            "not_observed",
            f"The colour of a {thing} is not observed, only whether there is one.",
            f"Ask for a {thing} without its colour.",
        )


def _spoken_name(name: str) -> str:
    return r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", name.lower()) if part)


# Comparisons and orders -----------------------------------------------------------------------------------------------


def _superlative(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood | None:
    """Which camera saw the most, or the fewest."""
    found = re.match(_MOST, words)
    if found is None or " than " in words:
        return None
    _, quiet, amount = found.groups()
    rest = words[found.end() :] if amount else f"anything {words[found.end() :]}"
    subject, assumptions = spoken_subject(rest, now, places, shown)
    edge = Edge.FEWEST if quiet or amount in {"fewest", "least"} else Edge.MOST
    return Understood(QuestionKind.CAMERAS, edge, negated=False, subjects=(subject,), assumptions=assumptions)


def _comparison(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood | None:
    """`busier in the morning than in the afternoon`, `more cars than trucks`."""
    if " than " not in words:
        return None
    found = re.search(rf"\b({_MORE}|{_LESS}|more|fewer|less)\b(.*?) than (.+)$", words)
    if found is None or re.match(rf" ?{AMOUNT}\b", found.group(3)):
        return None
    word, left, right = found.groups()
    before = re.sub(r"^(?:was|were|is|are|did|does|do|has|have|had)(?: it| there)?", "", words[: found.start()]).strip()
    busy = re.fullmatch(f"{_MORE}|{_LESS}", word) is not None
    left = f"{left} {before}".strip()
    edge, first_left = _edge(left)
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
    reading = own.reading
    timed = reading.from_time or reading.until_time or reading.day_time or reading.weekdays
    if not timed:
        theirs = other.reading
        reading = replace(
            reading,
            from_time=theirs.from_time,
            until_time=theirs.until_time,
            day_time=theirs.day_time,
            weekdays=theirs.weekdays,
        )
    elif reading.from_time is None and reading.day_time is not None and other.reading.from_time is not None:
        # "In the morning than in the afternoon on Monday": the day is for both.
        day = other.reading.from_time
        midnight = datetime.combine(day.date(), time(0), day.tzinfo)
        begin = datetime.combine(midnight.date(), reading.day_time.start, day.tzinfo)
        end = datetime.combine(midnight.date(), reading.day_time.until, day.tzinfo)
        if end <= begin:
            end = datetime.combine(
                midnight.date().fromordinal(midnight.toordinal() + 1), reading.day_time.until, day.tzinfo
            )
        reading = replace(reading, from_time=begin, until_time=end, day_time=None)
    own = replace(own, reading=reading)
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
        # "… at the gate before the red car": what follows is at the same place.
        other = _placed_as(other, one)
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
    kind, rest, asked_by_who = _form(words)
    edge, rest = _edge(rest)
    negated = (
        found_in(
            "nobody|no one|no-one|nothing|empty|deserted|abandoned|unoccupied|not anybody|not anyone|not anything", rest
        )
        is not None
    )
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
    return Understood(kind, edge, negated and kind is QuestionKind.EXISTENCE, (subject,), assumptions)


def _form(words: str) -> tuple[QuestionKind, str, bool]:
    """The kind of the question, what is left of it, and whether it asks for "who"."""
    # "At the lobby, how many people …": the form may come after a place or a time.
    for pattern, kind in FORMS[:4]:
        found = re.search(rf"(?:^|, |\bsay )(?:{pattern})(?![\w-])", words)
        if found is not None:
            return kind, f"{words[found.end() :].strip()} {words[: found.start()].strip()}".strip(), False
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
