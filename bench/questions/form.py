"""How a question of the suite is written down: its group, its kind, its words, its right answer by the truth."""

from dataclasses import dataclass
from datetime import datetime

from bench.questions.site import FIRST, LAST, World, at
from bench.questions.truth import ALL, Asked, Expected, Where

MON, TUE, WED = 2, 3, 4


@dataclass(frozen=True)
class Question:
    """One question, asked on Wednesday evening in Berlin."""

    group: str
    kind: str
    text: str
    expected: Expected
    time_zone: str = "Europe/Berlin"
    also: tuple[Expected, ...] = ()
    """Other right answers, where the words can be taken in several ways."""


@dataclass(frozen=True)
class Of:
    """Whom a question is about, in one world."""

    world: World

    def __call__(
        self,
        where: Where,
        cameras: str | tuple[str, ...] = ALL,
        start: datetime = FIRST,
        end: datetime = LAST,
        *,
        did: str = "in_view",
        least: float | None = None,
        most: float | None = None,
    ) -> Asked:
        """These before these cameras (all of them), within this time (all of it)."""
        return Asked(
            self.world, where, (cameras,) if isinstance(cameras, str) else cameras, start, end, did, least, most
        )


def day(number: int) -> tuple[datetime, datetime]:
    """A whole day."""
    return at(number, "00:00"), at(number + 1, "00:00")


def hours(number: int, begin: str, end: str) -> tuple[datetime, datetime]:
    """A part of a day."""
    return at(number, begin), at(number, end)


def morning(number: int) -> tuple[datetime, datetime]:
    """6 to 12."""
    return hours(number, "06:00", "12:00")


def afternoon(number: int) -> tuple[datetime, datetime]:
    """12 to 18."""
    return hours(number, "12:00", "18:00")
