"""Events on the real Postgres: found once, the same however tracks arrive, found anew when a rule or zone changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import numpy as np
import psycopg
import pytest

from contracts.events import (
    SEARCH_EVENTS,
    SEARCH_RERUN,
    EventKind,
    FindEvents,
    RerunRule,
    RuleDraft,
    RuleParameters,
    Schedule,
    TryRule,
)
from contracts.search import DayTime
from contracts.task import JobState
from kit.jobs import Announcement, Jobs
from services.search.adapters.events import PostgresEvents
from services.search.model.errors import BadRequestError, NotFoundError
from services.search.pipeline.events import EventFinding
from tests.databases import ServiceDatabases
from tests.fixtures.stored_items import StoredItems

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MIDDLE = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]


@dataclass
class Site:
    """A tenant with a camera, a zone over its middle, a line through it, and the worker's use cases."""

    databases: ServiceDatabases
    tenant_id: UUID
    items: StoredItems
    jobs: Jobs
    finding: EventFinding
    announced: list[Announcement]
    camera_id: UUID = field(default_factory=uuid4)
    zone_id: UUID = field(default_factory=uuid4)
    line_id: UUID = field(default_factory=uuid4)

    def owner(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.databases.superuser_dsn) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def rule(self, kind: EventKind, zone_id: UUID | None, *, armed: bool = True, **parameters: object) -> UUID:
        text = RuleParameters(**parameters)  # type: ignore[arg-type]
        rows = self.owner(
            "INSERT INTO gateway.rules (tenant_id, camera_id, zone_id, name, kind, parameters, armed)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
            (
                self.tenant_id,
                self.camera_id,
                zone_id,
                uuid4().hex,
                kind.value,
                msgspec.json.encode(text).decode(),
                armed,
            ),
        )
        found: UUID = rows[0][0]
        return found

    def watch(self, rule_id: UUID, schedule: str | None = None, muted_until: datetime | None = None) -> UUID:
        rows = self.owner(
            "INSERT INTO gateway.watches (tenant_id, name, rule_id, schedule, muted_until)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING id",
            (self.tenant_id, uuid4().hex, rule_id, schedule, muted_until),
        )
        found: UUID = rows[0][0]
        return found

    def track(self, recording_id: UUID, *corners: tuple[float, float]) -> UUID:
        """Through (seconds, x), in the middle of the height, seen twice a second."""
        begin, end = corners[0][0], corners[-1][0]
        times = np.arange(begin, end + 0.01, 0.5)
        xs = np.interp(times, [at for at, _ in corners], [x for _, x in corners])
        path = [
            [round(float(at - begin), 3), round(float(x) - 0.03, 4), 0.3, round(float(x) + 0.03, 4), 0.5]
            for at, x in zip(times, xs, strict=True)
        ]
        return self.items.track(
            self.camera_id,
            recording_id,
            START + timedelta(seconds=begin),
            ended_at=START + timedelta(seconds=end),
            path=path,
        )

    def find(self, begin: float, end: float) -> dict[str, Any]:
        """What the job of a segment with tracks of this time does."""
        task = FindEvents(
            recording_id=uuid4(),
            camera_id=self.camera_id,
            from_time=START + timedelta(seconds=begin),
            until_time=START + timedelta(seconds=end),
        )
        return self._run(SEARCH_EVENTS, task, self.finding.find)

    def rerun(self, rule_id: UUID) -> dict[str, Any]:
        return self._run(SEARCH_RERUN, RerunRule(rule_id=rule_id, camera_id=self.camera_id), self.finding.rerun)

    def _run(self, contract: Any, task: Any, use_case: Any) -> dict[str, Any]:
        with self.jobs.work(self.tenant_id) as work:
            job_id = work.enqueue(contract, task, key=uuid4().hex).job_id
        claim = self.jobs.claim(job_id, "tests")
        assert claim is not None
        use_case(claim.payload, claim.lease)
        job = self.jobs.get(self.tenant_id, job_id)
        assert job is not None
        assert job.state is JobState.DONE
        return job.result or {}

    def events(self, *, all_revisions: bool = False) -> list[tuple[str, float, float, int, int]]:
        """Kind, start and end in seconds, revision, version of the zone."""
        current = "" if all_revisions else "AND superseded_at IS NULL"
        rows = self.owner(
            "SELECT kind, started_at, ended_at, revision, zone_version FROM search.events"
            f" WHERE tenant_id = %s {current} ORDER BY started_at, revision",
            (self.tenant_id,),
        )
        return [
            (kind, (begin - START).total_seconds(), (end - START).total_seconds(), revision, zone_version)
            for kind, begin, end, revision, zone_version in rows
        ]

    def alerts(self) -> list[tuple[UUID, UUID]]:
        """Watch and event."""
        told = self.owner(
            "SELECT watch_id, item_id FROM search.alerts WHERE tenant_id = %s ORDER BY id", (self.tenant_id,)
        )
        waiting = self.owner("SELECT count(*) FROM search.outbox WHERE tenant_id = %s", (self.tenant_id,))
        assert waiting[0][0] == len(told)
        return [(watch, item) for watch, item in told]


@pytest.fixture
def site(databases: ServiceDatabases) -> Iterator[Site]:
    tenant_id = uuid4()
    database = databases.open("sightline_search")
    announced: list[Announcement] = []
    jobs = Jobs(database, announced.append, lease_seconds=60)
    items = StoredItems(databases, tenant_id)
    made = Site(databases, tenant_id, items, jobs, EventFinding(PostgresEvents(database, jobs)), announced)
    made.owner("INSERT INTO gateway.tenants (id, name) VALUES (%s, %s)", (tenant_id, f"tenant-{tenant_id}"))
    made.owner(
        "INSERT INTO gateway.cameras (id, tenant_id, name, time_zone) VALUES (%s, %s, 'yard', 'Europe/Berlin')",
        (made.camera_id, tenant_id),
    )
    for zone_id, name, kind, points in (
        (made.zone_id, "middle", "zone", MIDDLE),
        (made.line_id, "line", "line", [[0.5, 0], [0.5, 1]]),
    ):
        made.owner(
            "INSERT INTO gateway.zones (id, tenant_id, camera_id, name, kind, points) VALUES (%s, %s, %s, %s, %s, %s)",
            (zone_id, tenant_id, made.camera_id, name, kind, str(points)),
        )
    yield made
    database.close()
    items.close()


def test_an_armed_rule_finds_the_events_of_new_tracks_once(site: Site) -> None:
    site.rule(EventKind.LINE_CROSSED, site.line_id)
    site.rule(EventKind.ZONE_ENTERED, site.zone_id, armed=False)
    recording = site.items.recording(site.camera_id, START)
    site.track(recording, (0, 0.1), (8, 0.9))
    assert site.find(0, 8) == {"new": 1}
    assert site.events() == [("line_crossed", 4.0, 4.0, 1, 1)]
    assert site.find(0, 8) == {}
    assert site.events(all_revisions=True) == [("line_crossed", 4.0, 4.0, 1, 1)]


def test_somebody_who_stands_over_the_end_of_a_recording_loiters_once_and_the_event_grows(site: Site) -> None:
    watch = site.watch(site.rule(EventKind.LOITERING, site.zone_id, seconds=30))
    first = site.items.recording(site.camera_id, START, hours=40 / 3600)
    second = site.items.recording(site.camera_id, START + timedelta(seconds=40))
    site.track(first, (0, 0.1), (2, 0.5), (40, 0.5))
    site.find(0, 40)
    assert site.events() == [("loitering", 1.0, 40.0, 1, 1)]
    site.track(second, (40.5, 0.5), (80, 0.5), (82, 0.9))
    assert site.find(40.5, 82) == {"changed": 1}
    [(kind, begin, end, revision, _)] = site.events()
    assert (kind, begin, revision) == ("loitering", 1.0, 2)
    assert end == pytest.approx(81.0, abs=0.1)
    assert [alert[0] for alert in site.alerts()] == [watch]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
def test_the_same_events_come_out_in_whichever_order_recordings_arrive(site: Site, order: tuple[int, ...]) -> None:
    site.rule(EventKind.LOITERING, site.zone_id, seconds=60)
    site.rule(EventKind.ZONE_OCCUPIED, site.zone_id, seconds=5)
    site.rule(EventKind.ZONE_ENTERED, site.zone_id)
    pieces = [((0, 0.1), (2, 0.5), (30, 0.5)), ((30.5, 0.5), (60, 0.5)), ((60.5, 0.5), (90, 0.5), (92, 0.9))]
    for number in order:
        recording = site.items.recording(site.camera_id, START + timedelta(seconds=30 * number), hours=30 / 3600)
        site.track(recording, *pieces[number])
        site.find(pieces[number][0][0], pieces[number][-1][0])
    told = [(kind, begin, round(end)) for kind, begin, end, _, _ in site.events()]
    assert sorted(told) == [("loitering", 1.0, 91), ("zone_entered", 1.0, 1), ("zone_occupied", 1.0, 91)]


def test_a_zone_that_changed_has_its_events_found_anew_and_their_history_kept(site: Site) -> None:
    rule_id = site.rule(EventKind.ZONE_ENTERED, site.zone_id)
    recording = site.items.recording(site.camera_id, START)
    site.track(recording, (0, 0.1), (8, 0.9))
    site.find(0, 8)
    site.owner(
        "UPDATE gateway.zones SET points = %s, version = 2 WHERE id = %s",
        ("[[0.5, 0.3], [0.7, 0.3], [0.7, 0.7], [0.5, 0.7]]", site.zone_id),
    )
    assert site.rerun(rule_id) == {"new": 1, "gone": 1}
    assert [(kind, begin, version) for kind, begin, _, _, version in site.events()] == [("zone_entered", 4.0, 2)]
    assert [event[1] for event in site.events(all_revisions=True)] == [2.0, 4.0]
    assert site.rerun(rule_id) == {}


def test_a_rule_that_was_armed_finds_what_is_stored_without_alerts_and_one_disarmed_has_nothing(site: Site) -> None:
    rule_id = site.rule(EventKind.LINE_CROSSED, site.line_id, armed=False)
    site.watch(rule_id)
    recording = site.items.recording(site.camera_id, START)
    site.track(recording, (0, 0.1), (8, 0.9))
    assert site.rerun(rule_id) == {}
    site.owner("UPDATE gateway.rules SET armed = true, version = 2 WHERE id = %s", (rule_id,))
    assert site.rerun(rule_id) == {"new": 1}
    assert site.alerts() == []
    site.owner("UPDATE gateway.rules SET armed = false, version = 3 WHERE id = %s", (rule_id,))
    assert site.rerun(rule_id) == {"gone": 1}
    assert site.events() == []


def test_an_alert_comes_once_to_each_watch_that_is_neither_muted_nor_off_duty(site: Site) -> None:
    rule_id = site.rule(EventKind.LINE_CROSSED, site.line_id)
    on = site.watch(rule_id)
    morning = site.watch(rule_id, schedule='{"day_time": {"start": "09:00:00", "until": "10:00:00"}, "weekdays": [0]}')
    site.watch(rule_id, schedule='{"day_time": {"start": "08:00:00", "until": "09:00:00"}}')
    site.watch(rule_id, schedule='{"weekdays": [1]}')
    site.watch(rule_id, muted_until=datetime.now(UTC) + timedelta(hours=1))
    over = site.watch(rule_id, muted_until=datetime.now(UTC) - timedelta(hours=1))
    recording = site.items.recording(site.camera_id, START)
    site.track(recording, (0, 0.1), (8, 0.9))
    site.find(0, 8)
    site.find(0, 8)
    assert {watch for watch, _ in site.alerts()} == {on, morning, over}
    assert len(site.alerts()) == 3


def test_a_rule_is_tried_without_a_trace(site: Site) -> None:
    recording = site.items.recording(site.camera_id, START, hours=5)
    for hour in (0, 1, 4):
        site.track(recording, (hour * 3600, 0.1), (hour * 3600 + 8, 0.9))
    draft = RuleDraft(camera_id=site.camera_id, kind=EventKind.LINE_CROSSED, zone_id=site.line_id)
    request = TryRule(
        tenant_id=site.tenant_id,
        camera_ids=None,
        rule=draft,
        from_time=START - timedelta(days=1),
        until_time=START + timedelta(days=1),
        samples=2,
    )
    answer = site.finding.attempt(request)
    assert answer.count == answer.tracks == 3
    assert [(one.day.isoformat(), one.count) for one in answer.days] == [("2026-03-02", 3)]
    assert [round((one.started_at - START).total_seconds()) for one in answer.samples] == [4, 4 * 3600 + 4]
    assert answer.examined_until == request.until_time
    assert site.events(all_revisions=True) == []

    night = Schedule(day_time=DayTime(start=START.time().replace(hour=9), until=START.time().replace(hour=10)))
    scheduled = msgspec.structs.replace(request, rule=msgspec.structs.replace(draft, schedule=night))
    assert site.finding.attempt(scheduled).count == 1


def test_a_trial_over_what_is_not_there_or_not_permitted_is_refused(site: Site) -> None:
    draft = RuleDraft(camera_id=site.camera_id, kind=EventKind.LINE_CROSSED, zone_id=site.line_id)
    request = TryRule(
        tenant_id=site.tenant_id, camera_ids=None, rule=draft, from_time=START, until_time=START + timedelta(days=1)
    )
    for wrong, error in (
        (msgspec.structs.replace(request, camera_ids=(uuid4(),)), NotFoundError),
        (msgspec.structs.replace(request, tenant_id=uuid4()), NotFoundError),
        (msgspec.structs.replace(request, rule=msgspec.structs.replace(draft, zone_id=uuid4())), NotFoundError),
        (msgspec.structs.replace(request, rule=msgspec.structs.replace(draft, zone_id=site.zone_id)), BadRequestError),
        (msgspec.structs.replace(request, until_time=START), BadRequestError),
    ):
        with pytest.raises(error):
            site.finding.attempt(wrong)
