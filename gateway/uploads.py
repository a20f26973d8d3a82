"""How a file is cut into parts on its way in. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from gateway.refusals import InvalidFieldError, PartsWrongError, UploadTooLargeError

LINKS_AT_ONCE = 100
"""At most so many links are signed in one answer."""

SMALL_FILE_BYTES = 64 * 1024 * 1024
"""The most that the plain upload takes."""

_MEBIBYTE = 1024 * 1024
_MOST_PARTS = 10_000
_NUMBERS = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")


@dataclass(frozen=True)
class PartPlan:
    """The parts of one upload: all of `part_bytes`, but for the last, which may be shorter."""

    size_bytes: int
    part_bytes: int

    @property
    def count(self) -> int:
        """How many parts there are."""
        return -(-self.size_bytes // self.part_bytes)


def plan_parts(size_bytes: int, *, part_bytes: int, most_bytes: int) -> PartPlan:
    """The parts of a file: of the usual size, or larger where S3's 10,000 parts would not do. Raises
    UploadTooLargeError."""
    if size_bytes > most_bytes:
        raise UploadTooLargeError(most_bytes)
    needed = -(-size_bytes // _MOST_PARTS)
    rounded = -(-needed // _MEBIBYTE) * _MEBIBYTE
    return PartPlan(size_bytes, max(part_bytes, rounded))


def read_numbers(text: str | None, plan: PartPlan) -> list[int]:
    """The part numbers in a list such as `1,3-5`; without one the first LINKS_AT_ONCE. Raises InvalidFieldError."""
    if text is None:
        return list(range(1, min(plan.count, LINKS_AT_ONCE) + 1))
    if _NUMBERS.fullmatch(text) is None:
        raise InvalidFieldError("numbers", "must be part numbers such as 1,3-5", "query")
    numbers: list[int] = []
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        numbers.extend(islice(range(int(first), int(last or first) + 1), LINKS_AT_ONCE + 1))
        if len(numbers) > LINKS_AT_ONCE:
            raise InvalidFieldError("numbers", f"at most {LINKS_AT_ONCE} at once", "query")
    if not numbers or min(numbers) < 1 or max(numbers) > plan.count:
        raise InvalidFieldError("numbers", f"this upload has the parts 1 to {plan.count}", "query")
    return numbers


def check_parts(parts: Sequence[tuple[int, str]], plan: PartPlan) -> list[tuple[int, str]]:
    """The parts (number, ETag) in their order. Raises PartsWrongError where they are not exactly those of the plan."""
    etags = dict(parts)
    if len(etags) != len(parts):
        raise PartsWrongError("a part is named twice")
    missing = [number for number in range(1, plan.count + 1) if number not in etags]
    if missing:
        raise PartsWrongError.missing(missing)
    if len(etags) > plan.count:
        raise PartsWrongError(f"part {max(etags)} is beyond the last, {plan.count}")
    return sorted(etags.items())
