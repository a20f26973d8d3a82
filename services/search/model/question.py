"""Reading a question: what kind it is, what must have happened, and which words are left for `sentence.read`.

The grammar is this file, from top to bottom as `understand` goes: what is never observed, the form of the question, the
verbs, the length of a stay, then each subject by the grammar of searches. A word that no rule knows is told, never
guessed around: a question that is half understood would be answered wrongly. Nothing in it is executed. English.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from contracts.question import Edge, Happening, QuestionKind, Refusal
from contracts.vocabulary import COLOURS, ObjectClass
from services.search.model.sentence import CLASS_WORDS, Part, Place, Reading, Wish, read

LOITER_SECONDS = 60.0
"""Staying this long is loitering where the question says no time."""


class QuestionRefused(Exception):  # noqa: N818  it is told to the person who asks, as a part of the answer
    """The question, or a part of it, cannot be answered."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(code=code, message=message, advice=advice)


@dataclass(frozen=True)
class Spoken:
    """One subject of a question as it was said.

    Attributes:
        label: how the answer names one of them, such as `red car`.
        plural: how it names several.
        classes: of the objects; empty: any.
        vehicle_types: what attributes call the vehicles; empty: any.
        this: the object that the request shows.
        reading: times, places and attributes.
        places: the words that named places.
    """

    label: str
    plural: str
    classes: tuple[ObjectClass, ...]
    vehicle_types: tuple[str, ...]
    this: bool
    happening: Happening
    stayed_seconds: float | None
    together: int
    reading: Reading
    places: tuple[str, ...]
    said_class: bool


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
    r"^(?:please|hey|hi|hello|ok|so|and|now)[, ]+"
    r"|^(?:can|could|would) you (?:please )?(?:tell me|show me|say|check|find out)"
    r"(?: if| whether)? ?|^(?:tell me|let me know|check|find out|do you know|i (?:want|need|would like) to know)"
    r"(?: if| whether)? ?"
)
_CAMERA = r"(?:cameras?|places?|locations?|views?)"
FORMS: Sequence[tuple[str, QuestionKind]] = (
    (r"how many(?: different)?|(?:what is |what was )?the (?:number|count) of|count(?: the)?|what number of",
     QuestionKind.COUNT),
    (r"(?:for )?how long|(?:for )?how much time", QuestionKind.DURATION),
    (r"when(?: exactly)?|(?:at |around |about )?what times?|(?:at )?which times?|since when", QuestionKind.WHEN),
    (rf"where(?:abouts)?|(?:at|on|by|in|from) (?:which|what) {_CAMERA}|(?:which|what) {_CAMERA}(?: (?:saw|see|have|has|"
     r"recorded|detected|spotted|show|showed|caught|picked up))?", QuestionKind.CAMERAS),
    (r"who(?:se)?|what|which|list|show(?: me)?|name|give me|find", QuestionKind.LIST),
    (r"was|were|is|are|did|does|do|has|have|had|any|anyone|anybody|anything|someone|somebody|no one|nobody|nothing|"
     r"there (?:was|were)",
     QuestionKind.EXISTENCE),
)  # fmt: skip
"""How a question begins, and what is asked then."""

_MORE = r"(?:busier|more crowded|more active|more traffic|more activity|more movement)"
_LESS = r"(?:quieter|less busy|emptier|calmer|less crowded|less traffic|less activity|less movement)"
_EDGE_FIRST = r"(?:very first|first|earliest)(?! of )"
_EDGE_LAST = (
    r"(?:very last|latest|most recent(?:ly)?|final|last)(?! (?:night|week|weekend|month|year|hour|day|minute|morning|"
    r"afternoon|evening|few|couple|\d|one hour|two|three|four|five|six|seven|eight|nine|ten|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday))"
)

# Verbs ----------------------------------------------------------------------------------------------------------------

_STAY = r"loiter(?:ed|ing|s)?|linger(?:ed|ing|s)?|(?:hang|hung|hanging|hangs) (?:around|about)|st[ao]nd(?:ing)? around"
_REMAIN = r"stay(?:ed|ing|s)?|remain(?:ed|ing|s)?|wait(?:ed|ing|s)?|sp[e]n[dt]|stood|stand(?:ing|s)?"
VERBS: Sequence[tuple[str, Happening]] = (
    (_STAY, Happening.STAYED),
    (r"le(?:ave|aves|aving|ft)|depart(?:ed|s|ing)?|exit(?:ed|s|ing)?|(?:go|goes|went|gone|going|walk|walked|drive|drove|"
     r"driven|driving|ride|rode) (?:away|off|out of|out)|(?:got|get) out(?: of)?|disappear(?:ed)?", Happening.LEFT),
    (r"arriv(?:e|ed|es|ing|al)|enter(?:ed|s|ing)?|(?:come|comes|came|coming|get|got|walk|walked|walking|drive|drove|driven|"
     r"ride|rode|go|went|going) (?:into|in|onto)(?= |$)|(?:show|showed|turn|turned) up|appear(?:ed|s)?|reach(?:ed|es)?|"
     r"(?:come|came|comes|get|got) (?:to|here)|pull(?:ed)? (?:up|in)", Happening.ARRIVED),
    (r"pass(?:ed|es|ing)?(?: by| through| along)?|(?:come|comes|came|coming|go|goes|went|gone|going|drive|drove|driven|"
     r"driving|walk|walked|walking|ride|rode|ridden|riding|run|ran|running|mov(?:e|ed|ing)) ?(?:through|past|by|across|"
     r"along|around)?|cross(?:ed|es|ing)?|use[ds]?|visit(?:ed|s)?|came?|cycled", Happening.PASSED),
)  # fmt: skip
"""What somebody did; the first that is found counts. All else is being in view."""

_AMOUNT = r"(\d+(?:\.\d+)?|an?|half an?|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty)"
_LONG = (
    rf"(?:for )?(?:more than|longer than|over|at least|minimum|upwards of)? ?{_AMOUNT} ?"
    r"(seconds?|secs?|s|minutes?|mins?|hours?|hrs?)(?: or (?:more|longer))?"
)
_AMOUNTS = {
    "a": 1.0, "an": 1.0, "half a": 0.5, "half an": 0.5, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0,
    "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0,
}  # fmt: skip

# Subjects -------------------------------------------------------------------------------------------------------------

_NOBODY = r"nobody|no one|no-one|none|not anybody|not anyone"
_SYNONYMS: Sequence[tuple[str, str]] = (
    (r"no[ -]one|not (?:anybody|anyone)", "nobody"),
    (r"every ?one|every ?body", "everybody"),
    (r"lorries|lorrys", "trucks"),
    (r"motorists|drivers", "vehicles"),
    (r"cyclist", "bicycle"),
    (r"cyclists|bikers", "bicycles"),
    (r"folks?|humans?|individuals?|pedestrians?|intruders?|persons", "people"),
    (r"automobiles?", "cars"),
    (r"high[ -]vis(?:ibility)?", "hi-vis"),
    (r"rucksack", "backpack"),
)
_THIS = (
    r"(?:this|that|the same|the shown|the pictured) (?:person|individual|car|vehicle|truck|van|bus|bicycle|bike|"
    r"motorcycle|object|one)|(?:the )?(?:person|car|vehicle|one) (?:in the picture|in the photo|shown)|him|her|"
    r"them|they|he|she"
)
_ACTIVITY = r"(?:activity|movement|motion|traffic)"
_ANYTHING = rf"anything|something|nothing|any (?:{_ACTIVITY}|objects?)|{_ACTIVITY}"
_VEHICLE_TYPES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("car", "cars", "sedan", "taxi", "taxis", "suv", "suvs"), ("car",)),
    **dict.fromkeys(("van", "vans", "minivan"), ("van",)),
    **dict.fromkeys(("truck", "trucks", "lorry", "lorries", "pickup", "pickups"), ("truck",)),
    **dict.fromkeys(("bus", "buses", "coach", "coaches"), ("bus",)),
}
_PLURALS = {
    "person": "people",
    "bus": "buses",
    "object": "objects",
}
_WHEELS = (ObjectClass.CAR, ObjectClass.TRUCK, ObjectClass.BUS)
_THING_NOT_COLOURED = (
    rf"(?:{'|'.join(COLOURS)}|gray|navy|beige) (hats?|caps?|helmets?|hard hats?|beanies?|bags?|backpacks?|handbags?|"
    r"suitcases?|shoulder bags?)"
)
_FILLER_WORDS = """
a an the of to in at on by near for from with and or but is was were be been being are am did do does has have had
there here it its any some all one ones ever seen see sees saw show shows showed visible spotted detected recorded
noticed present around about that who which what when where how time times camera cameras footage video recording
recordings total altogether together just only also please during through past into out up down over then than tell
me we our us i you still yet caught view views anyone's so same place places location being as if whether happen
happened happening different many much side area go going wearing dressed carrying not per other else both outside
inside within between after before until till since onto across along get got take took long
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_PREPOSITION = r"(?:at|near|in|by|outside|inside|through|from|on|around|behind|into|to)"


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
    words = _plain(text)
    _refuse_unobserved(words, places)
    return (
        _comparison(words, now, places, shown)
        or _order(words, now, places, shown)
        or _single(words, now, places, shown)
    )


def _plain(text: str) -> str:
    words = " ".join(text.lower().replace("\u2019", "'").split()).strip(" ?!.")
    words = re.sub(r"\b(was|were|did|does|do|is|are|has|have|had)n't\b", r"\1 not", words)
    while (shorter := re.sub(_POLITE, "", words)) != words:
        words = shorter
    return words


def _found(pattern: str, words: str) -> re.Match[str] | None:
    return re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", words)


def _refuse_unobserved(words: str, places: Sequence[Place]) -> None:
    named = words
    for place in sorted(places, key=lambda one: -len(one.name)):
        named = re.sub(rf"(?<![\w-]){_spoken_name(place.name)}(?![\w-])", " ", named)
    for pattern, message, advice in NOT_OBSERVED:
        if _found(pattern, named):
            raise QuestionRefused("not_observed", message, advice)
    if _found(FUTURE, named):
        raise QuestionRefused("future", "The question is about the future.", "Ask about footage that there is.")
    coloured = _found(_THING_NOT_COLOURED, named)
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


def _comparison(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood | None:
    """`busier in the morning than in the afternoon`, `more cars than trucks`."""
    if " than " not in words:
        return None
    found = re.search(rf"\b({_MORE}|{_LESS}|more|fewer|less)\b(.*?) than (.+)$", words)
    if found is None or re.match(rf" ?{_AMOUNT}\b", found.group(3)):
        return None
    word, left, right = found.groups()
    before = re.sub(r"^(?:was|were|is|are|did|does|do|has|have|had)(?: it| there)?", "", words[: found.start()]).strip()
    busy = re.fullmatch(f"{_MORE}|{_LESS}", word) is not None
    left = f"{left} {before}".strip()
    edge, first_left = _edge(left)
    one, left_assumptions = _subject(first_left, now, places, shown, anything=busy)
    other, right_assumptions = _subject(right, now, places, shown, anything=True)
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
    reading = own.reading
    if reading.camera_ids is None and not reading.without_camera_ids:
        reading = replace(
            reading, camera_ids=other.reading.camera_ids, without_camera_ids=other.reading.without_camera_ids
        )
        own = replace(own, places=other.places)
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
        one, some = _subject(left, now, places, shown)
        other, more = _subject(right, now, places, shown)
        if other.reading.from_time is None and other.reading.until_time is None:
            other = _timed_as(other, one)
        elif one.reading.from_time is None and one.reading.until_time is None:
            one = _timed_as(one, other)
        return Understood(
            QuestionKind.ORDER,
            edge_left,
            negated=found.group(1) == "after",
            subjects=(one, other),
            assumptions=tuple(dict.fromkeys((*some, *more))),
        )
    return None


def _timed_as(own: Spoken, other: Spoken) -> Spoken:
    theirs = other.reading
    times = {name: getattr(theirs, name) for name in ("from_time", "until_time", "day_time", "weekdays")}
    return replace(own, reading=replace(own.reading, **times))


def _names_somebody(words: str, shown: bool) -> bool:
    """Whether a clause is about somebody, and so is no time."""
    if shown and _found(_THIS, words):
        return True
    return _found("|".join(re.escape(word) for word in CLASS_WORDS), _with_synonyms(words)) is not None


# One subject ----------------------------------------------------------------------------------------------------------


def _single(words: str, now: datetime, places: Sequence[Place], shown: bool) -> Understood:
    kind, rest, asked_by_who = _form(words)
    edge, rest = _edge(rest)
    negated = (
        _found("nobody|no one|no-one|nothing|empty|deserted|not anybody|not anyone|not anything", rest) is not None
    )
    if kind is QuestionKind.EXISTENCE and not negated:
        # "Was there no car", "Was there not a car"; "no hat" is an exclusion that the sentence's grammar reads.
        bare = re.match(r"^(?:there )?(?:no|not an?|not any)\b", rest)
        if bare is not None:
            negated, rest = True, rest[bare.end() :].strip()
    rest = re.sub(r"(?<![\w-])(?:empty|deserted)(?![\w-])", "anything", rest)
    subject, assumptions = _subject(rest, now, places, shown, who=asked_by_who, kind=kind)
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
    if _found("|".join(re.escape(word) for word in CLASS_WORDS) + f"|{_ANYTHING}", words):
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
        found = _found(pattern, words)
        if found is not None:
            left = words[: found.start()] + " " + re.sub(r"^ times?(?: that)?(?![\w-])", " ", words[found.end() :])
            return edge, " ".join(left.split())
    return Edge.ALL, words


def _with_synonyms(words: str) -> str:
    for pattern, word in _SYNONYMS:
        words = re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", word, words)
    return words


def _subject(
    words: str,
    now: datetime,
    places: Sequence[Place],
    shown: bool,
    *,
    who: bool = False,
    anything: bool = False,
    kind: QuestionKind = QuestionKind.EXISTENCE,
) -> tuple[Spoken, tuple[str, ...]]:
    """One subject with its verb, place and time. Raises QuestionRefused for words that are not understood."""
    assumptions: list[str] = []
    words = _with_synonyms(words)
    happening, stayed, words = _verb(words)
    if happening is Happening.STAYED and stayed is None:
        stayed = LOITER_SECONDS
        assumptions.append(f"Loitering is taken as staying in view for {LOITER_SECONDS:g} s or longer.")
    this, words = _this(words, shown)
    everything = _found(_ANYTHING, words)
    if everything is not None:
        words = words[: everything.start()] + " " + words[everything.end() :]
    reading = read(words, now=now, places=places)
    said = next((phrase.words for phrase in reading.phrases if phrase.part is Part.CLASS), None)
    classes, types, left = _objects(reading, said)
    reading, more = _worn(replace(reading, text=left))
    assumptions += more
    if reading.without:
        raise QuestionRefused(
            "unknown_words",
            f'It is not known how to tell who is without "{reading.without[0]}".',
            "Ask without it, or use a search, which can look for any words.",
        )
    _refuse_unknown(reading.text, places)
    if said is None and not this and everything is None:
        person = who or any(wish.attribute.startswith("person.") for wish in reading.attributes)
        if person:
            classes, said = (ObjectClass.PERSON,), "person"
        elif any(wish.attribute.startswith("vehicle.") for wish in reading.attributes):
            said = "vehicle"
        elif not anything and kind is not QuestionKind.LIST:
            raise QuestionRefused(
                "no_subject",
                "The question does not say who or what is looked for.",
                "Name people, cars, trucks, vans, buses, bicycles or motorcycles, or ask for anything.",
            )
    label = "this object" if this else _label(said, reading.attributes)
    return (
        Spoken(
            label=label,
            plural=label if this else _plural(label),
            classes=classes,
            vehicle_types=types,
            this=this,
            happening=happening,
            stayed_seconds=stayed,
            together=max(1, reading.count),
            reading=reading,
            places=tuple(phrase.words for phrase in reading.phrases if phrase.part is Part.PLACE),
            said_class=said is not None or this or everything is not None,
        ),
        tuple(assumptions),
    )


def _verb(words: str) -> tuple[Happening, float | None, str]:
    """What must have happened, for how long, and the words without the verb. A place often follows the verb without a
    preposition ("entered the lobby"), so that one is put in the verb's place."""
    stayed: float | None = None
    long = _found(_LONG, words)
    stay = _found(f"{_STAY}|{_REMAIN}", words)
    told = long is not None and (
        stay is not None or re.match(r"for |more than|longer than|over|at least", long.group(0))
    )
    if told and long is not None and not re.search(r"(?:last|past|every|ago) *$", words[: long.start()]):
        after = words[long.end() :]
        if not re.match(r" ago", after):
            stayed = _seconds(long.group(1), long.group(2))
            words = f"{words[: long.start()]} {after}"
    for pattern, happening in VERBS:
        found = _found(pattern, words)
        if found is not None:
            words = f"{words[: found.start()]} at {words[found.end() :]}"
            return (Happening.STAYED if stayed is not None else happening), stayed, " ".join(words.split())
    remains = _found(_REMAIN, words)
    if remains is not None:
        words = f"{words[: remains.start()]} {words[remains.end() :]}"
    if stayed is not None:
        return Happening.STAYED, stayed, " ".join(words.split())
    return Happening.IN_VIEW, None, " ".join(words.split())


def _seconds(amount: str, unit: str) -> float:
    number = _AMOUNTS.get(amount)
    scale = {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]]
    return (float(amount) if number is None else number) * scale


def _this(words: str, shown: bool) -> tuple[bool, str]:
    found = _found(_THIS, words)
    if found is None:
        return False, words
    if not shown:
        raise QuestionRefused(
            "unknown_track",
            f'It is not said whom "{found.group(0)}" means.',
            "Send the id of a track, or a picture, with the question.",
        )
    return True, f"{words[: found.start()]} {words[found.end() :]}"


def _objects(reading: Reading, said: str | None) -> tuple[tuple[ObjectClass, ...], tuple[str, ...], str]:
    """Classes and vehicle types of the words; several where they are joined: "cars and trucks"."""
    left = reading.text
    named = [said] if said is not None else []
    if said is not None:
        for found in re.finditer(r"[\w-]+", left):
            if found.group(0) in CLASS_WORDS and found.group(0) not in named and _joins(left, said, found):
                named.append(found.group(0))
    classes: list[ObjectClass] = []
    types: list[str] = []
    for word in named:
        if word in _VEHICLE_TYPES:
            types += _VEHICLE_TYPES[word]
            classes += _WHEELS
        elif word in {"vehicle", "vehicles"}:
            classes += [*_WHEELS, ObjectClass.MOTORCYCLE]
        else:
            classes.append(CLASS_WORDS[word][0])
        left = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", " ", left)
    if len(named) > 1 and types and not all(word in _VEHICLE_TYPES for word in named):
        # A mixture with people or motorcycles: by class alone.
        types = []
    return tuple(dict.fromkeys(classes)), tuple(dict.fromkeys(types)), " ".join(left.split())


def _joins(words: str, said: str, other: re.Match[str]) -> bool:
    between = words[words.find(said) + len(said) : other.start()]
    return re.fullmatch(r"(?:[\w-]*,? ?)?(?:,| and| or)+ ?(?:any |the )?", between) is not None


def _worn(reading: Reading) -> tuple[Reading, list[str]]:
    """`in red` is said of clothes, without saying which: taken as the upper ones. Words of attributes leave
    the text."""
    left = reading.text
    for phrase in reading.phrases:
        if phrase.part is Part.ATTRIBUTE:
            for word in phrase.words.split():
                left = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", " ", left, count=1)
    left = " ".join(left.split())
    assumptions: list[str] = []
    found = _found(rf"(?:in|wearing|dressed in) (?:all )?({'|'.join(COLOURS)}|gray|navy)(?: clothes| clothing)?", left)
    if found is not None:
        colour = {"gray": "grey", "navy": "blue"}.get(found.group(1), found.group(1))
        reading = replace(reading, attributes=(*reading.attributes, Wish("person.upper_colour", colour)))
        left = f"{left[: found.start()]} {left[found.end() :]}"
        assumptions.append(f'"In {colour}" is taken as {colour} upper clothing.')
    return replace(reading, text=" ".join(left.split())), assumptions


def _refuse_unknown(left: str, places: Sequence[Place]) -> None:
    tokens = [token for token in re.findall(r"[\w'-]+", left) if token not in _FILLERS]
    if not tokens:
        return
    at = re.search(
        rf"(?<![\w-]){_PREPOSITION} (?:the |camera |site |zone )*((?:{'|'.join(map(re.escape, tokens))})[\w' -]*)", left
    )
    if at is not None:
        place = " ".join(word for word in at.group(1).split() if word not in _FILLERS) or at.group(1).strip()
        names = sorted({one.name for one in places})
        known = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
        raise QuestionRefused(
            "unknown_place",
            f'There is no camera, site or zone "{place}".',
            f"Use one of these names: {known}." if names else "Register a camera first.",
        )
    unknown = " ".join(dict.fromkeys(tokens))
    raise QuestionRefused(
        "unknown_words",
        f'It is not known how to observe "{unknown}".',
        "Ask for people or vehicles, their colours, hats, bags and backpacks, places and times; a search can look for"
        " any words.",
    )


# Labels ---------------------------------------------------------------------------------------------------------------

_WORN = {
    "person.hat": "a hat",
    "person.bag": "a bag",
    "person.backpack": "a backpack",
    "person.hi_vis": "a hi-vis vest",
}


def _label(said: str | None, attributes: Sequence[Wish]) -> str:
    """`red car`, `person with a hat and without a bag`."""
    noun = "object"
    if said is not None:
        noun = next((one for one, many in _PLURALS.items() if said in (one, many)), said)
        if noun in CLASS_WORDS and CLASS_WORDS[noun][0] is ObjectClass.PERSON:
            noun = "person"
        elif noun in {"lorry", "lorries"}:
            noun = "truck"
        elif noun.endswith("s") and noun[:-1] in CLASS_WORDS:
            noun = noun[:-1]
    before: list[str] = []
    after: list[str] = []
    for wish in attributes:
        joint = "with" if wish.wanted else "without"
        if wish.attribute == "vehicle.colour":
            before.append(wish.value if wish.wanted else f"non-{wish.value}")
        elif wish.attribute in _WORN:
            wanted = wish.wanted == (wish.value == "yes")
            after.append(f"{'with' if wanted else 'without'} {_WORN[wish.attribute]}")
        elif wish.attribute.endswith("_colour"):
            part = "upper" if wish.attribute == "person.upper_colour" else "lower"
            after.append(f"{joint} {wish.value} {part} clothing")
        else:
            part = "sleeves" if wish.attribute == "person.sleeves" else "trouser legs"
            after.append(f"{joint} {wish.value} {part}")
    return " ".join([*before, noun, " and ".join(after)]).strip()


def _plural(label: str) -> str:
    words = label.split()
    place = next((number for number, word in enumerate(words) if word in {"with", "without"}), len(words)) - 1
    noun = words[place]
    words[place] = _PLURALS.get(noun, noun if noun.endswith("s") else f"{noun}s")
    return " ".join(words)
