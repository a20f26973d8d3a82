"""What finding events needs from the world."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from contracts.events import RerunRule, RuleDraft
from kit.lease import Lease
from services.search.model.movers import Trail
from services.search.model.revision import Changes, KnownEvent, PlacedRule


class EventWork(Protocol):
    """One transaction over one camera; nobody else finds that camera's events meanwhile."""

    def armed(self, camera_id: UUID) -> Sequence[PlacedRule]:
        """The camera's armed rules."""

    def rule(self, rule_id: UUID) -> PlacedRule | None:
        """A rule, armed or not; None where it was removed."""

    def trails(self, camera_id: UUID, begin: float, end: float) -> Sequence[Trail]:
        """The camera's tracks that were in view between two times, seconds since 1970."""

    def known(self, rule_id: UUID, begin: float, end: float) -> Sequence[KnownEvent]:
        """The rule's events, as they stand, that reach into a stretch of time."""

    def write(self, placed: PlacedRule, changes: Changes) -> Sequence[tuple[UUID, str]]:
        """Writes what has changed. Returns the id and the key of each new event."""

    def supersede_all(self, rule_id: UUID) -> int:
        """Ends all of a rule's events. Returns how many there were."""

    def alert_of(self, placed: PlacedRule, new: Sequence[UUID]) -> int:
        """Alerts whoever watches the rule to new events, each once. Returns how many alerts that made."""

    def go_on(self, task: RerunRule) -> None:
        """Leaves the rest to a further job."""

    def tell(self, result: dict[str, Any]) -> None:
        """What the job's reader learns."""


class EventStore(Protocol):
    """The schema `search`, with what rules are made of."""

    def finishing(self, lease: Lease, camera_id: UUID) -> AbstractContextManager[EventWork]:
        """The transaction that ends with the job's completion. Raises LeaseLostError."""

    def part(self, lease: Lease, camera_id: UUID) -> AbstractContextManager[EventWork]:
        """The transaction of a part of a job. Raises LeaseLostError."""

    def footage_span(self, tenant_id: UUID, camera_id: UUID) -> tuple[datetime, datetime] | None:
        """When the camera's first track begins and its last ends; None where there is none."""

    def draft(self, tenant_id: UUID, draft: RuleDraft) -> PlacedRule:
        """A rule that is not stored, over its zone. Raises NotFoundError where camera or zone is not there, and
        BadRequestError where the zone is no place for it."""

    def trails(self, tenant_id: UUID, camera_id: UUID, begin: float, end: float) -> Sequence[Trail]:
        """The camera's tracks that were in view between two times, seconds since 1970."""
