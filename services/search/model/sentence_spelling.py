"""Words as a search box gets them, abbreviated or misspelt, put as the grammar knows them."""

import re
from collections.abc import Collection, Sequence
from functools import cache, lru_cache, partial

from services.search.model.sentence_draft import any_of
from services.search.model.sentence_words import (
    CLASS_WORDS,
    COLOUR_WORDS,
    DAY_NAMES,
    KINDS,
    LOWER,
    MONTHS,
    PARTS_OF_DAY,
    THINGS,
    UPPER,
)

_NOT = r"(is|are|was|were|do|does|did|has|have|had)"
_SHORT: Sequence[tuple[str, str]] = (
    (rf"{_NOT}n'?t", r"\1 not"),
    (r"w/o", "without"),
    (r"w/", "with "),
    (rf"w(?= (?:an? |no )?(?:{any_of((*COLOUR_WORDS, *THINGS))})(?!\w))", "with"),
    (r"&", "and"),
    (r"ppl|peeps", "people"),
    (r"sb|smb|s\.o\.|some one", "somebody"),
    (r"any one", "anyone"),
    (r"veh|vehical|vehicel", "vehicle"),
    (r"vehs|vehicals|vehicels", "vehicles"),
    (r"trk|truk", "truck"),
    (r"blck", "black"),
    (r"wite", "white"),
    (r"peds", "pedestrians"),
    (r"lorrys", "lorries"),
    (r"blk", "black"),
    (r"wht", "white"),
    (r"y'?day|yest|ystd|ytd", "yesterday"),
    (r"tonite|2nite", "tonight"),
    (r"arvo", "afternoon"),
    (r"mornin|morn", "morning"),
    (r"over ?night", "overnight"),
    (r"btw?n|btw(?= \d)|betw", "between"),
    (r"approx\.?|approximately|roughly|circa|ca\.|abt", "around"),
    (r"nr", "near"),
)
_SIGNS: Sequence[tuple[str, str]] = (
    (r"~ ?(?=\d)", "around "),
    (r"(?<![\w.])@ ?(?=\w)", "at "),
    (r"> ?(?=\d)", "more than "),
    (r"(?:>=|≥) ?(?=\d)", "at least "),
)

_NOT_MISSPELT = frozenset(
    ("coast", "sliver", "seater", "toady", "grills", "there", "tress", "angel", "louse", "range", "trucker", "hates")
)
"""Words of their own that look like misspelt ones."""

SHORTEST = 5
"""Letters: in shorter words a slip makes another word."""


def respelt(sentence: str, known: Collection[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The sentence with its words as the grammar knows them, and which were put for which.

    Args:
        sentence: in small letters, with single spaces.
        known: words that are right as they are, such as those of places.
    """
    changes: list[tuple[str, str]] = []

    def put(found: re.Match[str], word: str) -> str:
        said = found.group(0)
        if said.strip() and word.strip() != said.strip():
            changes.append((word.strip(), said.strip()))
        return word

    def put_expanded(found: re.Match[str], word: str) -> str:
        return put(found, found.expand(word))

    for pattern, word in sorted(_SIGNS, key=lambda rule: -len(rule[0])):
        sentence = re.sub(pattern, partial(put, word=word), sentence)
    for pattern, word in _SHORT:
        end = "" if pattern.endswith("/") else r"(?![\w-])"
        sentence = re.sub(
            rf"(?<![\w'-])(?:{pattern}){end}",
            partial(put_expanded, word=word),
            sentence,
        )
    sentence = re.sub(
        rf"(?<![\w'-])[a-z]{{{SHORTEST},}}(?![\w'-])",
        lambda found: found.group(0) if found.group(0) in known else put(found, _nearest(found.group(0))),
        sentence,
    )
    return " ".join(sentence.split()), tuple(changes)


def as_written(words: str, changes: Sequence[tuple[str, str]]) -> str:
    """Understood words as they stood in the sentence."""
    for put, said in changes:
        # What replaces is a pattern of its own: a backslash that was typed stays one.
        words = re.sub(rf"(?<!\w){re.escape(put)}(?!\w)", said.replace("\\", r"\\"), words, count=1)
    return words


def misspelt(said: str, word: str) -> bool:
    """Whether it is the word with one slip of a hand: two letters swapped, one left out, one doubled; or with `y` for
    `i`. One letter for another is no such slip, nor is one for several: a track is no truck, work is no works."""
    if said == word or abs(len(said) - len(word)) > 1:
        return False
    if _sounds(said) == _sounds(word):
        return True
    if len(said) == len(word):
        differ = [place for place in range(len(word)) if said[place] != word[place]]
        first, last = differ[0], differ[-1]
        return len(differ) == 2 and last == first + 1 and said[first] == word[last] and said[last] == word[first]
    if word == f"{said}s":
        return False
    if len(said) < len(word):
        return said[0] == word[0] and any(word[:place] + word[place + 1 :] == said for place in range(1, len(word)))
    return any(
        said[place] == said[place - 1] and said[:place] + said[place + 1 :] == word for place in range(1, len(said))
    )


def _sounds(word: str) -> str:
    return re.sub(r"(.)\1", r"\1", word.replace("y", "i"))


@cache
def _vocabulary() -> frozenset[str]:
    """Words that mean filters, and joints that decide what they mean."""
    words = {
        *(word for names in (CLASS_WORDS, KINDS, UPPER, LOWER, THINGS, COLOUR_WORDS, MONTHS) for word in names),
        *(word for name in (*DAY_NAMES, *PARTS_OF_DAY) for word in name.split()),
        *(
            "today",
            "yesterday",
            "tonight",
            "without",
            "except",
            "excluding",
            "wearing",
            "carrying",
            "between",
            "before",
        ),
        *("weekend", "weekends", "weekday", "weekdays", "loitering", "lingering", "heading", "sleeve", "sleeves"),
        *("sleeved", "minutes", "hours", "since", "until", "after", "other", "short", "night", "nights"),
        *(f"{day}s" for day in DAY_NAMES),
    }
    return frozenset(word for word in words if len(word) >= SHORTEST and word.isalpha())


@lru_cache(maxsize=4096)
def _nearest(said: str) -> str:
    if said in _vocabulary() or said in _NOT_MISSPELT:
        return said
    near = [word for word in sorted(_vocabulary()) if misspelt(said, word)]
    return near[0] if len(near) == 1 else said
