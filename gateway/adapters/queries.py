"""Searches: asked over Celery, answered by the search service."""

from collections.abc import Callable

import msgspec

from contracts.search import SearchAnswer, SearchFault, SearchReply, SearchRequest
from gateway.refusals import (
    BadPictureError,
    BadSearchError,
    NotFoundError,
    SearchUnansweredError,
    UnavailableError,
)
from kit.messaging import BrokerUnreachableError, QueryUnansweredError

Ask = Callable[[str, float], str]
"""Sends a query's JSON and waits at most so many seconds for its reply's JSON; raises QueryUnansweredError."""


def ask_search(ask: Ask, request: SearchRequest, *, seconds: float) -> SearchAnswer:
    """The answer to a search. Raises the refusals of `_refusal`, and SearchUnansweredError."""
    try:
        text = ask(msgspec.json.encode(request).decode(), seconds)
    except BrokerUnreachableError as error:
        raise UnavailableError("searches cannot be passed on at the moment: the message broker is down") from error
    except QueryUnansweredError as error:
        raise SearchUnansweredError(seconds) from error
    reply = msgspec.json.decode(text, type=SearchReply)
    if reply.answer is not None:
        return reply.answer
    raise _refusal(reply.fault or SearchFault(code="empty", message="the search service gave no answer"), request)


def _refusal(fault: SearchFault, request: SearchRequest) -> Exception:
    match fault.code:
        case "unknown_track":
            return NotFoundError("track", str(request.track_id))
        case "bad_picture":
            return BadPictureError(fault.message)
        case "bad_request":
            return BadSearchError(fault.message)
        case _:
            return UnavailableError(fault.message)
