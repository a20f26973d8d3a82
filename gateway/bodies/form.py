"""The form of all bodies: requests, answers, pages, problems, and the kinds of fields that many have."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")


Name = Annotated[str, Meta(min_length=1, max_length=200)]


Instant = Annotated[
    datetime, Meta(tz=True, description="RFC 3339 with an offset.", examples=["2026-03-02T08:00:00+01:00"])
]


TimeZone = Annotated[str, Meta(max_length=64, description="IANA time zone.", examples=["Europe/Berlin"])]


Share = Annotated[float, Meta(ge=0, le=1)]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an answer."""


class Page(Answer, Generic[T], frozen=True, kw_only=True):
    """One page of a list. Ask again with `cursor` set to `next_cursor` until that is null."""

    items: list[T]
    next_cursor: str | None
    """Null on the last page."""


class FieldError(Answer, frozen=True, kw_only=True):
    """One field that is wrong."""

    field: Annotated[str, Meta(description="Its path, such as `parts.0.etag`.")]
    message: str
    source: Annotated[str, Meta(description="body, query, path or header.")]


class ProblemBody(Answer, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details."""

    type: Annotated[str, Meta(examples=["urn:sightline:problem:not-found"])]
    title: str
    status: int
    detail: Annotated[str, Meta(description="What is wrong here, and what to do.")]
    request_id: str
    errors: list[FieldError] = []
