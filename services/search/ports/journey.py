"""What journeys need from the world, besides what searches do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.journey import HopDecision, JourneyRequest, JourneysReading, TransitionGiven
from contracts.vocabulary import ObjectClass
from services.search.model.journey import Said, Sighting
from services.search.model.transition import GivenTransition, Look, Pair, Passages


@dataclass(frozen=True, kw_only=True)
class KeptJourney:
    """What was asked."""

    id: UUID
    track_id: UUID | None
    picture_key: str | None
    only_camera_ids: tuple[UUID, ...] | None
    from_time: datetime
    until_time: datetime
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True)
class Asked:
    """A kept journey in a list, and how many tracks of cameras that the caller may see were confirmed and rejected."""

    kept: KeptJourney
    confirmed: int
    rejected: int


@dataclass(frozen=True)
class Lesson:
    """What learned ways are from."""

    space: str
    learned_at: datetime


@dataclass(frozen=True)
class SaidTransition:
    """A given way, and who gave it when."""

    transition: GivenTransition
    by: str
    at: datetime


class Sightings(Protocol):
    """Stored tracks as journeys see them. Every method raises StoreUnavailableError."""

    def of(
        self, tenant_id: UUID, track_ids: Sequence[UUID], space: str, camera_ids: Sequence[UUID] | None
    ) -> Mapping[UUID, Sighting]:
        """Those of the tracks that are there, on one of the cameras (None: any)."""

    def rates(
        self,
        tenant_id: UUID,
        classes: Sequence[ObjectClass],
        from_time: datetime,
        until_time: datetime,
        camera_ids: Sequence[UUID] | None,
    ) -> Mapping[UUID, float]:
        """Tracks of these classes a second, on each camera that has some in that time."""

    def looks(self, tenant_id: UUID, space: str, at: datetime, most: int) -> Sequence[Look]:
        """At most so many tracks of the day before and after a time, the latest."""


class JourneyStore(Protocol):
    """Journeys and what people said of them. Every method raises StoreUnavailableError."""

    def keep(self, request: JourneyRequest) -> KeptJourney:
        """Stores what was asked; the same journey again changes nothing."""

    def find(self, tenant_id: UUID, journey_id: UUID) -> KeptJourney | None:
        """None where it is not there."""

    def asked(self, request: JourneysReading) -> Sequence[Asked]:
        """The journeys that begin with a track on a camera that the caller may see, or with a picture, the latest
        first."""

    def said(self, tenant_id: UUID, journey_id: UUID, camera_ids: Sequence[UUID] | None) -> Sequence[Said]:
        """Every word on tracks of these cameras, the oldest first."""

    def decide(self, decision: HopDecision, camera_id: UUID) -> int | None:
        """Stores a word on a track of this camera, if the journey still has the version that it was said of. None where
        it did; else the version that it has, and nothing is stored."""


class TransitionStore(Protocol):
    """Times of ways between cameras. Every method raises StoreUnavailableError."""

    def given(self, tenant_id: UUID, camera_ids: Sequence[UUID] | None) -> Mapping[Pair, SaidTransition]:
        """What people said of the ways between these cameras."""

    def learned(self, tenant_id: UUID, camera_ids: Sequence[UUID] | None) -> Mapping[Pair, Passages]:
        """What footage said of the ways between these cameras."""

    def lesson(self, tenant_id: UUID) -> Lesson | None:
        """What it was learned from last."""

    def give(self, transition: TransitionGiven) -> None:
        """Stores or takes back what somebody says."""

    def learn(self, tenant_id: UUID, passages: Mapping[Pair, Passages], space: str, tracks: int) -> None:
        """Puts what was learned in the place of what was learned before."""
