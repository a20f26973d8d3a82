"""A sentence while it is read: what no rule has taken yet, and what the rules have noted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from services.search.model.reading import DayTime, Part, Phrase, Reading


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of these words, the longest first."""
    return _any_of(tuple(words))


@lru_cache(maxsize=256)
def _any_of(words: tuple[str, ...]) -> str:
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


@dataclass
class Draft:
    """The sentence while it is read: words that a rule took are blanked."""

    words: str
    now: datetime
    """The caller's time, with their zone."""
    typed: bool = False
    """Typed into a search box: whatever only searches know is read, too."""
    place_words: frozenset[str] = frozenset()
    """With which the names of places begin."""
    taken: list[tuple[int, Phrase]] = field(default_factory=list)
    reading: Reading = field(default_factory=lambda: Reading(text=""))
    days: tuple[date, date] | None = None
    between: bool = False
    """The days were named as from one to the other."""
    clock: DayTime | None = None

    def take(self, found: re.Match[str], part: Part, *, keep: bool = False) -> None:
        """Notes a phrase; blanks it unless it also describes what is looked for."""
        self.cut(found.start(), found.end(), part, keep=keep)

    def cut(self, start: int, end: int, part: Part, *, keep: bool = False) -> None:
        """The same, of the words between two places."""
        self.taken.append((start, Phrase(part, self.words[start:end].strip(" ,.?!"))))
        if not keep:
            self.words = self.words[:start] + " " * (end - start) + self.words[end:]

    def find(self, pattern: str) -> re.Match[str] | None:
        """The first place where whole words that are left fit the pattern."""
        return re.search(rf"(?<![\w-]){pattern}(?![\w-])", self.words)

    def note(self, **changes: object) -> None:
        """Changes the reading."""
        self.reading = replace(self.reading, **changes)  # type: ignore[arg-type]
