"""Cursors: where the next page of a list begins, opaque to whoever carries them. Pure."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

import msgspec

from gateway.bodies.form import Page
from gateway.refusals import InvalidFieldError

DEFAULT_ITEMS = 50
MOST_ITEMS = 200

T = TypeVar("T")


class IdCursor(msgspec.Struct, frozen=True, array_like=True):
    """Below this id, in lists whose newest come first."""

    id: UUID


class NameCursor(msgspec.Struct, frozen=True, array_like=True):
    """After this name."""

    name: str


class TimeCursor(msgspec.Struct, frozen=True, array_like=True):
    """After this time and id."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    id: UUID


class OrdinalCursor(msgspec.Struct, frozen=True, array_like=True):
    """After this number."""

    ordinal: int


def write_cursor(cursor: msgspec.Struct) -> str:
    """The cursor as text that needs no escaping in an address."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str | None, kind: type[T]) -> T | None:
    """The cursor in a text that `write_cursor` made. Raises InvalidFieldError for any other text."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError):
        raise InvalidFieldError("cursor", "was not given by this list: start again without one", "query") from None


class _Timed(Protocol):
    @property
    def id(self) -> UUID: ...

    @property
    def started_at(self) -> datetime: ...


Timed = TypeVar("Timed", bound=_Timed)


def time_page(found: Sequence[Timed], limit: int) -> Page[Timed]:
    """A page of a list in the order of time, from one row more than it holds."""
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        items=list(found[:limit]),
        next_cursor=None if last is None else write_cursor(TimeCursor(last.started_at, last.id)),
    )
