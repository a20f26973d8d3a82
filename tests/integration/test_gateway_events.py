"""Rules, events, watches and alerts, over HTTP on the real Postgres."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from contracts.events import SEARCH_RERUN, DayCount, EventKind, FoundEvent, RuleTried, TryRule
from contracts.query import Fault, Reply
from contracts.search import Hit
from contracts.vocabulary import ItemKind, ObjectClass, Space
from contracts.watches import TryWatch, WatchTried
from infra.cli.client import Client
from tests.fixtures.gateway import RunningGateway, tenant_of

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
GATE = [[0.1, 0.5], [0.6, 0.5], [0.6, 0.95], [0.1, 0.95]]
LINE = [[0.5, 0.0], [0.5, 1.0]]
IF_FIRST = {"If-Match": '"1"'}


class Yard:
    """A camera with a zone and a line, and rows as the search service writes them."""

    def __init__(self, gateway: RunningGateway, tenant: str, client: Client, http: httpx.Client) -> None:
        self.gateway, self.http = gateway, http
        self.tenant_id = tenant_of(gateway.databases, tenant)
        self.camera_id = client.ensure_camera("yard", time_zone="Europe/Berlin").id
        self.other_id = client.ensure_camera("lobby").id
        path = f"/v1/cameras/{self.camera_id}/zones"
        self.zone_path = http.post(path, json={"name": "gate", "points": GATE}).headers["location"]
        self.zone_id = self.zone_path.rsplit("/", 1)[1]
        self.line_id = http.post(path, json={"name": "line", "kind": "line", "points": LINE}).json()["id"]

    def rule(self, **fields: Any) -> httpx.Response:
        body = {"camera_id": str(self.camera_id), "name": "loitering", "kind": "loitering", "zone_id": self.zone_id}
        return self.http.post("/v1/rules", json={**body, **fields})

    def watch(self, **fields: Any) -> httpx.Response:
        return self.http.post("/v1/watches", json={"name": "trucks", **fields})

    def reruns(self, rule_id: str) -> int:
        return sum(1 for told in self._jobs() if told == rule_id)

    def _jobs(self) -> list[str]:
        rows = self.owner(
            "SELECT subject_id FROM jobs.jobs WHERE tenant_id = %s AND contract = %s",
            (self.tenant_id, SEARCH_RERUN.name),
        )
        return [str(row[0]) for row in rows]

    def owner(self, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.gateway.databases.superuser_dsn) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def event(
        self, rule_id: str, minute: float, *, camera_id: UUID | None = None, direction: str | None = None
    ) -> UUID:
        event_id = uuid4()
        at = START + timedelta(minutes=minute)
        self.owner(
            "INSERT INTO search.events (id, revision, tenant_id, camera_id, rule_id, rule_version, zone_id,"
            " zone_version, kind, key, started_at, ended_at, track_ids, object_class, direction, x, y, measure,"
            " confidence)"
            " VALUES (%s, 1, %s, %s, %s, 1, %s, 1, 'line_crossed', %s, %s, %s, %s, 'person', %s, 0.5, 0.5, 60, 0.8)",
            (
                event_id,
                self.tenant_id,
                camera_id or self.camera_id,
                rule_id,
                self.zone_id,
                event_id.hex,
                at,
                at + timedelta(minutes=1),
                [uuid4()],
                direction,
            ),
        )
        return event_id

    def alert(self, watch_id: str, item: str, item_id: UUID, hit: str | None = None) -> UUID:
        rows = self.owner(
            "INSERT INTO search.alerts (tenant_id, watch_id, watch_version, camera_id, item_kind, item_id, started_at,"
            " ended_at, hit) VALUES (%s, %s, 1, %s, %s, %s, %s, %s, %s) RETURNING id",
            (self.tenant_id, watch_id, self.camera_id, item, item_id, START, START, hit),
        )
        found: UUID = rows[0][0]
        return found


@pytest.fixture
def yard(gateway: RunningGateway, tenant: str, client: Client, http: httpx.Client) -> Yard:
    return Yard(gateway, tenant, client, http)


@pytest.fixture
def lobby_only(gateway: RunningGateway, tenant: str, yard: Yard) -> Iterator[httpx.Client]:
    """A key that may see the lobby only; the yard was made before."""
    assert yard.other_id
    with gateway.http(gateway.key(tenant, cameras=["lobby"])) as http:
        yield http


def test_a_rule_is_made_listed_changed_and_removed(yard: Yard, http: httpx.Client) -> None:
    schedule = {"day_time": {"start": "22:00:00", "until": "06:00:00"}, "weekdays": ["monday", "sunday"]}
    made = yard.rule(parameters={"seconds": 60, "classes": ["person"]}, schedule=schedule)
    assert made.status_code == 201, made.text
    rule, here = made.json(), made.headers["location"]
    assert rule["armed"] is False
    assert rule["parameters"] == {"seconds": 60.0, "classes": ["person"]}
    assert rule["schedule"] == schedule
    assert http.get(here).json() == rule
    assert http.get("/v1/rules", params={"camera_id": str(yard.camera_id)}).json()["items"] == [rule]
    assert http.get("/v1/rules", params={"camera_id": str(yard.other_id)}).json()["items"] == []
    assert http.patch(here, json={"armed": True}).status_code == 428
    changed = http.patch(here, json={"armed": True, "schedule": None}, headers=IF_FIRST)
    assert (changed.json()["armed"], changed.json()["schedule"], changed.json()["version"]) == (True, None, 2)
    assert http.delete(here, headers=IF_FIRST).status_code == 412
    assert http.delete(here, headers={"If-Match": '"2"'}).status_code == 204
    assert http.get(here).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "line_crossed"}, "zone_id"),
        ({"kind": "zone_entered", "zone_id": None}, "zone_id"),
        ({"kind": "speeding"}, "parameters.speed_widths"),
        ({"kind": "speeding", "parameters": {"speed_kmh": 30}}, "parameters.speed_kmh"),
        ({"kind": "wrong_direction"}, "parameters.heading_degrees"),
        ({"kind": "levitating"}, "kind"),
        ({"parameters": {"seconds": -1}}, "parameters.seconds"),
    ],
)
def test_a_rule_that_cannot_find_anything_is_refused(yard: Yard, fields: dict[str, Any], field: str) -> None:
    answer = yard.rule(**fields)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_a_zone_of_another_camera_is_no_place_for_a_rule(yard: Yard) -> None:
    assert yard.rule(camera_id=str(yard.other_id)).status_code == 404


def test_events_are_found_anew_when_an_armed_rule_or_its_zone_changes_and_only_then(
    yard: Yard, http: httpx.Client
) -> None:
    asleep, armed = yard.rule().json()["id"], yard.rule(name="armed", armed=True).json()["id"]
    assert (yard.reruns(asleep), yard.reruns(armed)) == (0, 1)
    http.patch(f"/v1/rules/{armed}", json={"parameters": {"seconds": 30}}, headers=IF_FIRST)
    assert yard.reruns(armed) == 2
    assert http.patch(yard.zone_path, json={"name": "north gate"}, headers=IF_FIRST).status_code == 200
    assert (yard.reruns(asleep), yard.reruns(armed)) == (0, 3)
    http.patch(f"/v1/rules/{armed}", json={"armed": False}, headers={"If-Match": '"2"'})
    assert yard.reruns(armed) == 4


def test_a_zone_with_a_rule_stays(yard: Yard, http: httpx.Client) -> None:
    rule = yard.rule()
    refused = http.delete(yard.zone_path, headers=IF_FIRST)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:sightline:problem:zone-in-use"
    http.delete(rule.headers["location"], headers=IF_FIRST)
    assert http.delete(yard.zone_path, headers=IF_FIRST).status_code == 204


def test_events_are_listed_by_kind_camera_zone_rule_and_time_in_pages(yard: Yard, http: httpx.Client) -> None:
    rule_id = yard.rule().json()["id"]
    events = [str(yard.event(rule_id, minute)) for minute in (0, 10, 20)]

    def listed(**asked: Any) -> list[str]:
        return [event["id"] for event in http.get("/v1/events", params=asked).json()["items"]]

    assert listed() == events
    assert listed(kind="line_crossed") == events
    assert listed(kind="crowding") == []
    assert listed(zone_id=yard.zone_id, rule_id=rule_id, camera_id=str(yard.camera_id)) == events
    assert listed(camera_id=str(yard.other_id)) == []
    time = {"from": (START + timedelta(minutes=10)).isoformat(), "until": (START + timedelta(minutes=20)).isoformat()}
    assert listed(**time) == events[1:2]
    first = http.get("/v1/events", params={"limit": 2}).json()
    assert [event["id"] for event in first["items"]] == events[:2]
    assert listed(limit=2, cursor=first["next_cursor"]) == events[2:]
    told = first["items"][0]
    assert told["started_at"] == "2026-03-02T09:00:00+01:00"
    assert (told["rule_version"], told["zone_version"], told["revision"]) == (1, 1, 1)
    detail = http.get(f"/v1/events/{events[0]}").json()
    assert [revision["revision"] for revision in detail["history"]] == [1]


def test_events_are_counted_in_buckets_of_the_cameras_clock(yard: Yard, http: httpx.Client) -> None:
    rule_id = yard.rule().json()["id"]
    for minute, direction in (
        (0, "left_to_right"),
        (30, "left_to_right"),
        (31, "right_to_left"),
        (90, "left_to_right"),
    ):
        yard.event(rule_id, minute, direction=direction)
    span = {"from": START.isoformat(), "until": (START + timedelta(days=1)).isoformat(), "rule_id": rule_id}
    items = http.get("/v1/events/counts", params={**span, "bucket": "1h"}).json()["items"]
    assert [(item["start"], item["direction"], item["count"]) for item in items] == [
        ("2026-03-02T09:00:00+01:00", "left_to_right", 2),
        ("2026-03-02T09:00:00+01:00", "right_to_left", 1),
        ("2026-03-02T10:00:00+01:00", "left_to_right", 1),
    ]
    [day, _] = http.get("/v1/events/counts", params={**span, "bucket": "1d"}).json()["items"]
    assert (day["start"], day["count"]) == ("2026-03-02T00:00:00+01:00", 3)


def test_what_belongs_to_another_camera_or_tenant_is_not_there(
    gateway: RunningGateway, yard: Yard, http: httpx.Client, lobby_only: httpx.Client
) -> None:
    rule = yard.rule().json()
    watch = yard.watch(rule_id=rule["id"]).json()
    everywhere = yard.watch(name="all", search={"text": "a truck", "min_score": 0.2}).json()
    event_id = yard.event(rule["id"], 0)
    alert_id = yard.alert(watch["id"], "event", event_id)
    span = {"from": START.isoformat(), "until": (START + timedelta(days=1)).isoformat()}
    paths = [
        f"/v1/rules/{rule['id']}",
        f"/v1/events/{event_id}",
        f"/v1/watches/{watch['id']}",
        f"/v1/watches/{everywhere['id']}",
        f"/v1/alerts/{alert_id}",
    ]
    with gateway.http(gateway.key(gateway.tenant())) as foreign:
        for stranger in (lobby_only, foreign):
            for path in paths:
                assert stranger.get(path).status_code == 404, path
            for path in ("/v1/rules", "/v1/events", "/v1/watches", "/v1/alerts"):
                assert stranger.get(path).json()["items"] == [], path
            assert stranger.get("/v1/events/counts", params=span).json()["items"] == []
            assert stranger.post(f"/v1/alerts/{alert_id}/acknowledge").status_code == 404
            assert stranger.patch(paths[0], json={"name": "x"}, headers=IF_FIRST).status_code == 404
            assert stranger.delete(paths[2], headers=IF_FIRST).status_code == 404
    for path in paths:
        assert http.get(path).status_code == 200


def test_a_rule_is_tried_before_it_is_kept(gateway: RunningGateway, yard: Yard, http: httpx.Client) -> None:
    found = FoundEvent(
        kind=EventKind.LOITERING,
        camera_id=yard.camera_id,
        started_at=START,
        ended_at=START + timedelta(minutes=2),
        track_ids=(uuid4(),),
        object_class=ObjectClass.PERSON,
        direction=None,
        x=0.5,
        y=0.6,
        measure=120.0,
        confidence=0.8,
    )
    until = START + timedelta(days=1)
    gateway.asked.clear()
    gateway.answer = lambda _: Reply(
        answer=RuleTried(
            count=1,
            days=(DayCount(day=START.date(), count=1),),
            samples=(found,),
            tracks=7,
            examined_until=until,
            zone_version=1,
        )
    )
    trial = {
        "camera_id": str(yard.camera_id),
        "kind": "loitering",
        "zone_id": yard.zone_id,
        "parameters": {"seconds": 60},
        "from": START.isoformat(),
        "until": until.isoformat(),
    }
    answer = http.post("/v1/rules/test", json=trial)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["count"], told["tracks"], told["complete"]) == (1, 7, True)
    assert told["days"] == [{"day": "2026-03-02", "count": 1}]
    assert told["samples"][0]["started_at"] == "2026-03-02T09:00:00+01:00"
    assert told["samples"][0]["links"] == [f"/v1/tracks/{found.track_ids[0]}"]
    asked, _ = gateway.asked[0]
    assert isinstance(asked, TryRule)
    assert (asked.rule.parameters.seconds, asked.tenant_id) == (60.0, yard.tenant_id)
    assert http.get("/v1/rules").json()["items"] == []

    kept = yard.rule(parameters={"seconds": 30}).json()["id"]
    span = {"from": START.isoformat(), "until": until.isoformat()}
    assert http.post("/v1/rules/test", json={"rule_id": kept, **span}).status_code == 200
    assert gateway.asked[-1][0].rule.parameters.seconds == 30.0
    assert http.post("/v1/rules/test", json=span).status_code == 422
    gateway.answer = lambda _: Reply(fault=Fault(code="not_found", message=f"zone {yard.zone_id}"))
    assert http.post("/v1/rules/test", json=trial).status_code == 404


def test_a_watch_is_made_muted_changed_and_removed(yard: Yard, http: httpx.Client) -> None:
    made = yard.watch(search={"text": "a red truck", "min_score": 0.3, "camera_ids": [str(yard.camera_id)]})
    assert made.status_code == 201, made.text
    watch, here = made.json(), made.headers["location"]
    assert watch["search"]["text"] == "a red truck"
    assert watch["camera_ids"] == [str(yard.camera_id)]
    assert http.get("/v1/watches").json()["items"] == [watch]
    until = "2026-03-03T08:00:00+00:00"
    muted = http.patch(here, json={"muted_until": until, "schedule": {"weekdays": ["friday"]}}, headers=IF_FIRST).json()
    assert datetime.fromisoformat(muted["muted_until"]) == datetime.fromisoformat(until)
    assert muted["schedule"]["weekdays"] == ["friday"]
    awake = http.patch(here, json={"muted_until": None, "name": "lorries"}, headers={"If-Match": '"2"'}).json()
    assert (awake["muted_until"], awake["name"], awake["schedule"]["weekdays"]) == (None, "lorries", ["friday"])
    assert http.delete(here, headers={"If-Match": '"3"'}).status_code == 204
    assert http.get(here).status_code == 404


def test_a_watch_says_what_it_looks_for_and_how_alike_is_enough(yard: Yard) -> None:
    rule_id = yard.rule().json()["id"]
    for wrong, field in (
        ({}, "search"),
        ({"rule_id": rule_id, "search": {"text": "x", "min_score": 0.3}}, "search"),
        ({"search": {"text": "x"}}, "search.min_score"),
        ({"search": {"text": "x", "min_score": 0.3, "from": START.isoformat()}}, "search.from"),
    ):
        answer = yard.watch(**wrong)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == field
    assert yard.watch(rule_id=str(uuid4())).status_code == 404
    assert yard.watch(rule_id=rule_id).status_code == 201
    assert yard.watch(rule_id=rule_id).json()["type"] == "urn:sightline:problem:name-taken"


def test_a_restricted_keys_watch_is_limited_to_its_cameras(yard: Yard, lobby_only: httpx.Client) -> None:
    made = lobby_only.post("/v1/watches", json={"name": "mine", "search": {"text": "a person", "min_score": 0.2}})
    assert made.json()["camera_ids"] == [str(yard.other_id)]
    rule_id = yard.rule().json()["id"]
    assert lobby_only.post("/v1/watches", json={"name": "theirs", "rule_id": rule_id}).status_code == 404


def test_an_alert_shows_what_was_found_and_is_acknowledged_once(yard: Yard, http: httpx.Client) -> None:
    rule_id = yard.rule().json()["id"]
    watch_id = yard.watch(rule_id=rule_id).json()["id"]
    event_id = yard.event(rule_id, 0)
    first, second = yard.alert(watch_id, "event", event_id), yard.alert(watch_id, "event", yard.event(rule_id, 5))
    listed = http.get("/v1/alerts").json()["items"]
    assert [alert["id"] for alert in listed] == [str(second), str(first)]
    assert listed[1]["event"]["id"] == str(event_id)
    assert listed[1]["link"] == f"/v1/events/{event_id}"
    assert (listed[1]["watch"], listed[1]["camera"], listed[1]["hit"]) == ("trucks", "yard", None)
    page = http.get("/v1/alerts", params={"limit": 1}).json()
    rest = http.get("/v1/alerts", params={"cursor": page["next_cursor"]}).json()
    assert [alert["id"] for alert in page["items"] + rest["items"]] == [str(second), str(first)]
    seen = http.post(f"/v1/alerts/{first}/acknowledge").json()
    assert seen["acknowledged_by"]
    again = http.post(f"/v1/alerts/{first}/acknowledge").json()
    assert again["acknowledged_at"] == seen["acknowledged_at"]
    waiting = http.get("/v1/alerts", params={"acknowledged": "false"}).json()["items"]
    assert [alert["id"] for alert in waiting] == [str(second)]
    since = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert http.get("/v1/alerts", params={"since": since}).json()["items"] == []


def test_a_watched_search_is_tried_on_the_past(gateway: RunningGateway, yard: Yard, http: httpx.Client) -> None:
    hit = Hit(
        kind=ItemKind.TRACK,
        id=uuid4(),
        camera_id=yard.camera_id,
        recording_id=uuid4(),
        started_at=START,
        ended_at=START + timedelta(seconds=5),
        best_at=START,
        score=0.4,
        space=Space.SEMANTIC,
        thumbnail_key="crop",
        object_class=ObjectClass.TRUCK,
    )
    until = START + timedelta(days=2)
    gateway.asked.clear()
    gateway.answer = lambda _: Reply(
        answer=WatchTried(
            count=1,
            capped=False,
            days=(DayCount(day=START.date(), count=1),),
            samples=(hit,),
            examined_until=START + timedelta(days=1),
        )
    )
    span = {"from": START.isoformat(), "until": until.isoformat()}
    told = http.post("/v1/watches/test", json={"search": {"text": "a truck", "min_score": 0.3}, **span}).json()
    assert (told["count"], told["complete"], told["samples"][0]["camera"]) == (1, False, "yard")
    asked, _ = gateway.asked[0]
    assert isinstance(asked, TryWatch)
    assert (asked.search.from_time, asked.search.until_time, asked.search.min_score) == (START, until, 0.3)
    watch_id = yard.watch(search={"text": "a lorry", "min_score": 0.2}).json()["id"]
    assert http.post("/v1/watches/test", json={"watch_id": watch_id, **span}).status_code == 200
    assert gateway.asked[-1][0].search.text == "a lorry"
    assert http.post("/v1/watches/test", json=span).status_code == 422
