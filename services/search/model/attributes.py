"""What is stored of the looks of tracks, and how it is asked for."""

from collections.abc import Sequence
from functools import cache

from contracts.search import AttributeWish
from contracts.vocabulary import ATTRIBUTE_GROUPS, parse_attribute_layout
from services.search.model.errors import BadRequestError

_VALUES = {group.key: group.values for group in ATTRIBUTE_GROUPS}


def check_wishes(wishes: Sequence[AttributeWish]) -> None:
    """Raises BadRequestError where an attribute, its value or a probability is none."""
    for wish in wishes:
        if wish.attribute not in _VALUES:
            raise BadRequestError(f"there is no attribute {wish.attribute!r}; there are {', '.join(_VALUES)}")
        if wish.value not in _VALUES[wish.attribute]:
            raise BadRequestError(
                f"{wish.attribute} is never {wish.value!r}; it is one of {', '.join(_VALUES[wish.attribute])}"
            )
        if not 0.0 < wish.probability <= 1.0:
            raise BadRequestError(f"the probability of {wish.attribute} must be above 0 and at most 1")


@cache
def attribute_place(layout: str, attribute: str, value: str) -> int | None:
    """Where in an array of this layout the value's probability is; None where it says nothing about it."""
    place = 0
    for group in parse_attribute_layout(layout):
        if group.key == attribute:
            return place + group.values.index(value) if value in group.values else None
        place += len(group.values)
    return None
