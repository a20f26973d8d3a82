"""Journeys over HTTP: the gateway, the search service's use cases and Postgres together; only the models are a fake."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.journey import (
    Decision,
    HopDecision,
    HopState,
    JourneyReading,
    JourneyRequest,
    JourneysReading,
    TransitionGiven,
    TransitionSource,
    TransitionsReading,
)
from contracts.query import Fault, Reply
from contracts.vocabulary import ObjectClass, Space
from gateway.bodies.cameras import Camera
from gateway.bodies.journeys import JourneyNew, TransitionNew
from infra.cli.client import Client, GatewayRefusedError
from infra.embedded.stack import Endpoints
from services.search.model.errors import SearchError
from tests.fixtures.gateway import RunningGateway, own_gateway, tenant_of
from tests.fixtures.journeys import START, Tenant, opened, somebody


@pytest.fixture(scope="module")
def gateway(database_template: Endpoints) -> Iterator[RunningGateway]:
    with own_gateway(database_template) as running:
        yield running


@dataclass
class Site:
    """A tenant with three cameras, and its journeys behind the gateway."""

    name: str
    footage: Tenant
    client: Client
    http: httpx.Client
    gate: Camera
    yard: Camera
    lobby: Camera


@pytest.fixture
def site(gateway: RunningGateway) -> Iterator[Site]:
    name = gateway.tenant()
    database = gateway.databases.open("sightline_search")
    footage = opened(gateway.databases, tenant_of(gateway.databases, name), database)
    gateway.answer = lambda request: answered(footage, request)
    key = gateway.key(name, name="investigator")
    with gateway.client(key) as client, gateway.http(key) as http:
        cameras = [client.create_camera(camera, time_zone="Europe/Berlin") for camera in ("gate", "yard", "lobby")]
        yield Site(name, footage, client, http, *cameras)
    footage.items.close()
    database.close()
    gateway.answer = None
    gateway.asked.clear()


def answered(tenant: Tenant, request: object) -> Reply[object]:
    """As the worker would: the use case of the contract, or its fault."""
    use_cases: dict[object, Callable[[Any], Any]] = {
        JourneyRequest: tenant.journeys.start,
        JourneyReading: tenant.journeys.read,
        JourneysReading: tenant.journeys.asked,
        HopDecision: tenant.journeys.decide,
        TransitionsReading: tenant.journeys.known_transitions,
        TransitionGiven: tenant.journeys.give_transition,
    }
    try:
        return Reply(answer=use_cases[type(request)](request))
    except SearchError as error:
        return Reply(fault=Fault(code=error.code, message=str(error)))


def between(site: Site, one: Camera, other: Camera) -> TransitionNew:
    return TransitionNew(
        from_camera_id=one.id, to_camera_id=other.id, min_seconds=10, typical_seconds=40, max_seconds=200
    )


def test_somebody_is_followed_confirmed_and_told_for_people(site: Site, gateway: RunningGateway) -> None:
    site.client.give_transition(between(site, site.gate, site.yard))
    asked = site.footage.track(site.gate.id, 0, somebody(1))
    later = site.footage.track(site.yard.id, 50, somebody(1, 0.98))
    journey = site.client.start_journey(JourneyNew(track_id=asked))
    assert [(hop.track.camera, hop.track.id) for hop in journey.hops] == [("gate", asked), ("yard", later)]
    hop = journey.hops[1]
    assert hop.state is HopState.LIKELY
    assert hop.track.started_at.utcoffset() == timedelta(hours=1)
    assert f"crop/{later}/0" in str(hop.track.thumbnail_url)
    assert journey.unconfirmed == 1
    assert "1 unconfirmed" in journey.summary
    request, _ = next(asked_with for asked_with in gateway.asked if isinstance(asked_with[0], JourneyRequest))
    assert request.from_time == START - timedelta(hours=12)
    confirmed = site.client.decide_hop(journey, later, Decision.CONFIRM)
    assert [(one.state, one.decided_by) for one in confirmed.hops] == [
        (HopState.ORIGIN, None),
        (HopState.CONFIRMED, "investigator"),
    ]
    assert "unconfirmed" not in confirmed.summary
    assert site.client.journey(journey.id).version == confirmed.version == 2


def test_changes_need_the_etag_that_was_read(site: Site) -> None:
    asked = site.footage.track(site.gate.id, 0, somebody(1))
    other = site.footage.track(site.yard.id, 50, somebody(1, 0.98))
    started = site.http.post("/v1/journeys", json={"track_id": str(asked)})
    assert started.status_code == 201
    assert started.headers["ETag"] == '"1"'
    journey = started.headers["Location"]
    assert site.http.get(journey).headers["ETag"] == '"1"'
    hop = f"{journey}/hops/{other}"
    assert site.http.post(hop, json={"decision": "reject"}).status_code == 428
    done = site.http.post(hop, json={"decision": "reject"}, headers={"If-Match": '"1"'})
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    assert [one["track_id"] for one in done.json()["rejected"]] == [str(other)]
    late = site.http.post(hop, json={"decision": "confirm"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.headers["ETag"]) == (412, '"2"')


def test_a_key_for_some_cameras_gets_the_journey_that_is_there_without_the_others(
    site: Site, gateway: RunningGateway
) -> None:
    asked = site.footage.track(site.gate.id, 0, somebody(1))
    hidden = site.footage.track(site.yard.id, 50, somebody(1, 0.99))
    journey = site.client.start_journey(JourneyNew(track_id=asked))
    assert hidden in {hop.track.id for hop in journey.hops}
    with gateway.http(gateway.key(site.name, cameras=["gate", "lobby"])) as gate_and_lobby:
        found = gate_and_lobby.get(f"/v1/journeys/{journey.id}")
        assert found.status_code == 200
        assert str(hidden) not in found.text
        assert str(site.yard.id) not in found.text
        hop = gate_and_lobby.post(
            f"/v1/journeys/{journey.id}/hops/{hidden}", json={"decision": "confirm"}, headers={"If-Match": '"1"'}
        )
        assert hop.status_code == 404
        said = {"from_camera_id": str(site.gate.id), "to_camera_id": str(site.yard.id), "overlapping": True}
        assert gate_and_lobby.put("/v1/transitions", json=said).status_code == 404
    with gateway.http(gateway.key(site.name, cameras=["lobby"])) as lobby:
        assert lobby.get(f"/v1/journeys/{journey.id}").status_code == 404
        assert lobby.post("/v1/journeys", json={"track_id": str(asked)}).status_code == 404
    with gateway.http(gateway.key(gateway.tenant())) as stranger:
        assert stranger.get(f"/v1/journeys/{journey.id}").status_code == 404
        assert stranger.get("/v1/transitions").json() == {"items": []}


def test_journeys_are_listed_the_latest_first_page_by_page(site: Site) -> None:
    site.footage.encoders.pictures = {Space.APPEARANCE: somebody(1)}
    asked = [site.footage.track(site.gate.id, 60 * number, somebody(number)) for number in range(3)]
    journeys = [site.client.start_journey(JourneyNew(track_id=track)) for track in asked]
    picture = site.client.store_picture(b"\xff\xd8\xff\xe0 a picture, as far as its first bytes tell").id
    begin, end = START - timedelta(minutes=30), START + timedelta(minutes=30)
    last = site.client.start_journey(JourneyNew(picture_id=picture, from_time=begin, until_time=end))
    first = site.http.get("/v1/journeys", params={"limit": 3}).json()
    assert [one["id"] for one in first["items"]] == [str(one.id) for one in (last, *journeys[:0:-1])]
    assert (first["items"][0]["picture_id"], first["items"][0]["track"]) == (picture, None)
    rest = site.http.get("/v1/journeys", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in rest["items"]] == [str(journeys[0].id)]
    assert rest["next_cursor"] is None
    told = rest["items"][0]["track"]
    assert (told["id"], told["camera"], told["started_at"]) == (str(asked[0]), "gate", "2026-03-02T09:00:00+01:00")
    assert rest["items"][0]["asked_by"] == "investigator"
    assert [one.id for one in site.client.journeys()] == [one.id for one in (last, *reversed(journeys))]
    assert site.http.get("/v1/journeys", params={"cursor": "nonsense"}).status_code == 422


def test_a_list_tells_what_was_said_of_tracks_that_the_key_may_see(site: Site, gateway: RunningGateway) -> None:
    asked, elsewhere = (site.footage.track(camera.id, 0, somebody(1)) for camera in (site.gate, site.lobby))
    seen, hidden = (site.footage.track(camera.id, 50, somebody(1)) for camera in (site.lobby, site.yard))
    journey = site.client.start_journey(JourneyNew(track_id=asked))
    other = site.client.start_journey(JourneyNew(track_id=elsewhere))
    journey = site.client.decide_hop(journey, seen, Decision.CONFIRM)
    journey = site.client.decide_hop(journey, hidden, Decision.REJECT)
    told = {one.id: (one.confirmed, one.rejected) for one in site.client.journeys()}
    assert told == {journey.id: (1, 1), other.id: (0, 0)}
    site.client.decide_hop(journey, seen, Decision.WITHDRAW)
    assert {one.confirmed for one in site.client.journeys()} == {0}
    with gateway.client(gateway.key(site.name, cameras=["gate"])) as gate:
        assert [(one.id, one.confirmed, one.rejected) for one in gate.journeys()] == [(journey.id, 0, 0)]
    with gateway.client(gateway.key(site.name, cameras=["yard"])) as yard:
        assert list(yard.journeys()) == []
    with gateway.client(gateway.key(gateway.tenant())) as stranger:
        assert list(stranger.journeys()) == []


def test_times_between_cameras_are_given_shown_and_taken_back(site: Site) -> None:
    given = site.client.give_transition(between(site, site.gate, site.yard))
    assert {(one.from_camera_id, one.to_camera_id) for one in given} == {
        (site.gate.id, site.yard.id),
        (site.yard.id, site.gate.id),
    }
    assert all((one.source, one.typical_seconds) == (TransitionSource.GIVEN, 40) for one in given)
    assert given[0].given_by == "investigator"
    overlapping = site.client.give_transition(
        TransitionNew(from_camera_id=site.gate.id, to_camera_id=site.yard.id, overlapping=True)
    )
    assert all(one.overlapping for one in overlapping)
    pair = {"from_camera_id": str(site.yard.id), "to_camera_id": str(site.gate.id)}
    assert site.http.delete("/v1/transitions", params=pair).json() == {"items": []}
    assert site.client.transitions() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"track_id": str(uuid4()), "picture_id": "0" * 64},
        {"picture_id": "0" * 64},
        {"picture_id": "0" * 64, "from": "2026-03-02T09:00:00Z", "until": "2026-03-02T08:00:00Z"},
    ],
)
def test_a_journey_that_cannot_be_meant_is_refused(site: Site, body: dict[str, str]) -> None:
    assert site.http.post("/v1/journeys", json=body).status_code == 422


def test_times_that_cannot_be_meant_are_refused(site: Site) -> None:
    pair = {"from_camera_id": str(site.gate.id), "to_camera_id": str(site.yard.id)}
    assert site.http.put("/v1/transitions", json=pair).status_code == 422
    assert site.http.put("/v1/transitions", json={**pair, "overlapping": True, "min_seconds": 1}).status_code == 422
    assert site.http.put("/v1/transitions", json={**pair, "min_seconds": 1}).status_code == 422
    times = {"min_seconds": 50, "typical_seconds": 40, "max_seconds": 60}
    assert site.http.put("/v1/transitions", json={**pair, **times}).status_code == 422
    elsewhere = {**pair, "to_camera_id": str(uuid4()), "overlapping": True}
    assert site.http.put("/v1/transitions", json=elsewhere).status_code == 404


def test_a_picture_of_a_vehicle_begins_a_journey(site: Site) -> None:
    site.footage.encoders.pictures = {Space.APPEARANCE: somebody(1)}
    site.client.give_transition(between(site, site.gate, site.yard))
    first = site.footage.track(site.gate.id, 0, somebody(1, 0.99), object_class=ObjectClass.CAR)
    second = site.footage.track(site.yard.id, 50, somebody(1, 0.99), object_class=ObjectClass.CAR)
    picture = site.client.store_picture(b"\xff\xd8\xff\xe0 a picture, as far as its first bytes tell").id
    window: dict[str, Any] = {"from_time": START - timedelta(minutes=30), "until_time": START + timedelta(minutes=30)}
    journey = site.client.start_journey(JourneyNew(picture_id=picture, **window))
    assert [hop.track.id for hop in journey.hops] == [first, second]
    assert journey.picture_id == picture
    assert journey.unconfirmed == 2
    with pytest.raises(GatewayRefusedError) as refused:
        site.client.start_journey(JourneyNew(picture_id="0" * 64, **window))
    assert refused.value.status == 404
