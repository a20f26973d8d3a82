"""What somebody did, in the words of a person: verbs, lengths of stays, ways through the picture, several at once."""

import re
from collections.abc import Sequence

from contracts.question import Happening, Moving
from services.search.model.refused import QuestionRefused, found_in

_WALK = r"(?:go|goes|went|gone|going|walk|walked|drive|drove|driven|driving|ride|rode|run|ran|mov(?:e|ed|ing))"
_STAY = (
    r"loiter(?:ed|ing|s)?|linger(?:ed|ing|s)?|(?:hang|hung|hanging|hangs|stood|stand|standing|wait|waited|waiting)"
    r" (?:around|about)|(?:hang|hung|hanging|hangs) out"
)
_REMAIN = (
    r"stay(?:ed|ing|s)?|remain(?:ed|ing|s)?|wait(?:ed|ing|s)?|sp[e]n[dt]|stood|stand(?:ing|s)?|s[ai]t(?:s|ting)?"
    r"|idl(?:e|ed|ing)"
)
VERBS: Sequence[tuple[str, Happening]] = (
    (_STAY, Happening.STAYED),
    (rf"le(?:ave|aves|aving|ft)|depart(?:ed|s|ing|ures?)?|exit(?:ed|s|ing)?|vacate[ds]?|disappear(?:ed)?|(?:{_WALK}|"
     r"head(?:ed|ing|s)?|clear(?:ed|ing|s)?|pull(?:ed|ing|s)?|set|sped|took|take|c[ao]me|coming|got|get) (?:away|off|"
     r"out of|out)(?: of| from)?|head(?:ed|ing|s)? home|out of(?= the)", Happening.LEFT),
    (r"arriv(?:e|ed|es|ing|als?)|enter(?:ed|s|ing)?|(?:come|comes|came|coming|get|got|walk|walked|walking|drive|drove|driven|"
     rf"ride|rode|go|went|going) (?:into|in|onto)(?= |$)|{_WALK} (?:into|onto)|"
     r"(?:show|showed|turn|turned|turning|roll|rolled) up|appear(?:ed|s)?|"
     r"reach(?:ed|es)?|(?:come|came|comes|get|got) (?:to|here|back)|return(?:ed|ing|s)?|pull(?:ed|ing)? (?:up|in)|"
     r"made it (?:to|into)|into(?= the)", Happening.ARRIVED),
    (r"pass(?:ed|es|ing)?(?: by| through| along)?|(?:come|comes|came|coming|go|goes|went|gone|going|drive|drove|driven|"
     r"driving|walk|walked|walking|ride|rode|ridden|riding|run|ran|running|mov(?:e|ed|ing)) ?(?:through|past|by|across|"
     r"along|around)?|cross(?:ed|es|ing)?|use[ds]?|visit(?:ed|s)?|came?|cycled|"
     r"stop(?:ped|s|ping)?(?: by| at)?|turn(?:ed|s)?|"
     r"(?:head(?:ed|ing)?|travell?(?:ed|ing)|"
     r"(?:wander|stroll|jogg?|roam|hurr[yi])(?:e?d|ing)?)(?: around| about| past| through| by)?", Happening.PASSED),
)  # fmt: skip
"""What somebody did; the first that is found counts. All else is being in view."""

AT_ONCE = (
    r"at (?:once|the same (?:time|moment)|(?:any )?one time|any (?:one|given) (?:time|moment))|simultaneously|together"
    r"|side by side|concurrently"
)
AMOUNT = r"(\d+(?:\.\d+)?|an?|half an?|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty)"
_BELOW = r"less than|under|fewer than|shorter than|no more than|no longer than|not more than|at most|up to|below"
_LONG = (
    rf"(?:for )?(?:more than|longer than|over|at least|minimum|upwards of|{_BELOW})? ?{AMOUNT} ?"
    r"(seconds?|secs?|s|minutes?|mins?|hours?|hrs?)(?: or (?:more|longer))?"
)
_AMOUNTS = {
    "a": 1.0, "an": 1.0, "half a": 0.5, "half an": 0.5, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0,
    "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0,
}  # fmt: skip


def verb(words: str) -> tuple[Happening, tuple[float | None, float | None], str]:
    """What must have happened, for how long at least and for less than how long, and the words without the verb. A
    place often follows the verb without a preposition ("entered the lobby"), so that one is put in the verb's place."""
    stayed: float | None = None
    less: float | None = None
    long = found_in(_LONG, words)
    stay = found_in(f"{_STAY}|{_REMAIN}", words)
    told = long is not None and (
        stay is not None or re.match(rf"for |more than|longer than|over|at least|{_BELOW}", long.group(0))
    )
    if told and long is not None and not re.search(r"(?:last|past|every|ago) *$", words[: long.start()]):
        after = words[long.end() :]
        if not re.match(r" ago", after):
            seconds = _seconds(long.group(1), long.group(2))
            below = re.match(rf"(?:for )?(?:{_BELOW})(?!\w)", long.group(0)) is not None
            stayed, less = (None, seconds) if below else (seconds, None)
            words = f"{words[: long.start()]} {after}"
    timed = stayed is not None or less is not None
    for pattern, happening in VERBS:
        found = found_in(pattern, words)
        if found is not None:
            words = f"{words[: found.start()]} at {words[found.end() :]}"
            return (Happening.STAYED if timed else happening), (stayed, less), " ".join(words.split())
    remains = found_in(rf"{_REMAIN}|parked", words)
    if remains is not None:
        words = f"{words[: remains.start()]} {words[remains.end() :]}"
    happening = Happening.STAYED if timed else Happening.IN_VIEW
    return happening, (stayed, less), " ".join(words.split())


_GOES = (
    r"(?:go|goes|went|going|walk|walked|walking|drive|drove|driving|ride|rode|riding|run|ran|running|move|moved|moving"
    r"|head|headed|heading|travel|travell?ed|travell?ing|turn|turned|turning|pass|passed|passing|come|came|coming)"
)
_WAYS: Sequence[tuple[str, Moving]] = (
    (r"(?:towards?|up to|closer to|nearer to) the camera", Moving.NEARER),
    (r"away from the camera", Moving.AWAY),
    (rf"({_GOES}) (?:(?:from )?(?:the )?right (?=to))?(?:to(?:wards)? )?(?:the )?left(?:wards?)?(?! to )", Moving.LEFT),
    (
        rf"({_GOES}) (?:(?:from )?(?:the )?left (?=to))?(?:to(?:wards)? )?(?:the )?right(?:wards?)?(?! to )",
        Moving.RIGHT,
    ),
)


def moving(words: str) -> tuple[str, Moving | None]:
    """Which way: `walk towards the camera`, `headed left past the gate`."""
    for pattern, way in _WAYS:
        found = found_in(pattern, words)
        if found is not None:
            goes = found.group(1) if found.groups() else ""
            return f"{words[: found.start()]} {goes} {words[found.end() :]}", way
    return words, None


def back(words: str) -> tuple[str, list[str]]:
    """ "Has it been back?" asks whether such a one was there; that it is the same one cannot be known."""
    if found_in(rf"(?:after|before|once|when) it (?:{'|'.join(p for p, _ in VERBS)})", words):
        raise QuestionRefused(
            "not_observed",
            "Whether it is the same one that is seen later is not known.",
            "Ask when such a one was seen, or follow its track as a journey.",
        )
    found = found_in(r"(?:been|be|come|came|comes|coming|was|were|is|are) back|return(?:ed|ing|s)?", words)
    if found is None:
        return words, []
    words = re.sub(r"(?<= )back(?![\w-])", " ", words, count=1)
    return " ".join(words.split()), ["Whether it is the same one that comes back is not known: any such one counts."]


def at_once(words: str) -> tuple[str, bool]:
    """Whether several must have been there at the same time; without such words they are counted over all the time."""
    # "Is there any moment when three cars were there" asks of one moment.
    words = re.sub(
        r"(?<![\w-])(?:(?:is|was|were) )?(?:there )?(?:ever )?(?:a|any|some) (?:moment|instant|point in time)"
        r"( [\w ]*?)? (?:when|where|that|in which|at which)(?= )",
        r"together\1",
        words,
    )
    found = found_in(AT_ONCE, words)
    words = re.sub(r"(?<![\w-])(\w+) or more(?= )", r"at least \1", words)
    if found is None:
        return words, False
    words = re.sub(rf"(?<![\w-]){re.escape(found.group(0))}(?![\w-])", " ", words)
    return " ".join(words.split()), True


def _seconds(amount: str, unit: str) -> float:
    number = _AMOUNTS.get(amount)
    scale = {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]]
    return (float(amount) if number is None else number) * scale
