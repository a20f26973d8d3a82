"""Journeys: the likely appearances of one person or vehicle over cameras, and how long it takes between cameras.

A journey is asked for once and kept; it is solved anew, for whoever asks and what they may see, each time it is read.
Nothing in it is an identification: a hop is likely, or somebody confirmed it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from contracts.query import QueryContract
from contracts.search import Box
from contracts.task import Payload, Queue
from contracts.vocabulary import ObjectClass


class HopState(StrEnum):
    """How much is known of a hop."""

    ORIGIN = "origin"
    """The track that was asked with."""
    CONFIRMED = "confirmed"
    """Somebody said that it is the same object."""
    LIKELY = "likely"
    """More probable than not; unconfirmed."""
    POSSIBLE = "possible"
    """The best there is, but not probable; unconfirmed."""


class Decision(StrEnum):
    """What somebody says of a track in a journey."""

    CONFIRM = "confirm"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    """Takes an earlier word back."""


class TransitionSource(StrEnum):
    """Where the time between two cameras is known from."""

    GIVEN = "given"
    """Somebody said it."""
    LEARNED = "learned"
    """From the tenant's own footage."""
    ASSUMED = "assumed"
    """Neither: a broad guess."""


class JourneyRequest(Payload, frozen=True, kw_only=True):
    """A journey to start. Exactly one of `track_id` and `picture_key` is set."""

    tenant_id: UUID
    journey_id: UUID
    """Chosen by whoever asks: the same request twice is one journey."""
    asked_by: str
    """Who, for the record."""
    from_time: datetime
    """Only tracks that began at or after this time."""
    until_time: datetime
    """Only tracks that began before this time."""
    track_id: UUID | None = None
    """A stored track."""
    picture_key: str | None = None
    """Object key of an uploaded picture of a person or vehicle."""
    only_camera_ids: tuple[UUID, ...] | None = None
    """The journey is looked for on these cameras. None: on all."""
    camera_ids: tuple[UUID, ...] | None = None
    """What the caller may see. None: all of the tenant's; empty: none."""


class JourneyReading(Payload, frozen=True, kw_only=True):
    """A kept journey, as it stands now."""

    tenant_id: UUID
    journey_id: UUID
    camera_ids: tuple[UUID, ...] | None = None
    """What the caller may see."""


class JourneysReading(Payload, frozen=True, kw_only=True):
    """The kept journeys, the latest first."""

    tenant_id: UUID
    limit: int
    """At most so many, from 1 on."""
    before_at: datetime | None = None
    before_id: UUID | None = None
    """Only journeys that were asked for before this one: its time and its id, both or neither."""
    camera_ids: tuple[UUID, ...] | None = None
    """What the caller may see."""


class HopDecision(Payload, frozen=True, kw_only=True):
    """What somebody says of one track in a journey."""

    tenant_id: UUID
    journey_id: UUID
    track_id: UUID
    decision: Decision
    decided_by: str
    version: int
    """Of the journey that they looked at."""
    camera_ids: tuple[UUID, ...] | None = None
    """What the caller may see."""


class SeenTrack(msgspec.Struct, frozen=True, kw_only=True):
    """A track of a journey, as people look at it."""

    id: UUID
    camera_id: UUID
    recording_id: UUID
    started_at: datetime
    ended_at: datetime
    object_class: ObjectClass
    thumbnail_key: str | None = None
    """Object key of its best crop."""
    box: Box | None = None
    """Where in the frame that was cut out."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One factor of a hop's confidence."""

    factor: str
    """`appearance`, `attributes`, `time`."""
    log_odds: float
    """What it adds: above 0 it speaks for the same object, below 0 against it."""
    told: str
    """The same for a person."""


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """Another track that could take a hop's place."""

    track: SeenTrack
    confidence: float
    """Calibrated probability, 0 to 1."""


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One track of a journey."""

    track: SeenTrack
    state: HopState
    confidence: float | None
    """Calibrated probability that it is the same object, 0 to 1. None for the origin and for what was confirmed: there
    nothing is estimated."""
    gap_seconds: float | None = None
    """From the end of the hop before to its start; below 0: at once. None for the first."""
    transition: TransitionSource | None = None
    """Where the usual time between both cameras is known from. None for the first."""
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    """Most probable first."""
    decided_by: str | None = None
    decided_at: datetime | None = None


class RejectedTrack(msgspec.Struct, frozen=True, kw_only=True):
    """A track that somebody said is not the same object: it is in no hop and no alternative."""

    track_id: UUID
    camera_id: UUID
    decided_by: str
    decided_at: datetime


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """The likely way of one object, as far as the caller may see."""

    id: UUID
    version: int
    """Grows with every decision that the caller may see."""
    asked_by: str
    asked_at: datetime
    from_time: datetime
    until_time: datetime
    hops: tuple[Hop, ...]
    """In the order of time, the origin among them."""
    unconfirmed: int
    """Hops that nobody confirmed."""
    space: str
    """The embedding space that tracks were compared in."""
    calibrated: bool
    """Whether the confidences were fitted for that space. False: they are a guess by another one."""
    track_id: UUID | None = None
    picture_key: str | None = None
    rejected: tuple[RejectedTrack, ...] = ()


class AskedJourney(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked with a journey, and what was said of it. It is not solved for a list."""

    id: UUID
    asked_by: str
    asked_at: datetime
    from_time: datetime
    until_time: datetime
    confirmed: int
    """Tracks that somebody said are the same object, as far as the caller may see them."""
    rejected: int
    track: SeenTrack | None = None
    """What it begins with, or `picture_key`."""
    picture_key: str | None = None


class AskedJourneys(msgspec.Struct, frozen=True, kw_only=True):
    """Journeys that were asked for, the latest first."""

    journeys: tuple[AskedJourney, ...]


class JourneyDecided(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a decision."""

    version: int
    """The journey's, now."""
    journey: Journey | None
    """Solved anew. None: the journey had changed in between, and nothing was stored."""


class TransitionsReading(Payload, frozen=True, kw_only=True):
    """All that is known of the times between cameras."""

    tenant_id: UUID
    camera_ids: tuple[UUID, ...] | None = None
    """What the caller may see."""


class TransitionGiven(Payload, frozen=True, kw_only=True):
    """How long it takes from one camera to another, as somebody says."""

    tenant_id: UUID
    from_camera_id: UUID
    to_camera_id: UUID
    given_by: str
    min_seconds: float | None = None
    typical_seconds: float | None = None
    max_seconds: float | None = None
    """All three, or `overlapping`, or neither: what was said before is taken back."""
    overlapping: bool = False
    """Their views overlap: one object can be seen by both at once."""
    both_ways: bool = True
    """It holds back too. Overlapping always does."""
    camera_ids: tuple[UUID, ...] | None = None
    """What the caller may see."""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the time from one camera to another."""

    from_camera_id: UUID
    to_camera_id: UUID
    source: TransitionSource
    overlapping: bool
    min_seconds: float
    """Given: nothing is quicker. Learned: nineteen of twenty are slower."""
    typical_seconds: float
    max_seconds: float
    """Given: nothing is slower. Learned: nineteen of twenty are quicker."""
    matches: float = 0.0
    """How many passages it was learned from, weighted by how sure they are."""
    given_by: str | None = None
    at: datetime | None = None
    """When it was given or learned."""


class Transitions(msgspec.Struct, frozen=True, kw_only=True):
    """The known transitions, in the order of their cameras."""

    transitions: tuple[Transition, ...]


_SECONDS = timedelta(seconds=30)

JOURNEY_START = QueryContract(
    name="search.journey.v1",
    queue=Queue.SEARCH_QUERY,
    payload=JourneyRequest,
    answer=Journey,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=_SECONDS,
)
JOURNEY_READ = QueryContract(
    name="search.journey_read.v1",
    queue=Queue.SEARCH_QUERY,
    payload=JourneyReading,
    answer=Journey,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=_SECONDS,
)
JOURNEYS_READ = QueryContract(
    name="search.journeys.v1",
    queue=Queue.SEARCH_QUERY,
    payload=JourneysReading,
    answer=AskedJourneys,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=_SECONDS,
)
JOURNEY_DECIDE = QueryContract(
    name="search.journey_decide.v1",
    queue=Queue.SEARCH_QUERY,
    payload=HopDecision,
    answer=JourneyDecided,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=_SECONDS,
)
TRANSITIONS_READ = QueryContract(
    name="search.transitions.v1",
    queue=Queue.SEARCH_QUERY,
    payload=TransitionsReading,
    answer=Transitions,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=_SECONDS,
)
TRANSITION_GIVE = QueryContract(
    name="search.transition_give.v1",
    queue=Queue.SEARCH_QUERY,
    payload=TransitionGiven,
    answer=Transitions,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=_SECONDS,
)
