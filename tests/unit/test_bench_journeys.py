"""What the bench of journeys counts, hops of two ways of following, and what it keeps of what it looked at."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from bench.journeys.kept import kept_site
from bench.journeys.measure import figures, journeys, nearest
from bench.journeys.site import Site, transitions_of
from contracts.journey import SeenTrack
from contracts.vocabulary import ObjectClass, Subject
from services.search.model.journey import FITTED, Sighting
from services.search.model.search import Vector

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
GATE, YARD = (UUID(int=number) for number in (1, 2))
ENOUGH: dict[Subject, float] = dict.fromkeys(Subject, 0.6)


def somebody(number: int, alike: float = 1.0) -> Vector:
    own, other = np.random.default_rng(number).normal(size=(2, 64))
    own /= np.linalg.norm(own)
    other -= (other @ own) * own
    look = alike * own + np.sqrt(1 - alike**2) * other / np.linalg.norm(other)
    return np.asarray(look, np.float32)


def seen(number: int, camera: UUID, seconds: float, vector: Vector) -> Sighting:
    began = START + timedelta(seconds=seconds)
    track = SeenTrack(
        id=UUID(int=100 + number),
        camera_id=camera,
        recording_id=camera,
        started_at=began,
        ended_at=began + timedelta(seconds=5),
        object_class=ObjectClass.PERSON,
    )
    return Sighting(track, vector, {})


@pytest.fixture
def site() -> Site:
    """Ann goes from the gate to the yard; at the gate somebody alike comes by."""
    sightings = (
        seen(0, GATE, 0, somebody(1)),
        seen(1, YARD, 20, somebody(1, 0.95)),
        seen(2, GATE, 60, somebody(1, 0.7)),
    )
    return Site("site", sightings, {one.track.id: ("ann", "ann", "bob")[row] for row, one in enumerate(sightings)})


def test_the_nearest_on_other_cameras_is_told_that_nobody_comes_back(site: Site) -> None:
    told = figures([site], nearest(ENOUGH), identities=False)
    untold = figures([site], nearest(ENOUGH, own_camera=True), identities=False)
    # Ann's two tracks find each other; Bob's finds Ann's in the yard.
    assert (told.precision, told.recall) == (2 / 3, 1.0)
    # Ann's at the gate finds Bob's besides, and his hers.
    assert (untold.precision, untold.recall) == (2 / 5, 1.0)


def test_likely_hops_are_among_those_that_are_told(site: Site) -> None:
    weights = next(iter(FITTED.values()))
    transitions = {site.name: transitions_of(site, None)}
    ways = journeys(transitions, weights), journeys(transitions, weights, 0.0)
    for origin in site.sightings:
        some, more = (set(follow(site, origin, frozenset())[0]) for follow in ways)
        assert some <= more


def test_who_is_away_is_no_hop(site: Site) -> None:
    away = site.sightings[1].track.id
    hops, _ = nearest(ENOUGH)(site, site.sightings[0], frozenset({away}))
    assert away not in hops


def test_what_was_looked_at_is_read_again_as_it_was(site: Site, tmp_path: Path) -> None:
    kept_site("site", ["network"], tmp_path, lambda: site)
    again = kept_site("site", ["network"], tmp_path, _nobody_looks)
    assert [one.track for one in again.sightings] == [one.track for one in site.sightings]
    assert again.actors == site.actors
    for one, other in zip(again.sightings, site.sightings, strict=True):
        assert one.vector is not None
        assert other.vector is not None
        assert (one.vector == other.vector).all()


def test_another_network_looks_for_itself(site: Site, tmp_path: Path) -> None:
    kept_site("site", ["network"], tmp_path, lambda: site)
    other = Site("site", site.sightings[:1], site.actors)
    assert kept_site("site", ["another network"], tmp_path, lambda: other) is other


def _nobody_looks() -> Site:
    raise AssertionError("it was kept and is looked at again")
