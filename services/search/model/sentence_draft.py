"""A sentence while it is read: what no rule has taken yet, and what the rules have noted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.search.model.reading import DayTime, Part, Phrase, Reading


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of these words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


@dataclass
class Draft:
    """The sentence while it is read: words that a rule took are blanked."""

    words: str
    now: datetime
    """The caller's time, with their zone."""
    taken: list[tuple[int, Phrase]] = field(default_factory=list)
    reading: Reading = field(default_factory=lambda: Reading(text=""))
    days: tuple[date, date] | None = None
    between: bool = False
    """The days were named as from one to the other."""
    clock: DayTime | None = None

    def take(self, found: re.Match[str], part: Part, *, keep: bool = False) -> None:
        """Notes a phrase; blanks it unless it also describes what is looked for."""
        self.taken.append((found.start(), Phrase(part, found.group(0).strip(" ,.?!"))))
        if not keep:
            self.words = self.words[: found.start()] + " " * len(found.group(0)) + self.words[found.end() :]

    def find(self, pattern: str) -> re.Match[str] | None:
        """The first place where whole words that are left fit the pattern."""
        return re.search(rf"(?<![\w-]){pattern}(?![\w-])", self.words)

    def note(self, **changes: object) -> None:
        """Changes the reading."""
        self.reading = replace(self.reading, **changes)  # type: ignore[arg-type]
