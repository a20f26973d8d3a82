"""A question's text made plain before it is read: spelling, short forms, politeness, and what stands in front.

Only the form of the words changes here; what was taken for a misspelling is told.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from rapidfuzz.distance import OSA

from services.search.model.sentence import CLASS_WORDS, Place
from services.search.model.sentence_words import COLOUR_WORDS, LOWER, PARTS_OF_DAY, THINGS, UPPER, WEEKDAYS
from services.search.model.spoken import is_known
from services.search.model.spoken_times import plain_times

AUXILIARY = r"was|were|did|does|do|is|are|has|have|had"
_SHORT: Sequence[tuple[str, str]] = (
    (r"ppl|peeps", "people"),
    (r"b4", "before"),
    (r"w/o", "without"),
    (r"w/", "with"),
    (r"til|'til", "till"),
    (r"cams", "cameras"),
    (r"cam", "camera"),
    (r"pls|plz", "please"),
    (r"abt", "about"),
    (r"yday|yest", "yesterday"),
    (r"arvo", "afternoon"),
    (r"mins", "minutes"),
    (r"hrs", "hours"),
    (r"hi[ -]?viz|high[ -]?viz|hivis", "hi-vis"),
    (r"&", "and"),
)
"""Short forms, as in messages."""

_POLITE = (
    r"^please to (?:say|tell|show)(?: to)? me "
    r"|^(?:please|hey|hi|hello|ok|okay|so|and|now|well|um|just|exactly|precisely|roughly|approximately|quick question"
    r"|question)(?:[,:] ?| )"
    r"|^(?:can|could|would|will) you (?:please )?(?:just )?(?:tell me|show me|say|check|find out|confirm|verify)"
    r"(?: if| whether| that)? ?"
    r"|^(?:tell me|let me know|check|find out|confirm|verify|do (?:you|we) know|i wonder|(?:i'm |i am )?wondering"
    r"|any idea|remind me|(?:i|we)(?:'d| would)? (?:want|need|like|would like) to (?:know|see|find out|check))"
    r"(?: if| whether| that)? ?"
    r"|^(?:i|we) (?:think|believe|guess|suppose|assume|heard)(?: that)? |^(?:apparently|supposedly|allegedly)[, ]+"
    r"|^(?:(?:i|we) )?need (?=the |a |to know )(?:to know )?"
    r"|^(?:is|was) it (?:true|right|correct|so|the case|certain|known|possible|likely) that "
    r"|^can (?:we|i|one) say (?:that|whether) "
)
_BEGINS = (
    rf"(?:{AUXILIARY}|can|could|any|anyone|anybody|anything|who|what|which|when|where|how|at what|at which|on which"
    r"|on what|by which|list|show|count|give|name|please|tell)\b"
)
"""How a question begins; what stands before it and a comma is a time or a place."""
_ENDS = (
    rf"^(?!{_BEGINS})(.+?),? (how (?:many|often|long)(?= (?:were|are|was|is) there$)|how many(?= of them$)"
    r"|(?:how (?:many|often|long)|when|where|at what time|what time|which cameras?)$)"
)
"""Its form at the end: `green truck at the yard when`, `cars in the yard, how many were there`."""

_WORDS = frozenset(
    (
        *CLASS_WORDS,
        *COLOUR_WORDS,
        *UPPER,
        *LOWER,
        *(f"{garment}s" for garment in UPPER),
        *(word for thing in THINGS for word in thing.split()),
        *(f"{day}{plural}" for day in (*WEEKDAYS, *PARTS_OF_DAY, "weekday", "weekend") for plural in ("", "s")),
        *("january", "february", "march", "april", "june", "july", "august", "september", "october", "november"),
        *("december", "yesterday", "today", "tonight", "midnight", "overnight", "minute", "minutes", "second"),
        *(
            "seconds",
            "hours",
            "between",
            "before",
            "after",
            "until",
            "without",
            "whether",
            "cameras",
            "camera",
            "which",
        ),
        *("where", "arrived", "arrive", "entered", "passed", "carrying", "wearing", "stayed", "loitering", "together"),
    )
)
"""Words that are known by a misspelling."""

_LOOKALIKES = """
alter archived arrives aster backs backspace bases beard bites blacks blank block blown boats brand browns bucks
caches cardinal cards carts chill costs couch crane disks downs either flight fright greek greens greet helped horse
house jumped later lowering march mark markings marsh match mates meanings mounting oranges oversight overweight
paints panes parsed parts party passes pasted paused personal plants poles polls pools posed posted posts punts reds
reflection respective safely secondly sheet sheets shift shifts shire shooter shore short shortest shots smoother
sorts speaker speakers sport sports staged stairs stated steps strayed subset surprise surprises sweeter taxes toast
track tracked tracks trick tricks trunk trunks untie viability water while whine whites whole woken worked write
"""
_NOT_MISSPELT = frozenset(_LOOKALIKES.split())
"""English words that are a letter away from one of those and mean something else."""

_FIRST = r"(?:came|arrived|was|were|left|appeared|showed up) (?:first|earlier|sooner)"
_VERSUS = (
    (
        r"^(?:the )?(?:number of|count of|how many) (.+?),? (?:vs\.?|versus|compared (?:to|with)) (.+)$",
        r"more \1 than \2",
    ),
    (rf"^(?:the )?(.+?) or (.+?)[ ,:-]+which (?:one |of them )?{_FIRST}$", r"did \1 come before \2"),
    (rf"^which (?:one )?{_FIRST}([\w ]*)[,:] (.+) or (.+)$", r"did \2 come before \3\1"),
    (r"^everything (?=at|in|on|near|that)", "list anything "),
    (r"^every(?:one|body) (?=at|in|on|with|near|who)", "list people "),
)
"""`cars today vs yesterday`; `which came first, the bus or the truck`; `everything on the yard's camera`."""


def plain(text: str, *, now: datetime, places: Sequence[Place] = ()) -> tuple[str, tuple[str, ...]]:
    """The question in lower case without politeness, a time or place that stands in front at the end, and what was
    taken for granted, in sentences."""
    words = " ".join(text.lower().replace("\u2019", "'").split()).strip(" ?!.")
    for pattern, meant in _SHORT:
        words = re.sub(rf"(?<![\w'])(?:{pattern})(?![\w'])", meant, words)
    words, misspelt = _spelt(words, places)
    # "Wasn't there anybody?" asks whether there was; elsewhere "n't" denies.
    words = re.sub(rf"^({AUXILIARY})n't\b", r"\1", words)
    words = re.sub(rf"\b({AUXILIARY})n't\b", r"\1 not", words)
    words = re.sub(r"\b(what|who|where|when|there|it)'s\b", r"\1 is", words)
    words = re.sub(rf"^({'|'.join(CLASS_WORDS)}) count\b", r"count \1", words)
    # "How busy was the gate?" asks how much went on there.
    words = re.sub(r"^how (?:busy|crowded)(?= (?:is|was|were|are)\b)", "how much activity", words)
    # What follows "that is" says the same again, more plainly.
    words = re.sub(r"^.*?[ ,(](?:i\.e\.|ie|that is to say|in other words),? (?=\w)", "", words)
    words, assumed = plain_times(words, now)
    # "I'm looking for a man in red, was he at the gate?" asks of whom it names.
    sought = re.match(
        rf"(?:i'm|i am|we're|we are) (?:looking|searching) for ([^,.]+)[,.] ?({AUXILIARY}) (?:they|he|she|it)\b(.*)",
        words,
    )
    if sought is not None:
        words = f"{sought.group(2)} {sought.group(1)}{sought.group(3)}"
    today = WEEKDAYS[now.weekday()]
    words = re.sub(rf"(?<!last )(?<!previous )(?:\b(?:on|this) )?\b{today}\b", "today", words)
    words = re.sub(
        r",? (?:right|correct|true|or not|is that (?:so|right|true)|isn't it|wasn't it|yes or no|please|thanks)$",
        "",
        words,
    )
    words = _unmannered(words)
    words = _of_a_kind(words, places)
    for pattern, plainer in _VERSUS:
        words = re.sub(pattern, plainer, words)
    ended = re.match(_ENDS, words)
    if ended is not None:
        words = f"{ended.group(2)} {ended.group(1)}"
    fronted = re.match(rf"(?!{_BEGINS})([^,]+), ({_BEGINS}.*)$", words)
    if fronted is not None:
        words = _unmannered(f"{fronted.group(2)} {fronted.group(1)}")
    return words, (*misspelt, *assumed)


def _of_a_kind(words: str, places: Sequence[Place]) -> str:
    """`which gate had …` asks which camera of those whose names end so."""
    found = re.match(r"(?:at |by |on )?(?:which|what) (\w+?)s?(?= (?:had|has|have|saw|was|were|is|did|does))", words)
    if found is None or sum(re.split(r"[\s_-]+", place.name.lower())[-1] == found.group(1) for place in places) < 2:
        return words
    return f"which camera{words[found.end() :]} at any {found.group(1)}"


def _unmannered(words: str) -> str:
    while (shorter := re.sub(_POLITE, "", words)) != words:
        words = shorter
    return words


def _spelt(words: str, places: Sequence[Place]) -> tuple[str, list[str]]:
    """Words that are nearly a known one, with a letter wrong, missing, too much or in another's place (optimal string
    alignment); two of them in long words. Names are left alone."""
    named = {part for place in places for part in re.findall(r"[\w']+", place.name.lower())}
    told: list[str] = []
    for token in dict.fromkeys(re.findall(r"(?<![\w'-])[a-z]{5,}(?![\w'-])", words)):
        if token in _WORDS or token in _NOT_MISSPELT or token in named or is_known(token):
            continue
        meant = _nearest(token, _WORDS)
        if meant is None or _nearest(token, named) is not None:
            continue
        words = re.sub(rf"(?<![\w'-]){token}(?![\w'-])", meant, words)
        told.append(f'"{token}" is taken as "{meant}".')
    return words, told


def _nearest(token: str, known: Iterable[str]) -> str | None:
    wrong = 2 if len(token) >= 8 else 1
    near = [
        (OSA.distance(token, word), word)
        for word in known
        if len(word) >= 5 and word[0] == token[0] and abs(len(word) - len(token)) <= wrong
    ]
    best = min(near, default=None)
    return None if best is None or best[0] > wrong else best[1]
