"""A site's tracks as journeys see them: with vectors, attributes, transitions and rates, as the service has them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from bench.journeys.footage import Passage
from bench.quality.weights import Vectors, Weights
from contracts.journey import SeenTrack
from contracts.vocabulary import ObjectClass, Subject
from kit.pixels import Pixels
from services.search.model.journey import MOST_CANDIDATES, AttributesSaid, Case, Sighting, family_of, subject_of
from services.search.model.search import LOOKALIKES, pooled
from services.search.model.transition import (
    GivenTransition,
    Look,
    Pair,
    Transitions,
    known_transitions,
    learned_passages,
)

Describe = Callable[[Sequence[Pixels]], Vectors]


@dataclass(frozen=True)
class Site:
    """All tracks of some cameras, and who each of them is."""

    name: str
    sightings: tuple[Sighting, ...]
    actors: Mapping[UUID, str]

    def same(self, one: Sighting) -> set[UUID]:
        """The other tracks of the same object."""
        actor = self.actors[one.track.id]
        return {ident for ident, other in self.actors.items() if other == actor and ident != one.track.id}

    def others(self, one: Sighting) -> list[Sighting]:
        """Tracks of its lookalike classes, the most alike first, as many as a journey is chosen from."""
        like = LOOKALIKES[one.track.object_class]
        found = [s for s in self.sightings if s.track.id != one.track.id and s.track.object_class in like]
        return sorted(found, key=lambda other: (-alike(one, other), other.track.id))[:MOST_CANDIDATES]


def only(site: Site, subject: Subject) -> Site:
    """Without all others."""
    kept = tuple(one for one in site.sightings if subject_of(one.track.object_class) is subject)
    return replace(site, sightings=kept, actors={one.track.id: site.actors[one.track.id] for one in kept})


def alike(one: Sighting, other: Sighting) -> float:
    """Cosine similarity."""
    assert one.vector is not None
    assert other.vector is not None
    return float(one.vector @ other.vector)


def looked_at(name: str, passages: Sequence[Passage], describe: Describe, weights: Weights | None) -> Site:
    """Tracks with the mean of their crops' vectors; with attributes where weights are given."""
    crops = [crop for passage in passages for crop in passage.crops]
    owner = np.array([row for row, passage in enumerate(passages) for _ in passage.crops])
    vectors = describe(crops)
    said = [None] * len(crops) if weights is None else weights.attributes(crops)
    sightings = []
    for row, passage in enumerate(passages):
        rows = np.flatnonzero(owner == row)
        track = SeenTrack(
            id=passage.track_id,
            camera_id=passage.camera_id,
            recording_id=passage.camera_id,
            started_at=passage.started_at,
            ended_at=passage.ended_at,
            object_class=passage.object_class,
        )
        own = [one for one in (said[crop] for crop in rows) if one is not None]
        sightings.append(Sighting(track, pooled(list(vectors[rows])), _attributes(own, passage.object_class)))
    actors = {passage.track_id: passage.actor for passage in passages}
    return Site(name, tuple(sightings), actors)


def transitions_of(
    site: Site, sure: Mapping[int, float] | None, given: Mapping[Pair, GivenTransition] | None = None
) -> Transitions:
    """Learned from the site's own tracks, as the service learns them; with `sure` None nothing is learned."""
    cameras = {one.track.camera_id for one in site.sightings}
    looks = [look_of(one) for one in site.sightings]
    learned = {} if sure is None else learned_passages(looks, sure)
    return known_transitions(given or {}, learned, len(cameras))


def look_of(one: Sighting) -> Look:
    """As transitions are learned from it."""
    assert one.vector is not None
    stop = one.stop
    return Look(stop.camera_id, stop.began, stop.ended, family_of(one.track.object_class), one.vector)


def case_of(site: Site, origin: Sighting, transitions: Transitions, without: frozenset[UUID] = frozenset()) -> Case:
    """A journey from one track; `without`: tracks that are not there."""
    like = LOOKALIKES[origin.track.object_class]
    # All cameras of a site filmed from its start to its end.
    first, last = min(s.stop.began for s in site.sightings), max(s.stop.ended for s in site.sightings)
    seconds = max(last - first, 60.0)
    rates: dict[UUID, float] = {}
    for camera in {one.track.camera_id for one in site.sightings}:
        own = [s.stop for s in site.sightings if s.track.camera_id == camera and s.track.object_class in like]
        if own:
            rates[camera] = len(own) / seconds
    candidates = [one for one in site.others(origin) if one.track.id not in without]
    return Case((), origin, (), candidates, transitions, rates, seconds)


def _attributes(crops: Sequence[Mapping[str, Mapping[str, float]]], object_class: ObjectClass) -> AttributesSaid:
    subject = "person" if object_class is ObjectClass.PERSON else "vehicle"
    keys = [key for key in (crops[0] if crops else {}) if key.startswith(f"{subject}.")]
    return {key: tuple(np.mean([list(crop[key].values()) for crop in crops], axis=0).tolist()) for key in keys}
