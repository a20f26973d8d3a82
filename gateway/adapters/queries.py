"""Queries: asked over Celery, answered by the search service."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from contracts.query import Fault, QueryContract, Reply
from contracts.task import Payload, TaskContract
from gateway.refusals import (
    BadPictureError,
    BadSearchError,
    NotFoundError,
    SearchUnansweredError,
    UnavailableError,
)
from kit.messaging import BrokerUnreachableError, QueryUnansweredError

P = TypeVar("P", bound=Payload)
A = TypeVar("A")

Ask = Callable[[TaskContract[Payload], str, float], str]
"""Sends a contract's query (JSON) and waits at most so many seconds for its reply (JSON); raises
QueryUnansweredError."""


def ask_query(ask: Ask, contract: QueryContract[P, A], request: P, *, seconds: float) -> A:
    """The answer to a query. Raises the refusals of `_refusal`, and SearchUnansweredError."""
    try:
        text = ask(contract, msgspec.json.encode(request).decode(), seconds)
    except BrokerUnreachableError as error:
        raise UnavailableError("searches cannot be passed on at the moment: the message broker is down") from error
    except QueryUnansweredError as error:
        raise SearchUnansweredError(seconds) from error
    reply = msgspec.json.decode(text, type=Reply[contract.answer])  # type: ignore[name-defined]
    if reply.answer is not None:
        answer: A = reply.answer
        return answer
    raise _refusal(reply.fault or Fault(code="empty", message="the search service gave no answer"), request)


def _refusal(fault: Fault, request: Payload) -> Exception:
    match fault.code:
        case "unknown_track":
            return NotFoundError("track", str(getattr(request, "track_id", "")))
        case "not_found":
            return NotFoundError(*fault.message.split(" ", 1))
        case "bad_picture":
            return BadPictureError(fault.message)
        case "bad_request":
            return BadSearchError(fault.message)
        case _:
            return UnavailableError(fault.message)
