"""The Celery door of the search service. Queries: one request in, one reply out, and never an exception across the
border. Jobs: which is done how."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec
from celery import Celery

from contracts.events import SEARCH_EVENTS, SEARCH_RERUN
from contracts.query import Fault, QueryContract, Reply
from contracts.task import Payload
from contracts.watches import SEARCH_WATCH, SEARCH_WATCH_PREPARE
from kit.messaging import answer_queries
from kit.telemetry import continued_span, log_ids
from kit.worker import JobHandler
from services.search.model.errors import BadRequestError, SearchError
from services.search.pipeline.events import EventFinding
from services.search.pipeline.watches import Watching

_LOG = logging.getLogger(__name__)

P = TypeVar("P", bound=Payload)
A = TypeVar("A")


def reply_to(contract: QueryContract[P, A], make: Callable[[], Callable[[P], A]], message: str) -> Reply[A]:
    """The answer to a request (JSON of the contract's payload) by the use case that `make` gives, or the fault in its
    place; never an exception."""
    try:
        try:
            request = msgspec.json.decode(message, type=contract.payload)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise BadRequestError(f"the request cannot be read: {error}") from error
        with log_ids(tenant_id=str(getattr(request, "tenant_id", ""))):
            return Reply(answer=make()(request))
    except SearchError as error:
        _LOG.info("query not answered", extra={"contract": contract.name, "code": error.code, "cause": str(error)})
        return Reply(fault=Fault(code=error.code, message=str(error)))
    except Exception:  # noqa: BLE001
        # The border: the caller waits for a reply, and what went wrong inside is for the log.
        _LOG.exception("query failed", extra={"contract": contract.name})
        return Reply(fault=Fault(code="internal", message="the search failed; the search log says why"))


def register_query(app: Celery, contract: QueryContract[P, A], make: Callable[[], Callable[[P], A]]) -> None:
    """Answers a contract's queries. `make` gives the use case, in the process that answers, at its first query."""
    made = cache(make)

    def answer(message: str, traceparent: str | None) -> str:
        with continued_span(f"query {contract.name}", traceparent, {"messaging.system": "redis"}) as span:
            reply = reply_to(contract, made, message)
            if reply.fault is not None:
                span.set_attribute("sightline.fault", reply.fault.code)
            return msgspec.json.encode(reply).decode()

    answer_queries(app, contract, answer)


def handlers(finding: EventFinding, watching: Callable[[], Watching]) -> list[JobHandler[Any]]:
    """The service's jobs. `watching` gives the use case, in the process that works, at its first job."""
    return [
        JobHandler(contract=SEARCH_EVENTS, run=finding.find),
        JobHandler(contract=SEARCH_RERUN, run=finding.rerun),
        JobHandler(contract=SEARCH_WATCH, run=lambda items, lease: watching().look(items, lease)),
        JobHandler(contract=SEARCH_WATCH_PREPARE, run=lambda task, lease: watching().prepare(task, lease)),
    ]
