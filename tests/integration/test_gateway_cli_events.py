"""Rules, watches and alerts on the command line, against a gateway."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from contracts.events import RuleTried
from contracts.query import Reply
from contracts.watches import WatchTried
from tests.fixtures.gateway import RunningGateway, tenant_of
from tests.integration.test_gateway_cli import environment, sightline, told

__all__ = ["environment"]

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def as_json(*arguments: object) -> Any:
    """What a command tells a program; it must have worked."""
    result = sightline(*arguments, "--json")
    assert result.exit_code == 0, told(result)
    return json.loads(result.stdout)


@pytest.fixture
def yard(environment: None) -> None:
    as_json("cameras", "create", "yard")
    as_json("zones", "draw", "yard", "gate", "0.2,0.4", "0.8,0.4", "0.8,1", "0.2,1")
    as_json("zones", "draw", "yard", "road", "0.5,0", "0.5,1", "--line")


@pytest.mark.usefixtures("yard")
def test_a_rule_is_made_tried_armed_and_disarmed(gateway: RunningGateway) -> None:
    made = as_json(
        *(
            "rules",
            "create",
            "yard",
            "long stays",
            "loitering",
            "--zone",
            "gate",
            "--seconds",
            "90",
            "--class",
            "person",
        )
    )
    assert (made["kind"], made["armed"], made["parameters"]["seconds"]) == ("loitering", False, 90)
    gateway.answer = lambda _: Reply(
        answer=RuleTried(count=0, days=(), samples=(), tracks=7, examined_until=NOW, zone_version=1)
    )
    trial = as_json("rules", "test", "long stays", "--from", "2026-03-02T08:00:00Z", "--until", NOW.isoformat())
    assert (trial["count"], trial["tracks"], trial["complete"]) == (0, 7, True)
    assert as_json("rules", "arm", "long stays")["armed"] is True
    assert as_json("rules", "arm", made["id"])["version"] == 2
    assert as_json("rules", "disarm", "long stays", "--camera", "yard")["armed"] is False
    assert [rule["name"] for rule in as_json("rules", "list", "--camera", "yard")] == ["long stays"]


@pytest.mark.usefixtures("yard")
def test_what_a_rule_needs_and_what_is_not_there_is_said() -> None:
    for arguments, exit_code, words in (
        (("create", "yard", "x", "dancing"), 2, "no kind of rule 'dancing'"),
        (("create", "yard", "x", "loitering", "--class", "elephant"), 2, "no class 'elephant'"),
        (("create", "yard", "x", "loitering", "--zone", "moat"), 1, "no zone 'moat'"),
        (("create", "roof", "x", "loitering"), 1, "no camera 'roof'"),
        (("arm", "nothing"), 1, "no rule 'nothing'"),
        (("create", "yard", "x", "line_crossed"), 1, ""),
    ):
        result = sightline("rules", *arguments)
        assert (result.exit_code, words in told(result)) == (exit_code, True), (arguments, told(result))


@pytest.mark.usefixtures("yard")
def test_a_name_that_two_cameras_use_needs_the_camera() -> None:
    as_json("cameras", "create", "roof")
    for camera in ("yard", "roof"):
        as_json("rules", "create", camera, "anybody", "zone_occupied")
    result = sightline("rules", "arm", "anybody")
    assert (result.exit_code, "2 rules" in told(result)) == (2, True)
    assert as_json("rules", "arm", "anybody", "--camera", "roof")["armed"] is True


@pytest.mark.usefixtures("yard")
def test_a_watch_is_made_tried_muted_and_heard_again(gateway: RunningGateway) -> None:
    watch = as_json("watches", "create", "trucks", "a red truck", "--min-score", "0.3")
    gateway.answer = lambda _: Reply(answer=WatchTried(count=0, capped=False, days=(), samples=(), examined_until=NOW))
    trial = as_json("watches", "test", "trucks", "--from", "2026-03-02T08:00:00Z", "--until", NOW.isoformat())
    assert (trial["count"], trial["complete"]) == (0, True)
    muted = as_json("watches", "mute", "trucks", "--hours", "2")
    assert datetime.fromisoformat(muted["muted_until"]) > datetime.now(UTC) + timedelta(hours=1)
    assert as_json("watches", "unmute", watch["id"])["muted_until"] is None


@pytest.mark.usefixtures("yard")
def test_a_rule_is_watched_and_is_not_tried_as_a_search() -> None:
    rule = as_json("rules", "create", "yard", "over the road", "line_crossed", "--zone", "road")
    watch = as_json("watches", "create", "road", "--rule", "over the road")
    assert watch["rule_id"] == rule["id"]
    tried = sightline("watches", "test", "road")
    assert (tried.exit_code, "watches a rule" in told(tried)) == (1, True)
    for arguments in ((), ("a truck",), ("a truck", "--min-score", "0.3", "--rule", "over the road")):
        assert sightline("watches", "create", "other", *arguments).exit_code == 2, arguments


@pytest.mark.usefixtures("yard")
def test_an_alert_is_listed_until_somebody_has_seen_it(gateway: RunningGateway, tenant: str) -> None:
    watch = as_json("watches", "create", "trucks", "a red truck", "--min-score", "0.3")
    (camera,) = as_json("cameras", "list")
    alert_id = uuid4()
    with psycopg.connect(gateway.databases.superuser_dsn) as connection:
        connection.execute(
            "INSERT INTO search.alerts (id, tenant_id, watch_id, watch_version, camera_id, item_kind, item_id,"
            " started_at, ended_at) VALUES (%s, %s, %s, 1, %s, 'event', %s, %s, %s)",
            (alert_id, tenant_of(gateway.databases, tenant), UUID(watch["id"]), UUID(camera["id"]), uuid4(), NOW, NOW),
        )
    assert [one["id"] for one in as_json("alerts")] == [str(alert_id)]
    (seen,) = as_json("alerts", "acknowledge", alert_id)
    assert seen["acknowledged_by"]
    assert as_json("alerts", "list") == []
    assert [one["id"] for one in as_json("alerts", "list", "--all")] == [str(alert_id)]
    assert sightline("alerts", "acknowledge", uuid4()).exit_code == 1
