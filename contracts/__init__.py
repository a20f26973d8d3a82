"""What crosses a border between services: task messages, search requests and hits, vector spaces.

Owns: the words (object classes, job states), the payload of every task, the request and the answer of a search.
Consumes: nothing. Emits: nothing. Pure data (msgspec), no I/O.

Adding an optional field keeps a contract's version; anything else is a new contract `<owner>.<noun>.v<N+1>` handled
beside the old one.
"""

from contracts.embed import EMBED_ITEMS, EMBED_REEMBED
from contracts.events import SEARCH_EVENTS, SEARCH_RERUN, SEARCH_RULE_TRIAL
from contracts.ingest import INGEST_RECORDING, INGEST_SEGMENT
from contracts.journey import (
    JOURNEY_DECIDE,
    JOURNEY_READ,
    JOURNEY_START,
    JOURNEYS_READ,
    TRANSITION_GIVE,
    TRANSITIONS_READ,
)
from contracts.question import SEARCH_QUESTION
from contracts.report import REPORT_BUILD
from contracts.search import SEARCH_QUERY
from contracts.task import Payload, TaskContract
from contracts.watches import SEARCH_WATCH, SEARCH_WATCH_PREPARE, SEARCH_WATCH_TRIAL

CONTRACTS: tuple[TaskContract[Payload], ...] = (
    INGEST_RECORDING,
    INGEST_SEGMENT,
    EMBED_ITEMS,
    EMBED_REEMBED,
    SEARCH_QUERY,
    SEARCH_QUESTION,
    JOURNEY_START,
    JOURNEY_READ,
    JOURNEYS_READ,
    JOURNEY_DECIDE,
    TRANSITIONS_READ,
    TRANSITION_GIVE,
    SEARCH_EVENTS,
    SEARCH_RERUN,
    SEARCH_RULE_TRIAL,
    SEARCH_WATCH,
    SEARCH_WATCH_PREPARE,
    SEARCH_WATCH_TRIAL,
    REPORT_BUILD,
)
"""Every task that crosses a border. Exactly one service handles each."""

CONTRACT_BY_NAME: dict[str, TaskContract[Payload]] = {contract.name: contract for contract in CONTRACTS}
"""The contracts by their names."""
