"""How a question of the suite is written down: its group, its kind, its words, its right answer by the truth."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

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


Case = tuple[str, str, Expected, tuple[Expected, ...]]
"""Kind, question, right answer, other right answers."""

REFUSED = Expected(state="unanswered")
"""It cannot be answered, whichever reason is given."""


def case(kind: str, text: str, right: Expected, *also: Expected) -> Case:
    """One of a set."""
    return kind, text, right, also


def halves(name: str, cases: Iterable[Case]) -> Iterator[Question]:
    """A set's questions in their order: the even ones may be learnt from, the odd ones are held out."""
    for number, (kind, text, right, also) in enumerate(cases):
        yield Question(f"{name}{number % 2 + 1}", kind, text, right, also=also)


def either(some: Asked, other: Asked) -> tuple[Expected, ...]:
    """Which of both were more: the numbers, in either order; what the verdict is about is not said."""
    found = []
    for left, right in ((some, other), (other, some)):
        compared = left.more_than(right)
        absent = compared.count == 0 and compared.other == 0
        found.append(
            Expected(
                state=compared.state,
                refusal=compared.refusal,
                count=compared.count,
                other=compared.other,
                absent=absent,
            )
        )
    return tuple(found)


def per_hour(asked: Asked) -> dict[datetime, int]:
    """How many were in view in each clock hour of the asked time."""
    end = min(asked.end, LAST)
    counts = {}
    hour = asked.start.replace(minute=0)
    while hour < end:
        until = hour + timedelta(hours=1)
        counts[hour] = len(asked.but(start=max(hour, asked.start), end=min(until, end)).found())
        hour = until
    return counts


def fullest_hour(asked: Asked) -> Expected:
    """The clock hour in which the most were in view."""
    return _fullest(asked, per_hour(asked))


def fullest_day(asked: Asked) -> Expected:
    """The day on which the most were in view."""
    days = [day(number) for number in (MON, TUE, WED)]
    return _fullest(asked, {begin: len(asked.but(start=begin, end=end).found()) for begin, end in days})


def _fullest(asked: Asked, counts: dict[datetime, int]) -> Expected:
    most = max(counts.values())
    times = tuple(start for start, count in counts.items() if count == most and most > 0)
    return Expected(state=asked.state, times=times, count=most, absent=most == 0)
