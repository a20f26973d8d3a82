"""The form of a query: a task whose sender waits for a reply, which is an answer or a fault."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from contracts.task import P_co, TaskContract

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a query has no answer; sent back in the answer's place."""

    code: str
    """A short stable word: `bad_request`, `not_found`, `unknown_track`, `bad_picture`, `models_unavailable`,
    `store_unavailable`, `internal`."""
    message: str
    """What is wrong and what to do, for a person."""


class Reply(msgspec.Struct, Generic[A], frozen=True, kw_only=True):
    """What comes back over Celery: an answer or a fault, never both."""

    answer: A | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class QueryContract(TaskContract[P_co], Generic[P_co, A_co]):
    """A task that is answered while its sender waits."""

    answer: type[A_co] = field(kw_only=True)
    """The struct that the reply's answer decodes to."""
