"""Where an answer's further hits begin: after so many, of what was stored when the first were asked for."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

import msgspec

from contracts.search import SearchRequest
from services.search.model.errors import BadRequestError
from services.search.model.search import Serving

MAX_DEPTH = 2000
"""Hits that can be gone through; who wants more asks more narrowly."""


class _Written(msgspec.Struct, frozen=True, array_like=True):
    digest: str
    snapshot: str
    asked_at: datetime
    offset: int


@dataclass(frozen=True)
class Cursor:
    """A page's beginning.

    Attributes:
        snapshot: of the store's transactions: what they stored counts, nothing later.
        asked_at: the moment that words like "yesterday" mean.
        offset: hits before it.
    """

    snapshot: str
    asked_at: datetime
    offset: int


def write_cursor(request: SearchRequest, serving: Serving, cursor: Cursor) -> str:
    """As text that needs no escaping in an address."""
    written = _Written(_digest(request, serving), cursor.snapshot, cursor.asked_at, cursor.offset)
    return base64.urlsafe_b64encode(msgspec.json.encode(written)).decode().rstrip("=")


def read_cursor(request: SearchRequest, serving: Serving) -> Cursor | None:
    """The request's cursor. Raises BadRequestError where it is of another request or other models, or none at all."""
    if request.cursor is None:
        return None
    text = request.cursor
    try:
        written = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Written)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError):
        raise BadRequestError("the cursor is none that a search gave: start again without one") from None
    if written.digest != _digest(request, serving):
        raise BadRequestError(
            "the cursor is of another search, or of models that were switched since: send the same request with it, or"
            " start without one"
        )
    if not 0 < written.offset <= MAX_DEPTH or written.asked_at.tzinfo is None:
        raise BadRequestError("the cursor is none that a search gave: start again without one")
    return Cursor(written.snapshot, written.asked_at, written.offset)


def _digest(request: SearchRequest, serving: Serving) -> str:
    """Of all that decides which hits there are, and in which order."""
    plain = msgspec.structs.replace(request, cursor=None, limit=1)
    models = sorted((kind.value, towers.image_model, towers.text_model) for kind, towers in serving.items())
    return hashlib.sha256(msgspec.json.encode((plain, models))).hexdigest()[:16]
