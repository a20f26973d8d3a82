"""Journeys on the real Postgres: the chain, what cannot be, what people say of it, and who may see what."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.journey import (
    Decision,
    HopDecision,
    HopState,
    Journey,
    JourneyRequest,
    TransitionSource,
    TransitionsReading,
)
from contracts.vocabulary import ObjectClass, Space
from kit.postgres import Database
from services.search.model.errors import BadRequestError, UnknownTrackError
from services.search.model.journey import JourneyMissingError
from tests.databases import ServiceDatabases
from tests.fixtures.journeys import START, Tenant, opened, somebody

TENANT = UUID("01990000-0000-7000-8000-0000000000aa")
OTHER_TENANT = UUID("01990000-0000-7000-8000-0000000000bb")
GATE, YARD, LOBBY, CAR_PARK = (UUID(int=number) for number in (1, 2, 3, 4))


def tracks(journey: Journey) -> list[UUID]:
    return [hop.track.id for hop in journey.hops]


def shown(journey: Journey) -> set[UUID]:
    """Every track that the journey shows anywhere."""
    alternatives = [one.track.id for hop in journey.hops for one in hop.alternatives]
    return {*tracks(journey), *alternatives, *(one.track_id for one in journey.rejected)}


@pytest.fixture
def database(databases: ServiceDatabases) -> Iterator[Database]:
    opened_database = databases.open("sightline_search")
    yield opened_database
    opened_database.close()


@pytest.fixture
def tenant(databases: ServiceDatabases, database: Database) -> Iterator[Tenant]:
    made = opened(databases, TENANT, database)
    yield made
    made.items.close()


@pytest.fixture
def stranger(databases: ServiceDatabases, database: Database) -> Iterator[Tenant]:
    made = opened(databases, OTHER_TENANT, database)
    yield made
    made.items.close()


def crowd(tenant: Tenant, count: int = 12) -> None:
    """Others who come by on all cameras."""
    for number in range(count):
        for camera in (GATE, YARD, LOBBY):
            tenant.track(camera, -900 + 150 * number + camera.int, somebody(100 + number, 0.9))


def test_a_person_is_followed_over_three_cameras_in_the_order_of_time(tenant: Tenant) -> None:
    crowd(tenant)
    for pair in ((GATE, YARD), (YARD, LOBBY)):
        tenant.give(*pair, 10, 40, 200)
    before = tenant.track(GATE, 0, somebody(1, 0.97), colour="red")
    asked = tenant.track(YARD, 50, somebody(1), colour="red")
    after = tenant.track(LOBBY, 100, somebody(1, 0.97), colour="red")
    journey = tenant.start(asked)
    assert tracks(journey) == [before, asked, after]
    assert [hop.state for hop in journey.hops] == [HopState.LIKELY, HopState.ORIGIN, HopState.LIKELY]
    assert journey.unconfirmed == 2
    assert journey.hops[2].gap_seconds == pytest.approx(42)
    assert journey.hops[2].transition is TransitionSource.GIVEN
    assert {reason.factor for reason in journey.hops[2].reasons} == {"appearance", "attributes", "time"}
    assert all(0.5 <= (hop.confidence or 1.0) <= 1.0 for hop in journey.hops)
    assert journey.hops[0].track.thumbnail_key == f"crop/{before}/0"
    # Read again it is the same.
    assert tenant.read(journey) == journey


def test_nobody_is_at_two_places_at_once_or_quicker_than_can_be(tenant: Tenant) -> None:
    for pair in ((GATE, YARD), (GATE, LOBBY), (YARD, LOBBY)):
        tenant.give(*pair, 30, 60, 300)
    asked = tenant.track(GATE, 0, somebody(1))
    at_once = tenant.track(LOBBY, 4, somebody(1))
    too_quick = tenant.track(YARD, 20, somebody(1))
    in_time = tenant.track(YARD, 60, somebody(1, 0.97))
    journey = tenant.start(asked)
    assert tracks(journey) == [asked, in_time]
    assert shown(journey).isdisjoint({at_once, too_quick})


def test_who_is_seen_at_once_is_told_with_less_confidence_where_nobody_said_that_views_overlap(tenant: Tenant) -> None:
    asked = tenant.track(GATE, 0, somebody(1))
    at_once = tenant.track(LOBBY, 4, somebody(1, 0.9), colour="red")
    before = tenant.start(asked)
    assert tracks(before) == [asked, at_once]
    assert "not known" in next(reason.told for reason in before.hops[1].reasons if reason.factor == "time")
    tenant.give(LOBBY, GATE, overlapping=True)
    journey = tenant.start(asked)
    assert tracks(journey) == [asked, at_once]
    assert journey.hops[1].gap_seconds == pytest.approx(-4)
    assert "whose views overlap" in next(r.told for r in journey.hops[1].reasons if r.factor == "time")
    assert (before.hops[1].confidence or 1.0) < (journey.hops[1].confidence or 0.0)


def test_a_colour_that_contradicts_counts_against_a_track(tenant: Tenant) -> None:
    tenant.give(GATE, YARD, 10, 40, 200)
    asked = tenant.track(GATE, 0, somebody(1), colour="red")
    blue = tenant.track(YARD, 48, somebody(1, 0.96), colour="blue")
    red = tenant.track(YARD, 52, somebody(1, 0.96), colour="red")
    journey = tenant.start(asked)
    assert tracks(journey) == [asked, red]
    told = {reason.factor: reason for reason in journey.hops[1].reasons}
    assert told["attributes"].told == "agree: upper colour"
    # The same look in another colour is hardly worth a look.
    assert all(one.confidence < 0.3 for one in journey.hops[1].alternatives if one.track.id == blue)


def test_what_was_rejected_is_gone_and_the_next_best_takes_its_place(tenant: Tenant) -> None:
    tenant.give(GATE, YARD, 10, 40, 200)
    asked = tenant.track(GATE, 0, somebody(1))
    best = tenant.track(YARD, 48, somebody(1, 0.99))
    second = tenant.track(YARD, 50, somebody(1, 0.98))
    journey = tenant.start(asked)
    assert tracks(journey) == [asked, best]
    assert [one.track.id for one in journey.hops[1].alternatives] == [second]
    after = tenant.say(journey, best, Decision.REJECT)
    assert tracks(after) == [asked, second]
    assert [(one.track_id, one.decided_by) for one in after.rejected] == [(best, "somebody")]
    assert after.hops[1].alternatives == ()
    assert after.version == journey.version + 1
    back = tenant.say(after, best, Decision.WITHDRAW)
    assert tracks(back) == [asked, best]


def test_what_was_confirmed_stays_and_is_looked_for_too(tenant: Tenant) -> None:
    tenant.give(GATE, YARD, 10, 40, 200)
    tenant.give(YARD, LOBBY, 10, 40, 200)
    asked = tenant.track(GATE, 0, somebody(1))
    # From behind: like nothing that was asked with, but like what comes later.
    behind = tenant.track(YARD, 50, somebody(7))
    later = tenant.track(LOBBY, 100, somebody(7, 0.99))
    journey = tenant.start(asked)
    assert tracks(journey) == [asked]
    after = tenant.say(journey, behind, Decision.CONFIRM)
    assert tracks(after) == [asked, behind, later]
    confirmed = after.hops[1]
    assert (confirmed.state, confirmed.confidence, confirmed.decided_by) == (HopState.CONFIRMED, None, "somebody")
    assert confirmed.decided_at is not None
    assert after.hops[2].state in (HopState.LIKELY, HopState.POSSIBLE)
    assert after.unconfirmed == 1


def test_a_decision_on_an_older_journey_is_not_stored(tenant: Tenant) -> None:
    asked = tenant.track(GATE, 0, somebody(1))
    other = tenant.track(YARD, 60, somebody(1, 0.98))
    journey = tenant.start(asked)
    tenant.say(journey, other, Decision.REJECT)
    late = HopDecision(
        tenant_id=TENANT,
        journey_id=journey.id,
        track_id=other,
        decision=Decision.CONFIRM,
        decided_by="too late",
        version=journey.version,
    )
    decided = tenant.journeys.decide(late)
    assert (decided.journey, decided.version) == (None, journey.version + 1)
    assert [one.track_id for one in tenant.read(journey).rejected] == [other]


def test_what_cannot_be_said_is_refused(tenant: Tenant) -> None:
    asked = tenant.track(GATE, 0, somebody(1))
    journey = tenant.start(asked)
    with pytest.raises(BadRequestError, match="begins with this track"):
        tenant.say(journey, asked, Decision.REJECT)
    with pytest.raises(UnknownTrackError):
        tenant.say(journey, uuid4(), Decision.CONFIRM)
    with pytest.raises(BadRequestError, match="in this order"):
        tenant.give(GATE, YARD, 50, 40, 200)
    with pytest.raises(BadRequestError, match="overlap itself"):
        tenant.give(GATE, GATE, overlapping=True)


def test_a_camera_that_may_not_be_seen_is_as_if_it_were_not_there(tenant: Tenant) -> None:
    tenant.give(GATE, YARD, 10, 40, 200)
    asked = tenant.track(GATE, 0, somebody(1))
    hidden = tenant.track(YARD, 48, somebody(1, 0.99))
    shown_one = tenant.track(LOBBY, 100, somebody(1, 0.99))
    everything = tenant.start(asked)
    assert hidden in tracks(everything)
    rejected = tenant.say(everything, hidden, Decision.REJECT)
    assert rejected.version == 2
    seen = tenant.read(everything, cameras=[GATE, LOBBY])
    # The word on a hidden track is hidden too, also from the version.
    assert seen.version == 1
    assert shown(seen) == {asked, shown_one}
    # Exactly what would be there without that camera.
    narrowed = tenant.start(asked, only=[GATE, LOBBY])
    assert [(hop.track, hop.confidence) for hop in seen.hops] == [(h.track, h.confidence) for h in narrowed.hops]
    with pytest.raises(UnknownTrackError):
        tenant.say(seen, hidden, Decision.CONFIRM, cameras=[GATE, LOBBY])
    with pytest.raises(JourneyMissingError):
        tenant.read(everything, cameras=[YARD, LOBBY])
    with pytest.raises(JourneyMissingError):
        tenant.read(everything, cameras=[])
    with pytest.raises(UnknownTrackError):
        tenant.start(asked, cameras=[YARD])
    known = tenant.journeys.known_transitions(TransitionsReading(tenant_id=TENANT, camera_ids=(GATE, LOBBY)))
    assert all(YARD not in (one.from_camera_id, one.to_camera_id) for one in known.transitions)


def test_two_tenants_see_nothing_of_each_other(tenant: Tenant, stranger: Tenant) -> None:
    asked = tenant.track(GATE, 0, somebody(1))
    own = tenant.track(YARD, 60, somebody(1, 0.99))
    foreign = stranger.track(YARD, 50, somebody(1))
    stranger.give(GATE, YARD, overlapping=True)
    journey = tenant.start(asked)
    assert tracks(journey) == [asked, own]
    assert foreign not in shown(journey)
    with pytest.raises(JourneyMissingError):
        stranger.read(journey)
    with pytest.raises(UnknownTrackError):
        stranger.start(asked)
    reading = TransitionsReading(tenant_id=TENANT)
    assert not any(one.overlapping for one in tenant.journeys.known_transitions(reading).transitions)


def test_the_times_between_cameras_are_learned_from_the_footage(tenant: Tenant) -> None:
    for number in range(14):
        at = -1500 + 200 * number
        tenant.track(GATE, at, somebody(200 + number))
        tenant.track(YARD, at + 8 + 30 + number, somebody(200 + number, 0.98))
    journey = tenant.start(tenant.track(GATE, 1700, somebody(1)))
    assert tracks(journey) != []
    known = tenant.journeys.known_transitions(TransitionsReading(tenant_id=TENANT)).transitions
    (learned,) = [one for one in known if (one.from_camera_id, one.to_camera_id) == (GATE, YARD)]
    assert learned.source is TransitionSource.LEARNED
    assert learned.typical_seconds == pytest.approx(36, rel=0.25)
    assert learned.matches > 8
    assert not learned.overlapping
    tenant.give(GATE, YARD, 1, 5, 9)
    given = tenant.journeys.known_transitions(TransitionsReading(tenant_id=TENANT)).transitions
    assert {one.source for one in given if one.from_camera_id == GATE} == {TransitionSource.GIVEN}
    # Taken back, what was learned counts again.
    tenant.give(GATE, YARD)
    assert tenant.journeys.known_transitions(TransitionsReading(tenant_id=TENANT)).transitions == known


def test_a_picture_of_a_vehicle_begins_a_journey_too(tenant: Tenant) -> None:
    tenant.encoders.pictures = {Space.APPEARANCE: somebody(1)}
    tenant.give(GATE, CAR_PARK, 10, 40, 200)
    crowd(tenant, 4)
    first = tenant.track(GATE, 0, somebody(1, 0.98), object_class=ObjectClass.CAR)
    # A van is a truck from another side.
    second = tenant.track(CAR_PARK, 50, somebody(1, 0.98), object_class=ObjectClass.TRUCK)
    tenant.track(GATE, 300, somebody(5), object_class=ObjectClass.CAR)
    person = tenant.track(CAR_PARK, 400, somebody(1))
    journey = tenant.start(None, picture_key="pictures/car")
    assert tracks(journey) == [first, second]
    assert person not in shown(journey)
    assert all(hop.state in (HopState.LIKELY, HopState.POSSIBLE) for hop in journey.hops)
    assert journey.unconfirmed == 2
    rejected = tenant.say(journey, first, Decision.REJECT)
    assert first not in tracks(rejected)


def test_the_same_journey_asked_for_twice_is_kept_once(tenant: Tenant, database: Database) -> None:
    asked = tenant.track(GATE, 0, somebody(1))
    request = JourneyRequest(
        tenant_id=TENANT,
        journey_id=uuid4(),
        asked_by="investigator",
        from_time=START - timedelta(hours=1),
        until_time=START + timedelta(hours=1),
        track_id=asked,
    )
    assert tenant.journeys.start(request) == tenant.journeys.start(request)
    with database.transaction(TENANT) as connection:
        row = connection.execute("SELECT count(*) AS journeys FROM search.journeys").fetchone()
    assert row == {"journeys": 1}
