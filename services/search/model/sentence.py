"""Reading a sentence: which of its words mean filters, and what is left to look for by likeness.

The grammar is this file with `sentence_times` and `sentence_clock`, `sentence_places`, `sentence_things` and
`sentence_movement`: phrases as regular expressions over plain words (`sentence_words`), tried in the order of `_read`.
Whatever no rule knows stays in the text that the language model encodes. Nothing in a sentence is executed; it only
fills `Reading`. English.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.search.model.reading import DayTime, Part, Phrase, Place, Reading, Wish
from services.search.model.sentence_draft import Draft
from services.search.model.sentence_movement import read_direction, read_stay
from services.search.model.sentence_places import read_places
from services.search.model.sentence_spelling import as_written, respelt
from services.search.model.sentence_things import read_things
from services.search.model.sentence_times import read_times
from services.search.model.sentence_words import CLASS_WORDS

__all__ = ["CLASS_WORDS", "DayTime", "Part", "Phrase", "Place", "Reading", "Wish", "read", "read_typed"]

_REQUEST = re.compile(
    r"^(?:please |pls )?(?:(?:can|could) you )?(?:(?:show|give|get|find) (?:me|us) |find |search for |search |look for "
    r"|looking for |i(?:'m| am) looking for |i (?:want|need) to see |(?:i )?need |(?:was|were|is|are) there )"
    r"(?:all |any )?"
    r"(?:(?:the )?(?:footage|clips?|videos?|recordings?|pictures?|images?|events?) (?:of|with|showing|where) )?"
)
"""How somebody asks a machine for what follows."""
_ANYTHING = frozenset({"anything", "everything", "something", "any", "all", "anything that", "everything that"})
"""What describes nothing."""


def read(sentence: str, *, now: datetime, places: Sequence[Place] = ()) -> Reading:
    """Reads what searches and questions have in common: times, places, counts, exclusions, classes, attributes.

    Args:
        sentence: as typed.
        now: the caller's time, with their zone: days and dates are theirs.
        places: the names of the cameras, sites and zones that the caller may see.
    """
    return _read(Draft(_plain(sentence), now, place_words=_beginnings(places)), places)


def read_typed(sentence: str, *, now: datetime, places: Sequence[Place] = ()) -> Reading:
    """Reads what is typed into a search box: misspelt words, directions, lengths of stays and kinds of objects, too.

    Args: as of `read`.
    """
    known = {word for place in places for word in re.findall(r"\w+", place.name.lower())}
    words, changes = respelt(_plain(sentence), known)
    draft = Draft(_REQUEST.sub("", words) or words, now, typed=True, place_words=_beginnings(places))
    reading = _read(draft, places)
    text = "" if reading.text in _ANYTHING else reading.text
    phrases = tuple(replace(phrase, words=as_written(phrase.words, changes)) for phrase in reading.phrases)
    return replace(reading, text=text, phrases=phrases)


def _beginnings(places: Sequence[Place]) -> frozenset[str]:
    return frozenset(word for place in places for word in re.findall(r"\w+", place.name.lower())[:1])


def _read(draft: Draft, places: Sequence[Place]) -> Reading:
    if draft.typed:
        read_stay(draft)
    read_times(draft)
    read_places(draft, places)
    if draft.typed:
        read_direction(draft)
    read_things(draft)
    phrases = tuple(phrase for _, phrase in sorted(draft.taken, key=lambda one: one[0]))
    return replace(draft.reading, text=_tidied(draft.words), phrases=phrases)


def _plain(sentence: str) -> str:
    """In small letters, with the quotes and dashes of a keyboard."""
    return " ".join(sentence.lower().replace("’", "'").replace("–", "-").split())


def _tidied(words: str) -> str:
    """What is left, without the joints of what was taken."""
    words = " ".join(words.split())
    loose = r"(?:(?:that|who|which) (?:is|are|was|were)|and|or|but|on|at|in|from|the|of|,|\.|\?|!|:|;)"
    dangling = r"(?:with|wearing|who|that|which|is|are|was|were)"
    previous = None
    while previous != words:
        previous = words
        words = re.sub(rf"^(?:{loose}(?:\s|$))+|(?:\s(?:{loose}|{dangling})|[,.?!:;])+$", "", words).strip()
        words = re.sub(r"\s+([,.?!])", r"\1", words)
        words = re.sub(r",(?:\s*,)+", ",", words)
    return words
