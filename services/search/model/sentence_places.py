"""Where a sentence means: names of cameras, sites and zones, misspelt or joined ones too, wanted or not.

A name after "at", "in" or the like is a place. Without one it is a place where it has several words, or where nothing
beside it makes another word of it: in "a man works on a car" no site called Works is named.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from rapidfuzz import fuzz, process

from services.search.model.reading import Part, Place
from services.search.model.sentence_draft import Draft, any_of
from services.search.model.sentence_spelling import misspelt
from services.search.model.sentence_words import CLASS_WORDS, COLOUR_WORDS, FIXTURES

NAME_LIKENESS = 84.0
"""From this share on (Indel similarity in percent, `rapidfuzz.fuzz.ratio`) words count as a misspelt name."""
JOINED_LIKENESS = 90.0
"""The same, of names whose words were joined or split: "lobydoor"."""

MOST_PLACES = 20
"""That one sentence names; what is beyond stays in the text."""

NOT = (
    r"(?:(?:and |but )?(?:not|never)(?: counting| including)?|except(?: for)?|excluding|exclude|ignoring|ignore"
    r"|skipping|skip|without|minus|other than|apart from|aside from|away from|leaving out|leave out"
    r"|(?:any|every)where (?:but|except)(?: for)?)"
)
AT = (
    r"(?:at|near|in|by|on|outside|inside|within|from|(?<!hanging )(?<!standing )(?<!hung )around|through|behind|beside"
    r"|across|past|along|via|opposite|onto|into|toward|towards|to|next to|close to|in front of|entering|leaving"
    r"|crossing|passing)"
)
STOP = (
    r"(?= (?:and|but|wearing|carrying|holding|with|at|in|on|near|from|who|that|was|were|is|are|did|came|passed)(?!\w)"
    r"|,|\.|\?|:|;|\s{2}|\s*$)"
)
_ONES = r"(?:(?:the |any |all )?(?:ones?|those) (?:(?:that|who|which) )?(?:(?:is|are|was|were) )?(?:seen )?)?"
"""In "except those at the yard"."""
_BEFORE = re.compile(
    rf"(?:(?<![\w-])(?P<not>{NOT}) {_ONES})?(?:(?<![\w-])(?P<at>{AT}) )?"
    r"(?:(?<![\w-])(?:the|camera|cam|cctv|site|zone|area) )*$"
)
_LONGEST_JOINT = 80
"""Letters."""
_LEAVING = re.compile(r"(?:\w+ing|\w+ed|went|ran|drove|goes|runs|walks|drives) $")
_AFTER = re.compile(r" (?:camera|cam|cctv|site|zone|area)s?(?![\w-])")
_JOINT = re.compile(r",? (?P<said>and|or|nor|&) |, ?| ?/ ?")
_SIDES = frozenset(
    (
        *("north", "south", "east", "west", "northern", "southern", "eastern", "western", "left", "right", "middle"),
        *("front", "back", "rear", "side", "upper", "lower", "top", "bottom", "inner", "outer", "main", "central"),
        *("first", "second", "third", "old", "new"),
    )
)
"""Words that tell places apart: one is never a misspelt other."""
_VERBS = frozenset({"works", "stores", "stands", "parks", "stops", "drives", "walks", "exits", "docks"})
_ENDINGS = ("ed", "ing", "er", "ers")


@dataclass(frozen=True)
class _Named:
    place: Place
    name: str
    start: int
    end: int
    likeness: float
    negated: bool


def read_places(draft: Draft, places: Sequence[Place]) -> None:
    """Takes the names of places out of the sentence."""
    names = _by_name(places)
    noted: dict[str, list[UUID]] = {
        kind: [] for kind in ("camera_ids", "without_camera_ids", "zone_ids", "without_zone_ids")
    }
    last: _Named | None = None
    for _ in range(MOST_PLACES):
        found = _next_place(draft, names, last)
        if found is None:
            break
        kind = "zone_ids" if found.place.zone_ids else "camera_ids"
        ids = found.place.zone_ids or found.place.camera_ids
        noted[f"without_{kind}" if found.negated else kind].extend(ids)
        draft.cut(found.start, found.end, Part.PLACE)
        last = found
    unique = {kind: tuple(dict.fromkeys(ids)) for kind, ids in noted.items()}
    draft.note(**{**unique, "camera_ids": unique["camera_ids"] or None})


def _by_name(places: Sequence[Place]) -> dict[str, Place]:
    """Zones of one name are one place; of a camera and a zone of one name the camera is meant."""
    names: dict[str, Place] = {}
    for place in places:
        name = _plain(place.name)
        known = names.setdefault(name, place)
        if known is not place and known.zone_ids and place.zone_ids:
            cameras = (*known.camera_ids, *place.camera_ids)
            names[name] = Place(known.name, cameras, (*known.zone_ids, *place.zone_ids))
    return names


def _next_place(draft: Draft, names: dict[str, Place], last: _Named | None) -> _Named | None:
    """The one that goes on from the last, "the lobby or the yard", wanted or not as that; or else the likeliest."""
    words, typed = draft.words, draft.typed
    found = [
        *_named(words, names, typed=typed),
        *_parts_of_names(words, names, typed=typed),
        *_several_of_a_kind(words, names),
    ]
    for one in found if last is not None else ():
        joint = None if last is None else _JOINT.fullmatch(draft.words[last.end : one.start])
        if last is not None and joint is not None:
            own = joint.group("said") == "and" and re.match(rf"{AT} ", draft.words[one.start :]) is not None
            return replace(one, start=last.end, negated=one.negated or (last.negated and not own))
    best = max(found, key=_sureness, default=None)
    while best is not None:
        start = best.start
        before = [one for one in found if one.end <= start and _JOINT.fullmatch(draft.words[one.end : start])]
        if not before:
            break
        best = max(before, key=_sureness)
    return best


def _sureness(found: _Named) -> tuple[float, int, int]:
    return found.likeness, found.end - found.start, -found.start


# Whole names ----------------------------------------------------------------------------------------------------------


def _named(words: str, names: dict[str, Place], *, typed: bool) -> Iterator[_Named]:
    """Each stretch of words that is a name, or a misspelt one."""
    likely_ones: dict[str, tuple[str, float] | None] = {}
    longest = max((len(name.split()) for name in names), default=0) + 1
    squeezed = {name.replace(" ", ""): name for name in names}
    tokens = list(re.finditer(r"[\w']+", words))
    for first in range(len(tokens)):
        for last in range(first, min(first + longest, len(tokens))):
            start, end = tokens[first].start(), tokens[last].end()
            if last > first and words[tokens[last - 1].end() : tokens[last].start()] not in {" ", "-", "_"}:
                break
            if re.match(r"[\w-]", words[end : end + 1]) or re.match(r"[\w-]", words[max(0, start - 1) : start]):
                continue
            said = _plain(words[start:end])
            if said not in likely_ones:
                likely_ones[said] = _likely(said, names, squeezed)
            likely = likely_ones[said]
            if likely is None:
                continue
            name, likeness = likely
            found = _in_sentence(
                words, _Named(names[name], name, start, end, likeness, negated=False), said, typed=typed
            )
            if found is not None:
                yield found


def _likely(said: str, names: dict[str, Place], squeezed: dict[str, str]) -> tuple[str, float] | None:
    """The name that the words are most like, if they are like one."""
    if said in names:
        return said, 100.0
    near = process.extractOne(said, list(names), scorer=fuzz.ratio, score_cutoff=NAME_LIKENESS)
    if near is not None and _may_be(said, near[0]):
        return near[0], near[1]
    slip = next((name for name in names if " " not in name and len(name) > 3 and misspelt(said, name)), None)
    if slip is not None and len(said) > 3:
        return slip, NAME_LIKENESS
    joined = said.replace(" ", "")
    close = process.extractOne(joined, list(squeezed), scorer=fuzz.ratio, score_cutoff=JOINED_LIKENESS)
    if close is None or len(joined) < 6 or _digits(joined) != _digits(close[0]):
        return None
    name = squeezed[close[0]]
    return None if len(name.split()) == len(said.split()) else (name, close[1])


def _may_be(said: str, name: str) -> bool:
    """Whether each word may be the misspelt other, and none is a word of its own."""
    ours, theirs = said.split(), name.split()
    if _digits(said) != _digits(name) or len(ours) != len(theirs):
        return False
    # A name of one word with another first letter is another word.
    if len(ours) == 1 and said[0] != name[0] and not misspelt(said, name):
        return False
    return all(one == other or _slip(one, other) for one, other in zip(ours, theirs, strict=True))


def _slip(said: str, word: str) -> bool:
    if {said, word} & _SIDES and not misspelt(said, word):
        return False
    if said in CLASS_WORDS or said in COLOUR_WORDS or (said, word) == ("work", "works"):
        return False
    # "Parked" is no misspelt "park".
    return not any(said == word + ending or word == said + ending for ending in _ENDINGS)


def _in_sentence(words: str, found: _Named, said: str, *, typed: bool) -> _Named | None:
    """With the words that belong to it; None where the words are not a place there."""
    before = _before(words, found.start)
    after = _AFTER.match(words, found.end)
    end = found.end if after is None else after.end()
    whole = replace(found, start=before.start, end=end, negated=before.said_not)
    if _part_of_another(words, whole, at=before.at):
        return None
    if not (before.at or before.said_not) and not _stands_alone(words, whole, said, typed=typed):
        return None
    # Outside a zone is where it is not; outside a door is what its camera sees.
    outside = before.at == "outside" and bool(found.place.zone_ids)
    return replace(whole, negated=before.said_not or outside)


def _part_of_another(words: str, found: _Named, *, at: str) -> bool:
    """`main entrance`, `yard 2`: a place that has no name here."""
    side = None if at else re.search(r"([a-z]+) $", words[: found.start])
    # "In a yard" is in any.
    if side is not None and side.group(1) in {"a", "an", "any", "some", "of", "his", "her", "their"}:
        return True
    number = re.match(rf" \d+(?!\w)(?! (?:[\w-]+ )?{any_of(CLASS_WORDS)})", words[found.end :])
    return number is not None or (side is not None and side.group(1) in _SIDES)


@dataclass(frozen=True)
class _Before:
    start: int
    said_not: bool
    at: str


def _before(words: str, start: int) -> _Before:
    """What before a name belongs to it."""
    # All of it is shorter than that; to look no further keeps long sentences quick.
    offset = max(0, start - _LONGEST_JOINT)
    found = _BEFORE.search(words[offset:start])
    if found is None:
        return _Before(start, said_not=False, at="")
    said = found.group(0)
    # Who drives away from the gate is seen there.
    leaving = _LEAVING.search(words[offset : offset + found.start()]) is not None
    said_not = found.group("not") is not None and not (found.group("not") == "away from" and leaving)
    begin = offset + found.start() + len(said) - len(said.lstrip())
    return _Before(begin, said_not=said_not, at=found.group("at") or found.group("not") or "")


def _stands_alone(words: str, found: _Named, said: str, *, typed: bool) -> bool:
    """Whether it is a place without a word that says so."""
    ours, theirs, before, after = said.split(), found.name.split(), words[: found.start], words[found.end :]
    if found.likeness < 100:
        slips = all(one == other or misspelt(one, other) for one, other in zip(ours, theirs, strict=False))
        return typed and len(theirs) > 1 and (slips or len(ours) != len(theirs))
    if len(theirs) > 1:
        return True
    parted = found.name in FIXTURES and re.search(rf"{any_of(CLASS_WORDS)} $", before) is not None
    if len(found.name) <= 3 or found.name in CLASS_WORDS or parted:
        return False
    left_free = re.search(r"(?:^|[,;:]|\s{2}|^\s)\s*$", before) is not None
    right_free = re.match(r"\s*(?:$|[,;:.?!])|\s{2}", after) is not None
    if found.name in _VERBS | _SIDES or found.name.endswith("ing"):
        return left_free and right_free
    following = rf" (?:and|or|with|wearing|who|that|{AT}|{any_of(CLASS_WORDS)}|{any_of(COLOUR_WORDS)})(?!\w)"
    return right_free or re.match(following, after) is not None


# Parts of names -------------------------------------------------------------------------------------------------------


def _parts_of_names(words: str, names: dict[str, Place], *, typed: bool) -> Iterator[_Named]:
    """`in the lobby` where one place alone begins so, as "lobby-door" does, and no noun follows that it belongs to."""
    firsts: dict[str, list[Place]] = {}
    for name, place in names.items():
        first, _, more = name.partition(" ")
        if more and len(first) > 3 and first not in CLASS_WORDS and first not in COLOUR_WORDS:
            firsts.setdefault(first, []).append(place)
    for found in re.finditer(r"(?<![\w-])\w+", words):
        own = firsts.get(found.group(0), [])
        after = words[found.end() :]
        classed = _CLASS_NEXT.match(after) is not None
        if len(own) != 1 or found.group(0) in names or not (_ENDED.match(after) or (classed and found.start() == 0)):
            continue
        before = _before(words, found.start())
        free = classed or re.match(r"\s*$|,|\s{2}", after) is not None
        if before.at or before.said_not or (typed and free and found.group(0) not in _SIDES):
            yield _Named(own[0], found.group(0), before.start, found.end(), NAME_LIKENESS, before.said_not)


_ENDED = re.compile(rf"{STOP}|(?= or| nor)")
_CLASS_NEXT = re.compile(rf" {any_of(CLASS_WORDS)}(?!\w)")


def _several_of_a_kind(words: str, names: dict[str, Place]) -> Iterator[_Named]:
    """`both gates`, `any of the gates`, `at the gates`: all whose name ends so."""
    every = r"(?<![\w-])(?:(?:both|either|any|all)(?: of)?(?: the)? (\w+?)s?|the (\w+)s)(?![\w-])"
    for found in re.finditer(every, words):
        name = found.group(1) or found.group(2)
        own = [place for known, place in names.items() if known.endswith(f" {name}") and not place.zone_ids]
        if len(own) > 1:
            place = Place(name, tuple(camera_id for one in own for camera_id in one.camera_ids))
            before = _before(words, found.start())
            yield _Named(place, name, before.start, found.end(), NAME_LIKENESS, before.said_not)


def _plain(name: str) -> str:
    """Words alone: "Cam-12 (outer)" is "camera 12 outer"."""
    words = " ".join(re.split(r"[^\w']+|_", name.lower())).strip()
    return re.sub(r"(?<!\w)cam(?=\d|\s|$)", "camera", words)


def _digits(words: str) -> list[str]:
    return re.findall(r"\d+", words)
