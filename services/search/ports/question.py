"""What answering questions needs from the world, beyond places and searches."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from contracts.events import EventKind
from contracts.question import CitedHit, QuestionAnswer, QuestionRequest, Subject
from contracts.vocabulary import ObjectClass
from services.search.model.coverage import FootageSpan
from services.search.model.rules_told import Fired
from services.search.model.sighting import DrawnLine, Sighting


class Sightings(Protocol):
    """What ingest saw and embed says of it. Every method raises StoreUnavailableError."""

    def footage(
        self, tenant_id: UUID, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime
    ) -> Sequence[FootageSpan]:
        """The recordings that overlap the time; of one that is being processed, what is done and what is not."""

    def sightings(
        self,
        tenant_id: UUID,
        camera_ids: Sequence[UUID],
        from_time: datetime,
        until_time: datetime,
        classes: Sequence[ObjectClass],
        *,
        most: int,
    ) -> Sequence[Sighting]:
        """The tracks that were in view within the time, with attributes and best crops, in the order of their start; at
        most `most` of them. `classes` empty: any."""

    def standing(
        self, tenant_id: UUID, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime, least: timedelta
    ) -> Sequence[Sighting]:
        """The tracks of people within the time that lasted so long or longer, each with a few points of its path and no
        attributes."""

    def lines(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[DrawnLine]:
        """The lines that are drawn on cameras' views. `permitted`: of these cameras; None: of all."""

    def fired(self, tenant_id: UUID, kind: EventKind, subject: Subject) -> Sequence[Fired]:
        """How often each armed rule of this kind fired where and when the subject is looked for; only those that did. A
        subject without zones: any rule of its cameras."""

    def scenes(
        self, tenant_id: UUID, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime
    ) -> Sequence[CitedHit]:
        """One sampled frame of each camera within the time: what an absence can show."""


class Likeness(Protocol):
    """Who looks like the object that a request shows."""

    def alike(
        self, request: QuestionRequest, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime
    ) -> Mapping[UUID, float]:
        """Track id → probability that it is the same object: a likeness, no identification. Raises SearchError."""


class Answers(Protocol):
    """The answers that are kept."""

    def keep(self, tenant_id: UUID, answer: QuestionAnswer, camera_ids: Sequence[UUID]) -> None:
        """Stores an answer under its id. `camera_ids`: only who may see all of these may read it. Raises
        StoreUnavailableError."""


class Wordsmith(Protocol):
    """The generative model in the `describe` slot."""

    def look(self, thumbnail_key: str, words: str) -> str | None:
        """How clearly the picture shows what the words say: clear, likely, unclear. None where no model is there."""

    def word(self, thumbnail_key: str, sentence: str) -> str | None:
        """The sentence in other words. None where the model is not there. Whoever calls checks what comes back."""
