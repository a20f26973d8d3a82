"""How something in a sentence moves and how long it stays: only what has a number or a side of the picture.

Nothing is read from words for speed, which name no number, nor from "towards the camera", which is no side of a
picture.
"""

import re

from services.search.model.reading import Heading, Part
from services.search.model.sentence_clock import number_of
from services.search.model.sentence_draft import Draft, any_of
from services.search.model.sentence_words import NUMBERS

LOITER_SECONDS = 60.0
"""Staying this long is loitering where no time is said; as in questions."""

LONGEST_STAY = 7 * 86_400.0
"""Seconds; nobody asks for more."""

WITHIN = 45.0
"""Degrees to either side: a side of the picture is a quarter of the circle."""

_DEGREES = {"up": 0.0, "right": 90.0, "down": 180.0, "left": 270.0}
_MOVING = (
    r"(?:heading|headed|heads|going|goes|went|moving|moved|moves|driving|drove|drives|walking|walked|walks|running|ran"
    r"|runs|cycling|cycled|riding|rode|rides|rolling|rolled|travell?ing|travell?ed|coming|came|jogging|biking)"
)
_LOITERING = (
    r"(?:loiter(?:ing|ed|s)?|linger(?:ing|ed|s)?|(?:hanging|hung|hangs|hang) (?:around|about)"
    r"|st[ao]nding (?:around|about)|stood (?:around|about)|lurking)"
)
_STAYING = (
    r"(?:stay(?:ing|ed|s)?|remain(?:ing|ed|s)?|wait(?:ing|ed|s)?|sp[e]n(?:t|d|ding)|st[ao]nd(?:ing|s)?|stood|park(?:ed|ing)"
    r"|stopp(?:ed|ing)|sitting|sat|idling|visible|seen|there|in view|present|dwell(?:ing|ed|s)?)"
)
_MORE_NUMBERS = {"a": 1, "an": 1, "one": 1, "sixty": 60, "ninety": 90}
"""Of a unit, beside those that count objects."""
_AMOUNT = rf"(?:\d{{1,4}}(?:\.\d+)?|{any_of(NUMBERS)}|{any_of(_MORE_NUMBERS)}|half an)"
_UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|s|h)"
"""Without "m", which are metres."""
_LONG = r"(?:more than|longer than|over|at least|minimum|min|upwards of|no less than)"
_SHORT = r"(?:less than|under|shorter than|at most|no more than|no longer than|up to|fewer than)"


def read_direction(draft: Draft) -> None:
    """Takes a direction out: `heading left`, `from left to right`, `coming from the left`, `moving downwards`."""
    joints = "and|at|in|on|near|with|wearing|by|past|through|from|across|towards|between|after|before"
    ends = rf"(?=\s*$|\s*[,.;?!]|\s{{2}}| (?:{joints})(?!\w))"
    for pattern in (
        r"(?:from (?:the )?)?(?:left|right) to (?:the )?(left|right)",
        rf"{_MOVING} (?:from )?(?:the )?(?:top|bottom) to (?:the )?(top|bottom)",
        r"(?:coming|came|comes|entering|entered|enters) (?:in )?from (?:the )?(left|right)",
        rf"{_MOVING} (?:to(?:wards?)? (?:the )?)?(left|right)(?: side)?(?:wards?)?{ends}",
        rf"{_MOVING} (up|down){ends}",
        rf"(?:{_MOVING} )?({any_of(_DEGREES)})wards?",
    ):
        found = draft.find(pattern)
        if found is not None:
            said = {"top": "up", "bottom": "down"}.get(found.group(1), found.group(1))
            # Who comes from the left moves to the right.
            opposite = re.search(r"from (?:the )?\w+$", found.group(0)) is not None
            degrees = _DEGREES[said] + (180.0 if opposite else 0.0)
            draft.note(headings=(Heading(degrees % 360.0, WITHIN),))
            draft.take(found, Part.MOVEMENT)
            return


def read_stay(draft: Draft) -> None:
    """Takes a length of stay out: `for more than 5 minutes`, `waited 20 min`, `less than a minute`, `loitering`."""
    not_ago = r"(?! ago)(?! (?:before|after|later|earlier|walk|drive|away))"
    length = rf"({_AMOUNT}) ?({_UNIT})(?P<half> and a half)?"
    for pattern, longest in (
        (rf"(?:in view )?(?:for )?{_SHORT} {length}{not_ago}", True),
        (rf"(?:in view )?(?:for )?{_LONG} {length}(?: or (?:more|longer))?{not_ago}", False),
        (rf"(?:for )?{length}(?: or (?:more|longer)|\+){not_ago}", False),
        (rf"(?:for )?({_AMOUNT})\+ ?({_UNIT}){not_ago}", False),
        (rf"for (?:about |around )?{length}{not_ago}", False),
        (rf"(?:(?<=ing )|(?<=ed )|(?<=still )|(?<=stood )|(?<=there )){length}{not_ago}", False),
    ):
        found = draft.find(pattern)
        if found is None or re.search(r"(?:last|past|every|within|the) $", draft.words[: found.start()]):
            continue
        seconds = _seconds(found.group(1), found.group(2), half=found.groupdict().get("half") is not None)
        bare = pattern.startswith("(?:(?<=")
        if seconds > LONGEST_STAY or (bare and draft.find(rf"{_LOITERING}|{_STAYING}") is None):
            continue
        field = "max_seconds_in_view" if longest else "min_seconds_in_view"
        draft.note(**{field: seconds})
        draft.take(found, Part.MOVEMENT)
        break
    found = draft.find(_LOITERING)
    if found is not None:
        if draft.reading.min_seconds_in_view is None and draft.reading.max_seconds_in_view is None:
            draft.note(min_seconds_in_view=LOITER_SECONDS)
        draft.take(found, Part.MOVEMENT, keep=True)


def _seconds(amount: str, unit: str, *, half: bool) -> float:
    scale = {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]]
    if amount == "half an":
        return scale / 2
    count = _MORE_NUMBERS.get(amount) or (float(amount) if amount[0].isdigit() else number_of(amount))
    return scale * (count + (0.5 if half else 0.0))
