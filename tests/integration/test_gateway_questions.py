"""Questions over HTTP, answered by the real use case over the gateway's own database."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.query import Fault, Reply
from contracts.question import QuestionRequest
from contracts.report import REPORT_BUILD
from contracts.vocabulary import ObjectClass
from gateway.bodies.cameras import Camera
from infra.cli.client import Client
from services.search.adapters.describer import NoWordsmith
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.questions import KeptAnswers, StoredSightings
from services.search.model.errors import SearchError
from services.search.pipeline.question import Answering
from tests.fixtures.gateway import RunningGateway, tenant_of
from tests.fixtures.stored_items import StoredItems
from tests.integration.test_gateway_cli import sightline

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
"""Yesterday's midnight: the gateway says itself what time it is."""


class NoLikeness:
    def alike(self, *_: object) -> Mapping[UUID, float]:
        return {}


@dataclass
class Site:
    name: str
    tenant_id: UUID
    http: httpx.Client
    lobby: Camera
    gate: Camera
    tracks: list[UUID]
    items: StoredItems

    def ask(self, text: str, **more: Any) -> httpx.Response:
        return self.http.post("/v1/questions", json={"text": text, **more})


@pytest.fixture
def site(gateway: RunningGateway, tenant: str, client: Client, http: httpx.Client) -> Iterator[Site]:
    tenant_id = tenant_of(gateway.databases, tenant)
    search = gateway.databases.open("sightline_search")
    answering = Answering(
        places=GatewayPlaces(search),
        sightings=StoredSightings(search),
        likeness=NoLikeness(),
        answers=KeptAnswers(search),
        wordsmith=NoWordsmith(),
        new_id=uuid4,
    )

    def answered(request: QuestionRequest) -> Reply[Any]:
        try:
            return Reply(answer=answering.answer(request))
        except SearchError as error:
            return Reply(fault=Fault(code=error.code, message=str(error)))

    gateway.answer = answered
    items = StoredItems(gateway.databases, tenant_id)
    lobby, gate = client.create_camera("lobby"), client.create_camera("main gate")
    recording = items.recording(lobby.id, TODAY + timedelta(hours=8), hours=4)
    other = items.recording(gate.id, TODAY + timedelta(hours=8), hours=4)
    tracks = [
        items.track(lobby.id, recording, TODAY + timedelta(hours=9, minutes=minute), object_class=ObjectClass.PERSON)
        for minute in (1, 2)
    ]
    tracks.append(items.track(gate.id, other, TODAY + timedelta(hours=10), object_class=ObjectClass.BICYCLE))
    yield Site(tenant, tenant_id, http, lobby, gate, tracks, items)
    items.close()
    search.close()
    gateway.answer = None


def test_an_answer_says_what_was_seen_with_links_and_what_was_examined(site: Site) -> None:
    answered = site.ask("How many people came through the lobby yesterday between 8 and 12?")
    assert answered.status_code == 201, answered.text
    body = answered.json()
    assert body["finding"]["count"] == 2
    assert body["answer"].startswith("2 people passed lobby")
    assert {hit["id"] for hit in body["hits"]} == {str(track) for track in site.tracks[:2]}
    assert all(hit["thumbnail_url"].startswith("http") and hit["camera"] == "lobby" for hit in body["hits"])
    assert body["coverage"]["complete"]
    assert body["plan"]["subjects"][0]["happening"] == "passed"
    again = site.http.get(answered.headers["Location"])
    assert again.status_code == 200
    assert again.json()["answer"] == body["answer"]


def test_what_cannot_be_answered_is_an_answer_that_says_so(site: Site) -> None:
    body = site.ask("Was a woman at the main gate yesterday?").json()
    assert body["state"] == "unanswered"
    assert body["why"][0]["code"] == "not_observed"
    assert body["hits"] == []


def test_a_key_for_one_camera_gets_no_answer_about_another_and_reads_none(gateway: RunningGateway, site: Site) -> None:
    whole = site.ask("How many bicycles were there yesterday?")
    assert whole.json()["finding"]["count"] == 1
    with gateway.http(gateway.key(site.name, cameras=["lobby"])) as restricted:
        refused = restricted.post("/v1/questions", json={"text": "Was a bicycle at the main gate yesterday?"}).json()
        assert refused["why"][0]["code"] == "unknown_place"
        assert "main gate" not in refused["why"][0]["advice"]
        asked = {"text": "Was anyone there?", "camera_ids": [str(site.gate.id)]}
        assert restricted.post("/v1/questions", json=asked).status_code == 404
        assert restricted.get(whole.headers["Location"]).status_code == 404


def test_an_answer_becomes_a_report_with_one_call(gateway: RunningGateway, site: Site) -> None:
    answer = site.ask("How many people came through the lobby yesterday?").json()
    accepted = site.http.post(f"/v1/questions/{answer['id']}/report", json={})
    assert accepted.status_code == 202, accepted.text
    report = site.http.get(f"/v1/reports/{accepted.json()['id']}").json()
    assert report["title"] == answer["question"]
    assert answer["answer"] in report["query"]
    assert answer["coverage"]["text"] in report["query"]
    assert any(announced.contract == REPORT_BUILD.name for announced in gateway.announced)


def test_that_nobody_was_there_becomes_a_report_with_what_was_examined(gateway: RunningGateway, site: Site) -> None:
    nothing = site.ask("Was a motorcycle at the lobby yesterday?").json()
    assert (nothing["verdict"], nothing["hits"]) == ("no", [])
    accepted = site.http.post(f"/v1/questions/{nothing['id']}/report", json={})
    assert accepted.status_code == 202, accepted.text
    report = site.http.get(f"/v1/reports/{accepted.json()['id']}").json()
    assert nothing["coverage"]["text"] in report["query"]


def test_a_report_needs_the_scope_for_reports_and_an_answer(gateway: RunningGateway, site: Site) -> None:
    nothing = site.ask("Was a unicorn at the lobby yesterday?").json()
    assert nothing["state"] == "unanswered"
    assert site.http.post(f"/v1/questions/{nothing['id']}/report", json={}).status_code == 422
    with gateway.http(gateway.key(site.name, scopes=["search"])) as reader:
        assert reader.post(f"/v1/questions/{nothing['id']}/report", json={}).status_code == 403


def test_an_absence_cites_a_frame_of_each_camera_that_was_examined(site: Site) -> None:
    recording = site.items.recording(site.lobby.id, TODAY + timedelta(hours=14))
    scene = site.items.scene(site.lobby.id, recording, TODAY + timedelta(hours=14, minutes=5))
    body = site.ask("Was anyone in the lobby yesterday between 2 pm and 3 pm?").json()
    assert body["verdict"] == "no"
    assert [(hit["kind"], hit["id"]) for hit in body["hits"]] == [("scene", str(scene))]
    assert site.http.post(f"/v1/questions/{body['id']}/report", json={}).status_code == 202


def test_an_unknown_time_zone_is_refused(site: Site) -> None:
    assert site.ask("Was anyone there?", time_zone="Berlin").status_code == 422


def test_the_command_line_tells_the_answer_and_exits_with_4_where_there_is_none(
    gateway: RunningGateway, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_URL", gateway.url)
    monkeypatch.setenv("SIGHTLINE_API_KEY", gateway.key(site.name))
    told = sightline("ask", "How many people came through the lobby yesterday?", "--time-zone", "UTC", "--hits")
    assert told.exit_code == 0, told.output
    assert "2 people passed lobby" in told.stdout
    assert str(site.tracks[0]) in told.stdout
    refused = sightline("ask", "Was a woman in the lobby yesterday?", "--json")
    assert refused.exit_code == 4
    assert json.loads(refused.stdout)["why"][0]["code"] == "not_observed"
