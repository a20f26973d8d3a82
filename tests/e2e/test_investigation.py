"""An investigation as a client of the API goes about it: watch a line, be told, follow somebody, ask, report."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from contracts.events import Direction, EventKind, ZoneKind
from contracts.question import Verdict
from contracts.vocabulary import ItemKind, ObjectClass
from gateway.bodies.events import RuleNew
from gateway.bodies.journeys import JourneyNew
from gateway.bodies.questions import QuestionNew, QuestionReportNew
from gateway.bodies.recordings import Recording, RecordingState
from gateway.bodies.reports import ReportState
from gateway.bodies.search import SearchNew
from gateway.bodies.watches import AlertItem, WatchNew
from gateway.bodies.zones import ZoneNew
from infra.cli.client import Client
from infra.rendered_site.film import render_site
from infra.rendered_site.plan import plan_site
from tests.e2e.conftest import RunningStack, take_in

ALERTS_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Scene:
    """A tenant who watched two cameras before their footage came."""

    client: Client
    recordings: tuple[Recording, ...]


@pytest.fixture(scope="module")
def scene(running: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("two-cameras")
    truth = render_site(plan_site(12, cameras=2, seconds=40.0, actors=8), folder)
    with running.tenant() as client:
        for camera in truth.cameras:
            kept = client.ensure_camera(camera.name, site="headquarters", time_zone="Europe/Berlin")
            line = client.draw_zone(
                kept.id, ZoneNew(name=f"middle of {camera.name}", kind=ZoneKind.LINE, points=[(0.5, 0.0), (0.5, 1.0)])
            )
            rule = client.create_rule(
                RuleNew(
                    camera_id=kept.id, name="over the middle", kind=EventKind.LINE_CROSSED, zone_id=line.id, armed=True
                )
            )
            client.create_watch(WatchNew(name=f"crossings at {camera.name}", rule_id=rule.id))
        client.create_watch(
            WatchNew(name="people", search=SearchNew(text="a person", kinds=[ItemKind.TRACK], min_score=0.3))
        )
        recordings = tuple(take_in(client, folder / camera.file, camera.name) for camera in truth.cameras)
        assert {recording.state for recording in recordings} == {RecordingState.READY}
        yield Scene(client, recordings)


def test_what_crosses_a_line_is_an_event_with_its_direction_and_tracks(scene: Scene) -> None:
    events = list(scene.client.events(kind=EventKind.LINE_CROSSED))
    assert events
    tracks = {track.id for track in scene.client.tracks()}
    for event in events:
        assert event.direction in set(Direction)
        assert set(event.track_ids) <= tracks


def test_each_event_and_each_match_alerts_once(scene: Scene) -> None:
    crossings = {event.id for event in scene.client.events(kind=EventKind.LINE_CROSSED)}
    deadline = time.monotonic() + ALERTS_WITHIN_SECONDS
    while True:
        alerts = list(scene.client.alerts())
        told = [alert.item_id for alert in alerts if alert.kind is AlertItem.EVENT]
        if set(told) >= crossings or time.monotonic() > deadline:
            break
        time.sleep(1)
    assert sorted(told) == sorted(crossings)
    people = [alert.item_id for alert in alerts if alert.kind is AlertItem.TRACK]
    assert people
    assert len(people) == len(set(people))


def test_a_journey_begins_with_its_track_and_claims_nothing_unconfirmed(scene: Scene) -> None:
    track = max(
        (track for track in scene.client.tracks() if track.object_class is ObjectClass.PERSON),
        key=lambda track: track.ended_at - track.started_at,
    )
    journey = scene.client.start_journey(JourneyNew(track_id=track.id))
    assert track.id in {hop.track.id for hop in journey.hops}
    assert journey.unconfirmed == len(journey.hops) - 1
    assert all(hop.confidence is not None for hop in journey.hops if hop.track.id != track.id)


def test_an_answer_cites_what_it_rests_on_and_becomes_a_report(scene: Scene) -> None:
    answer = scene.client.ask(
        QuestionNew(text="Was there anybody on 2 March 2026 between 7:30 and 8:30 am?", time_zone="Europe/Berlin")
    )
    assert answer.verdict is Verdict.YES
    assert answer.hits
    assert {hit.id for hit in answer.hits} >= {cited for said in answer.sentences for cited in said.cites}
    accepted = scene.client.report_answer(answer.id, QuestionReportNew())
    report = scene.client.follow_report(accepted.id, seconds=120)
    assert report.state is ReportState.READY


def test_nobody_is_said_to_be_absent_where_there_is_no_footage(scene: Scene) -> None:
    answer = scene.client.ask(
        QuestionNew(text="Was there anybody on 2 March 2026 between 9 and 10 pm?", time_zone="Europe/Berlin")
    )
    assert answer.verdict is not Verdict.NO
    assert answer.coverage.examined_seconds == 0
    assert not answer.coverage.complete
