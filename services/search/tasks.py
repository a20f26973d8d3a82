"""The Celery door of the search service: one request in, one reply out, and never an exception across the border."""

import logging
from collections.abc import Callable
from functools import cache

import msgspec
from celery import Celery

from contracts.search import SEARCH_QUERY, SearchFault, SearchReply, SearchRequest
from kit.messaging import answer_queries
from kit.telemetry import continued_span, log_ids
from services.search.model import BadRequestError, SearchError
from services.search.pipeline import Searching

_LOG = logging.getLogger(__name__)


def reply_to(make: Callable[[], Searching], message: str) -> SearchReply:
    """The answer to a request (JSON of SearchRequest), or the fault in its place; never an exception."""
    try:
        try:
            request = msgspec.json.decode(message, type=SearchRequest)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise BadRequestError(f"the request cannot be read: {error}") from error
        with log_ids(tenant_id=str(request.tenant_id)):
            return SearchReply(answer=make().answer(request))
    except SearchError as error:
        _LOG.info("search not answered", extra={"code": error.code, "cause": str(error)})
        return SearchReply(fault=SearchFault(code=error.code, message=str(error)))
    except Exception:  # noqa: BLE001
        # The border: the caller waits for a reply, and what went wrong inside is for the log.
        _LOG.exception("search failed")
        return SearchReply(fault=SearchFault(code="internal", message="the search failed; the search log says why"))


def register_query(app: Celery, make: Callable[[], Searching]) -> None:
    """Answers `search.query.v1`. `make` is called in the process that answers, at its first query."""
    searching = cache(make)

    def answer(message: str, traceparent: str | None) -> str:
        with continued_span(f"query {SEARCH_QUERY.name}", traceparent, {"messaging.system": "redis"}) as span:
            reply = reply_to(searching, message)
            if reply.fault is not None:
                span.set_attribute("sightline.fault", reply.fault.code)
            elif reply.answer is not None:
                span.set_attribute("sightline.hits", len(reply.answer.hits))
            return msgspec.json.encode(reply).decode()

    answer_queries(app, SEARCH_QUERY, answer)
