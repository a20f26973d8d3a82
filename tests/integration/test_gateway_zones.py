"""Zones and lines drawn on a camera's view, over HTTP on the real Postgres."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.cli.client import Client
from tests.fixtures.gateway import RunningGateway

GATE = [[0.1, 0.5], [0.6, 0.5], [0.6, 0.95], [0.1, 0.95]]


def zones_of(client: Client, camera: str = "yard") -> str:
    return f"/v1/cameras/{client.ensure_camera(camera).id}/zones"


def draw(http: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    return http.post(path, json={"name": "gate", "kind": "zone", "points": GATE, **fields})


def test_a_zone_is_drawn_listed_read_changed_and_removed(client: Client, http: httpx.Client) -> None:
    path = zones_of(client)
    made = draw(http, path, width_metres=24.5)
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    zone = made.json()
    assert zone["points"] == GATE
    assert zone["width_metres"] == 24.5
    assert http.get(made.headers["location"]).json() == zone
    assert http.get(path).json() == {"items": [zone], "next_cursor": None}
    here = made.headers["location"]
    moved = [[x, y - 0.1] for x, y in GATE]
    changed = http.patch(here, json={"points": moved, "width_metres": None}, headers={"If-Match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    assert (changed.json()["points"], changed.json()["width_metres"], changed.json()["name"]) == (moved, None, "gate")
    assert http.delete(here, headers={"If-Match": '"1"'}).status_code == 412
    assert http.delete(here, headers={"If-Match": '"2"'}).status_code == 204
    assert http.get(here).status_code == 404
    assert http.get(path).json()["items"] == []


def test_a_line_keeps_its_direction(client: Client, http: httpx.Client) -> None:
    points = [[0.9, 0.4], [0.5, 0.45], [0.1, 0.4]]
    made = draw(http, zones_of(client), kind="line", points=points)
    assert made.json()["points"] == points


@pytest.mark.parametrize(
    ("kind", "points", "said"),
    [
        ("zone", [[0, 0], [1, 1]], "three"),
        ("zone", [[0, 0], [1, 1], [0, 0]], "three"),
        ("zone", [[0, 0], [1, 1], [1, 0], [0, 1]], "cross"),
        ("zone", [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]], "cross"),
        ("zone", [[0.1, 0.1], [0.2, 0.1], [0.15, 0.10001]], "area"),
        ("line", [[0.5, 0.5], [0.5, 0.5]], "length"),
        ("line", [[0.1, 0.5], [0.5, 0.5], [0.5, 0.5]], "same"),
        ("zone", [[0, 0], [1.2, 0], [1, 1]], "1"),
        ("zone", [[0.5, 0.5]], "2"),
    ],
)
def test_what_nobody_can_be_in_or_cross_is_refused(
    client: Client, http: httpx.Client, kind: str, points: list[list[float]], said: str
) -> None:
    answer = draw(http, zones_of(client), kind=kind, points=points)
    assert answer.status_code == 422
    assert said in answer.json()["errors"][0]["message"]
    assert answer.json()["errors"][0]["field"].startswith("points")


def test_names_of_zones_are_unique_for_a_camera_only(client: Client, http: httpx.Client) -> None:
    path = zones_of(client)
    assert draw(http, path).status_code == 201
    again = draw(http, path)
    assert again.status_code == 409
    assert again.json()["type"] == "urn:sightline:problem:name-taken"
    assert draw(http, zones_of(client, "lobby")).status_code == 201


def test_a_change_needs_the_version_that_it_is_made_to(client: Client, http: httpx.Client) -> None:
    here = draw(http, zones_of(client)).headers["location"]
    assert http.patch(here, json={"name": "door"}).status_code == 428
    assert http.delete(here).status_code == 428
    assert http.patch(here, json={"name": "door"}, headers={"If-Match": '"7"'}).status_code == 412


def test_the_same_drawing_sent_twice_under_one_key_is_one_zone(client: Client, http: httpx.Client) -> None:
    path, key = zones_of(client), {"Idempotency-Key": uuid4().hex}
    first, second = (http.post(path, json={"name": "gate", "points": GATE}, headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert len(http.get(path).json()["items"]) == 1


def test_a_camera_that_the_key_may_not_see_has_no_zones(
    gateway: RunningGateway, tenant: str, client: Client, http: httpx.Client
) -> None:
    path = zones_of(client)
    here = draw(http, path).headers["location"]
    client.ensure_camera("lobby")
    unknown = f"/v1/cameras/{uuid4()}/zones"
    for key in (gateway.key(tenant, cameras=["lobby"]), gateway.key(gateway.tenant())):
        with gateway.http(key) as stranger:
            for hidden in (path, here, unknown):
                assert stranger.get(hidden).status_code == 404
            assert draw(stranger, path, name="mine").status_code == 404
            assert stranger.patch(here, json={"name": "x"}, headers={"If-Match": '"1"'}).status_code == 404
            assert stranger.delete(here, headers={"If-Match": '"1"'}).status_code == 404
    assert http.get(here).json()["version"] == 1


def test_a_zone_of_one_camera_is_not_found_under_another(client: Client, http: httpx.Client) -> None:
    here = draw(http, zones_of(client)).headers["location"]
    elsewhere = here.replace(str(client.ensure_camera("yard").id), str(client.ensure_camera("lobby").id))
    assert http.get(elsewhere).status_code == 404


def test_zones_are_listed_in_pages_by_name(client: Client, http: httpx.Client) -> None:
    path = zones_of(client)
    for name in ("c", "a", "b"):
        draw(http, path, name=name)
    first = http.get(path, params={"limit": 2}).json()
    second = http.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [zone["name"] for zone in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None
