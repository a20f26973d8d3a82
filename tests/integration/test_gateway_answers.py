"""What was seen, over HTTP: searches, tracks, media links and reports, with rows as the other services write them."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from contracts.query import Fault, Reply
from contracts.report import REPORT_BUILD
from contracts.search import (
    Asked,
    AttributeFound,
    AttributeWish,
    Box,
    DayTime,
    FrameRegion,
    Heading,
    Hit,
    Member,
    PartScore,
    Phrase,
    Reasons,
    SearchAnswer,
    SearchRequest,
    SearchTimings,
    Understood,
    Weights,
)
from contracts.vocabulary import ItemKind, ObjectClass, Space
from gateway.bodies.cameras import Camera
from gateway.bodies.reports import ReportItemNew, ReportState
from infra.cli.client import Client, GatewayRefusedError
from infra.embedded.stack import Endpoints
from kit.jobs import Jobs
from kit.messaging import BrokerUnreachableError, QueryUnansweredError
from kit.worker import JobHandler, JobWorker
from tests.fixtures.gateway import RunningGateway, own_gateway, tenant_of
from tests.fixtures.stored_items import StoredItems

START = datetime.fromisoformat("2026-03-02T08:00:00+01:00")
JPEG = b"\xff\xd8\xff\xe0 a picture, as far as its first bytes tell"


@pytest.fixture(scope="module")
def gateway(database_template: Endpoints) -> Iterator[RunningGateway]:
    with own_gateway(database_template) as running:
        yield running


@dataclass
class Site:
    """A tenant with two cameras: three tracks and a scene at the lobby, one track at the gate."""

    name: str
    tenant_id: UUID
    client: Client
    http: httpx.Client
    lobby: Camera
    gate: Camera
    recording: UUID
    tracks: list[UUID]
    scene: UUID
    elsewhere: UUID
    items: StoredItems


@pytest.fixture
def site(gateway: RunningGateway) -> Iterator[Site]:
    name = gateway.tenant()
    tenant_id = tenant_of(gateway.databases, name)
    key = gateway.key(name, name="investigator")
    items = StoredItems(gateway.databases, tenant_id)
    with gateway.client(key) as client, gateway.http(key) as http:
        lobby = client.create_camera("lobby", time_zone="Europe/Berlin")
        gate = client.create_camera("gate")
        recording, other = items.recording(lobby.id, START), items.recording(gate.id, START)
        tracks = [
            items.track(lobby.id, recording, START + timedelta(minutes=minute), crops=2, object_class=kind)
            for minute, kind in ((1, ObjectClass.PERSON), (2, ObjectClass.CAR), (3, ObjectClass.PERSON))
        ]
        scene = items.scene(lobby.id, recording, START)
        elsewhere = items.track(gate.id, other, START)
        yield Site(name, tenant_id, client, http, lobby, gate, recording, tracks, scene, elsewhere, items)
    items.close()
    gateway.answer = None
    gateway.asked.clear()


@pytest.fixture
def stranger(gateway: RunningGateway) -> Iterator[httpx.Client]:
    with gateway.http(gateway.key(gateway.tenant())) as http:
        yield http


def answering(*hits: Hit) -> Reply[SearchAnswer]:
    return Reply(answer=SearchAnswer(hits=hits, timings=SearchTimings(encode_ms=1.0, query_ms=2.0, total_ms=3.0)))


def hit_of(site: Site, track: UUID) -> Hit:
    return Hit(
        kind=ItemKind.TRACK,
        id=track,
        camera_id=site.lobby.id,
        recording_id=site.recording,
        started_at=START,
        ended_at=START + timedelta(seconds=4),
        best_at=START + timedelta(seconds=1),
        score=0.5,
        space=Space.SEMANTIC,
        thumbnail_key=f"crop/{track}/0",
        object_class=ObjectClass.PERSON,
        box=Box(left=0.1, top=0.2, right=0.3, bottom=0.4),
    )


def test_a_search_is_passed_on_with_all_its_filters_and_its_hits_are_told_for_people(
    gateway: RunningGateway, site: Site
) -> None:
    gateway.answer = lambda _: answering(hit_of(site, site.tracks[0]))
    found = site.client.search(
        text="a person",
        camera_ids=[site.lobby.id],
        from_time=START,
        until_time=START + timedelta(hours=1),
        classes=[ObjectClass.PERSON],
        kinds=[ItemKind.TRACK],
        min_score=0.1,
        limit=5,
    )
    request, seconds = gateway.asked[-1]
    assert request == SearchRequest(
        tenant_id=site.tenant_id,
        text="a person",
        camera_ids=(site.lobby.id,),
        from_time=START,
        until_time=START + timedelta(hours=1),
        classes=(ObjectClass.PERSON,),
        kinds=(ItemKind.TRACK,),
        min_score=0.1,
        limit=5,
    )
    assert seconds == 10
    (hit,) = found.hits
    assert (hit.camera, hit.id, hit.score) == ("lobby", site.tracks[0], 0.5)
    assert hit.started_at == START
    assert hit.started_at.utcoffset() == timedelta(hours=1)
    assert f"crop/{site.tracks[0]}/0" in hit.thumbnail_url
    assert "Signature=" in hit.thumbnail_url
    assert found.timings.total_ms == 3.0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "a", "directions": [{}]}, "directions.0"),
        ({"text": "a", "directions": [{"towards": "up", "degrees": 3}]}, "directions.0"),
        ({"text": "a", "day_time": {"start": "25:00:00", "until": "06:00:00"}}, "day_time.start"),
        ({"text": "a", "weekdays": ["someday"]}, "weekdays.0"),
        ({"text": "a", "understood": {"colour": "red"}}, "understood.colour"),
        ({"text": ""}, "text"),
        ({"text": "a" * 1001}, "text"),
        ({"text": "a", "limit": 0}, "limit"),
        ({"text": "a", "limit": 1000}, "limit"),
        ({"text": "a", "from": "2026-03-02T08:00:00"}, "from"),
        ({"text": "a", "from": "2026-03-02T08:00:00Z", "until": "2026-03-02T07:00:00Z"}, "until"),
        ({"text": "a", "classes": ["dragon"]}, "classes.0"),
        ({"text": "a", "kinds": []}, "kinds"),
        ({"picture_id": "../../secret"}, "picture_id"),
    ],
)
def test_a_search_that_cannot_be_meant_is_refused_by_its_field(
    gateway: RunningGateway, site: Site, body: dict[str, object], field: str
) -> None:
    answer = site.http.post("/v1/search", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert gateway.asked == []


def test_every_filter_and_part_of_a_query_is_passed_on(gateway: RunningGateway, site: Site) -> None:
    gateway.answer = lambda _: answering()
    zone = uuid4()
    body = {
        "text": "a jacket like this on a bicycle",
        "track_id": str(site.tracks[0]),
        "frame": {
            "recording_id": str(site.recording),
            "at": "2026-03-02T08:00:02+01:00",
            "region": {"left": 0.1, "top": 0.2, "right": 0.3, "bottom": 0.4},
        },
        "weights": {"text": 2},
        "without_texts": ["a helmet"],
        "without_track_ids": [str(site.tracks[1])],
        "without_camera_ids": [str(site.gate.id)],
        "sites": ["north"],
        "zone_ids": [str(zone)],
        "day_time": {"start": "22:00:00", "until": "06:00:00"},
        "weekdays": ["sunday", "monday"],
        "without_classes": ["bus"],
        "attributes": [{"attribute": "person.hat", "value": "yes", "wanted": False}],
        "directions": [{"towards": "down-left", "within": 30}, {"degrees": 12.5}],
        "min_seconds_in_view": 3,
        "max_seconds_in_view": 600,
        "min_speed": 0.01,
        "max_speed": 1,
        "min_size": 0.02,
        "count": 2,
        "read_text": False,
        "time_zone": "Europe/Berlin",
        "fold": False,
        "cursor": "abc",
    }
    answer = site.http.post("/v1/search", json=body)
    assert answer.status_code == 200, answer.text
    assert gateway.asked[-1][0] == SearchRequest(
        tenant_id=site.tenant_id,
        text="a jacket like this on a bicycle",
        track_id=site.tracks[0],
        frame=FrameRegion(
            recording_id=site.recording,
            at=START + timedelta(seconds=2),
            box=Box(left=0.1, top=0.2, right=0.3, bottom=0.4),
        ),
        weights=Weights(text=2.0),
        without_texts=("a helmet",),
        without_track_ids=(site.tracks[1],),
        without_camera_ids=(site.gate.id,),
        sites=("north",),
        zone_ids=(zone,),
        day_time=DayTime(start=time(22), until=time(6)),
        weekdays=(0, 6),
        without_classes=(ObjectClass.BUS,),
        attributes=(AttributeWish(attribute="person.hat", value="yes", wanted=False),),
        headings=(Heading(degrees=225, within=30), Heading(degrees=12.5)),
        min_seconds_in_view=3,
        max_seconds_in_view=600,
        min_speed=0.01,
        max_speed=1,
        min_size=0.02,
        count=2,
        read_text=False,
        time_zone="Europe/Berlin",
        fold=False,
        cursor="abc",
    )


def test_what_was_understood_comes_back_and_can_be_sent_back_changed(gateway: RunningGateway, site: Site) -> None:
    understood = Understood(
        text="red truck",
        classes=(ObjectClass.TRUCK, ObjectClass.CAR),
        attributes=(AttributeWish(attribute="vehicle.colour", value="red"),),
        without=("ladder",),
        camera_ids=(site.lobby.id,),
        from_time=START,
        day_time=DayTime(start=time(18), until=time(20)),
        weekdays=(1,),
        count=2,
        headings=(Heading(degrees=270.0, within=45.0), Heading(degrees=100.0)),
        min_seconds_in_view=60.0,
        phrases=(Phrase(part="count", words="two"),),
    )
    answer = answering().answer
    assert answer is not None
    reply = Reply(answer=msgspec.structs.replace(answer, understood=understood))
    gateway.answer = lambda _: reply
    first = site.http.post("/v1/search", json={"text": "two red trucks at the lobby"}).json()
    assert first["understood"]["weekdays"] == ["tuesday"]
    assert [one["towards"] for one in first["understood"]["directions"]] == ["left", None]
    assert first["understood"]["phrases"] == [{"part": "count", "words": "two"}]
    changed = first["understood"] | {"count": 1}
    again = site.http.post("/v1/search", json={"text": "two red trucks at the lobby", "understood": changed})
    assert again.status_code == 200, again.text
    assert gateway.asked[-1][0].understood == msgspec.structs.replace(understood, count=1)


def test_a_hit_says_why_it_is_one_and_what_was_folded_into_it(gateway: RunningGateway, site: Site) -> None:
    hit = msgspec.structs.replace(
        hit_of(site, site.tracks[0]),
        probability=0.8,
        reasons=Reasons(
            parts=(PartScore(asked=Asked.TEXT, score=0.3, space=Space.SEMANTIC, weight=1.0, probability=0.8),),
            attributes=(AttributeFound(attribute="person.hat", value="yes", probability=0.9),),
            filters=("from_time", "headings"),
        ),
        members=(
            Member(
                kind=ItemKind.TRACK,
                id=site.tracks[2],
                started_at=START,
                ended_at=START + timedelta(seconds=4),
                score=0.2,
                thumbnail_key="crop/member",
            ),
        ),
    )
    gateway.answer = lambda _: answering(hit)
    found = site.client.search(text="a person")
    (told,) = found.hits
    assert told.probability == 0.8
    assert told.reasons.parts[0].asked is Asked.TEXT
    assert told.reasons.attributes[0].probability == 0.9
    assert told.reasons.filters == ["from", "directions"]
    assert told.members[0].started_at.utcoffset() == timedelta(hours=1)
    assert "crop/member" in told.members[0].thumbnail_url


def test_what_is_asked_with_must_be_of_a_camera_that_the_key_may_see(gateway: RunningGateway, site: Site) -> None:
    gateway.answer = lambda _: answering()
    hidden = {"camera_ids": [str(site.gate.id)]}
    with gateway.http(gateway.key(site.name, cameras=["lobby"])) as http:
        for body in (
            {"text": "a", "without_track_ids": [str(site.elsewhere)]},
            {"text": "a", "without_camera_ids": [str(site.gate.id)]},
            {"text": "a", "understood": hidden},
        ):
            assert http.post("/v1/search", json=body).status_code == 404, body
        assert gateway.asked == []
        assert http.post("/v1/search", json={"text": "a"}).status_code == 200
        assert gateway.asked[-1][0].permitted_camera_ids == (site.lobby.id,)


def test_a_key_restricted_to_cameras_searches_only_these(gateway: RunningGateway, site: Site) -> None:
    gateway.answer = lambda _: answering()
    with gateway.http(gateway.key(site.name, cameras=["lobby"])) as http:
        assert http.post("/v1/search", json={"text": "a person"}).status_code == 200
        assert gateway.asked[-1][0].camera_ids == (site.lobby.id,)
        hidden = http.post("/v1/search", json={"text": "a", "camera_ids": [str(site.gate.id)]})
        assert hidden.status_code == 404
        assert http.post("/v1/search", json={"track_id": str(site.elsewhere)}).status_code == 404
    assert len(gateway.asked) == 1


def test_a_key_that_may_see_no_camera_finds_nothing(gateway: RunningGateway, site: Site) -> None:
    gateway.answer = lambda _: answering()
    with gateway.http(gateway.key(site.name, cameras=[])) as http:
        assert http.post("/v1/search", json={"text": "a"}).status_code == 200
        assert gateway.asked[-1][0].camera_ids == ()
        assert http.get("/v1/tracks").json()["items"] == []
        assert http.get("/v1/cameras").json()["items"] == []


def test_another_tenants_cameras_tracks_and_pictures_cannot_be_searched_with(
    gateway: RunningGateway, site: Site, stranger: httpx.Client
) -> None:
    picture = site.client.store_picture(JPEG)
    for body in (
        {"text": "a", "camera_ids": [str(site.lobby.id)]},
        {"track_id": str(site.tracks[0])},
        {"picture_id": picture.id},
    ):
        assert stranger.post("/v1/search", json=body).status_code == 404, body
    assert gateway.asked == []


def test_a_picture_is_stored_under_its_hash_and_searched_with(gateway: RunningGateway, site: Site) -> None:
    gateway.answer = lambda _: answering()
    picture = site.client.store_picture(JPEG)
    assert picture.id == hashlib.sha256(JPEG).hexdigest()
    assert picture.media_type == "image/jpeg"
    assert site.client.store_picture(JPEG) == picture
    form = site.http.post("/v1/pictures", files={"file": ("a.jpg", JPEG, "image/jpeg")})
    assert form.json()["id"] == picture.id
    site.client.search(picture_id=picture.id)
    key = gateway.asked[-1][0].picture_key
    assert key is not None
    assert gateway.objects.get(key) == JPEG


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "image/jpeg", 422),
        (b"GIF89a", "image/gif", 415),
        (b"<svg/>", "image/jpeg", 415),
        (JPEG, "text/plain", 415),
        (b"\xff\xd8\xff" + b"x" * (10 * 1024 * 1024), "image/jpeg", 413),
        (b"\xff\xd8\xff" + b"x" * (11 * 1024 * 1024), "image/jpeg", 413),
    ],
)
def test_what_is_no_picture_is_refused(site: Site, content: bytes, content_type: str, status: int) -> None:
    answer = site.http.post("/v1/pictures", content=content, headers={"Content-Type": content_type})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("fault", "status", "problem"),
    [
        ("unknown_track", 404, "not-found"),
        ("bad_picture", 422, "bad-picture"),
        ("bad_request", 422, "bad-search"),
        ("models_unavailable", 503, "unavailable"),
        ("something_new", 503, "unavailable"),
    ],
)
def test_a_fault_of_the_search_service_is_told(
    gateway: RunningGateway, site: Site, fault: str, status: int, problem: str
) -> None:
    gateway.answer = lambda _: Reply(fault=Fault(code=fault, message="because"))
    answer = site.http.post("/v1/search", json={"text": "a"})
    assert answer.status_code == status
    assert answer.json()["type"] == f"urn:sightline:problem:{problem}"


def test_a_search_that_nobody_answers_in_time_is_a_timeout(gateway: RunningGateway, site: Site) -> None:
    def unanswered(_: SearchRequest) -> Reply[SearchAnswer]:
        raise QueryUnansweredError("search.query.v1", 2, "no worker was free in time")

    gateway.answer = unanswered
    answer = site.http.post("/v1/search", json={"text": "a"}, headers={"Prefer": "wait=2"})
    assert answer.status_code == 504
    assert gateway.asked[-1][1] == 2


def test_a_broker_that_is_down_is_told(gateway: RunningGateway, site: Site) -> None:
    def down(_: SearchRequest) -> Reply[SearchAnswer]:
        raise BrokerUnreachableError("search.query.v1", 10, "refused")

    gateway.answer = down
    answer = site.http.post("/v1/search", json={"text": "a"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_searches_that_wait_do_not_hold_up_the_other_routes(gateway: RunningGateway, site: Site) -> None:
    free = threading.Event()

    def waiting(_: SearchRequest) -> Reply[SearchAnswer]:
        free.wait(30)
        return answering()

    gateway.answer = waiting
    limits = httpx.Limits(max_connections=60)
    with (
        httpx.Client(base_url=gateway.url, headers=site.http.headers, limits=limits, timeout=60) as http,
        ThreadPoolExecutor(48) as pool,
    ):
        searches = [pool.submit(http.post, "/v1/search", json={"text": "a"}) for _ in range(48)]
        try:
            first = next(as_completed(searches, timeout=30)).result()
            # Those beyond what can wait are told so at once …
            assert first.status_code == 503
            assert first.headers["retry-after"]
            # … and everything else goes on.
            assert http.get("/v1/cameras").status_code == 200
        finally:
            free.set()
        assert {search.result().status_code for search in searches} == {200, 503}


def test_searches_are_answered_side_by_side(gateway: RunningGateway, site: Site) -> None:
    gateway.answer = lambda request: answering(hit_of(site, UUID(request.text or "")))

    def ask(track: UUID) -> UUID:
        return site.client.search(text=str(track)).hits[0].id

    asked = [uuid4() for _ in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, asked)) == asked


def test_tracks_are_listed_by_camera_recording_class_and_time(site: Site) -> None:
    def ids(**query: object) -> list[UUID]:
        return [track.id for track in site.client.tracks(**query)]  # type: ignore[arg-type]

    first, second, third = site.tracks
    assert ids() == [site.elsewhere, first, second, third]
    assert ids(camera_id=site.lobby.id) == site.tracks
    assert ids(recording_id=site.recording, object_class=ObjectClass.CAR) == [second]
    assert ids(from_time=START + timedelta(minutes=2)) == [second, third]
    assert ids(until_time=START + timedelta(minutes=2)) == [site.elsewhere, first]
    page = site.http.get("/v1/tracks", params={"limit": 3}).json()
    rest = site.http.get("/v1/tracks", params={"limit": 3, "cursor": page["next_cursor"]}).json()
    assert [item["id"] for item in rest["items"]] == [str(third)]


def test_a_track_is_shown_with_its_crops_at_the_cameras_time(site: Site) -> None:
    site.items.attributes(site.tracks[0], "person.hat=no|yes;person.sleeves=short|long", [9700, 300, 1249, 8751])
    track = site.client.track(site.tracks[0])
    assert [(told.name, told.value, told.probability) for told in track.attributes] == [
        ("hat", "no", 0.97),
        ("sleeves", "long", 0.8751),
    ]
    assert track.attributes[1].probabilities == {"short": 0.1249, "long": 0.8751}
    assert site.client.track(site.tracks[1]).attributes == []
    assert [crop.rank for crop in track.crops] == [0, 1]
    assert track.thumbnail_url == track.crops[0].url
    assert track.started_at.utcoffset() == timedelta(hours=1)
    assert track.crops[0].box.left == pytest.approx(0.1)


def test_what_a_failed_recording_left_is_not_shown(site: Site) -> None:
    site.items.fail(site.recording)
    assert [track.id for track in site.client.tracks()] == [site.elsewhere]
    assert site.http.get(f"/v1/tracks/{site.tracks[0]}").status_code == 404
    assert site.http.get(f"/v1/media/scenes/{site.scene}").status_code == 404
    assert site.http.get(f"/v1/media/crops/{site.tracks[0]}/0").status_code == 404


def test_media_links_lead_to_the_object_or_redirect_to_it(gateway: RunningGateway, site: Site) -> None:
    gateway.objects.put_at(f"still/{site.scene}", JPEG, content_type="image/jpeg")
    link = site.http.get(f"/v1/media/scenes/{site.scene}").json()
    assert httpx.get(link["url"]).content == JPEG
    ranged = httpx.get(link["url"], headers={"Range": "bytes=0-2"})
    assert (ranged.status_code, ranged.content) == (206, JPEG[:3])
    redirect = site.http.get(f"/v1/media/scenes/{site.scene}", params={"redirect": "true"})
    assert redirect.status_code == 307
    assert httpx.get(redirect.headers["location"]).content == JPEG
    assert "crop/" in site.http.get(f"/v1/media/crops/{site.tracks[0]}/1").json()["url"]


def test_another_tenants_tracks_and_media_are_not_there(site: Site, stranger: httpx.Client) -> None:
    for path in (
        f"/v1/tracks/{site.tracks[0]}",
        f"/v1/media/crops/{site.tracks[0]}/0",
        f"/v1/media/scenes/{site.scene}",
        f"/v1/media/segments/{uuid4()}",
        f"/v1/reports/{uuid4()}",
    ):
        assert stranger.get(path).status_code == 404, path
    assert stranger.get("/v1/tracks").json()["items"] == []
    assert stranger.get("/v1/tracks", params={"camera_id": str(site.lobby.id)}).json()["items"] == []


def test_a_key_restricted_to_cameras_sees_only_their_tracks_and_media(gateway: RunningGateway, site: Site) -> None:
    with gateway.http(gateway.key(site.name, cameras=["gate"])) as http:
        assert [item["id"] for item in http.get("/v1/tracks").json()["items"]] == [str(site.elsewhere)]
        for path in (
            f"/v1/tracks/{site.tracks[0]}",
            f"/v1/media/crops/{site.tracks[0]}/0",
            f"/v1/media/scenes/{site.scene}",
        ):
            assert http.get(path).status_code == 404, path


def ask_for_report(site: Site, *items: UUID) -> httpx.Response:
    body = {"title": "Monday", "items": [{"kind": "track", "id": str(item)} for item in items], "query": "a person"}
    return site.http.post("/v1/reports", json=body)


def end_report(gateway: RunningGateway, site: Site, job_id: UUID, *, dead: str | None = None) -> None:
    """Ends a report's job as the report service would, with its rows."""
    database = gateway.databases.open("sightline_report")
    jobs = Jobs(database, lambda _: None, lease_seconds=60)

    def run(payload: object, lease: object) -> None:
        if dead is not None:
            raise ValueError(dead)
        with jobs.completion(lease) as work:  # type: ignore[arg-type]
            work.connection.execute(
                "INSERT INTO report.reports (id, tenant_id, title, query, requested_by, object_key, sha256, size_bytes,"
                " pages) VALUES (%s, %s, 'Monday', 'a person', 'investigator', 'sha256/r.pdf', '\\x01', 9, 2)",
                (lease.subject_id, site.tenant_id),  # type: ignore[attr-defined]
            )
            work.connection.execute(
                "INSERT INTO report.clips (tenant_id, report_id, position, item_kind, item_id, camera_id, recording_id,"
                " started_at, ended_at, object_key, sha256, size_bytes, original_sha256)"
                " VALUES (%s, %s, 0, 'track', %s, %s, %s, %s, %s, 'sha256/c.mp4', '\\x02', 8, '\\x03')",
                (
                    site.tenant_id,
                    lease.subject_id,  # type: ignore[attr-defined]
                    site.tracks[0],
                    site.lobby.id,
                    site.recording,
                    START,
                    START + timedelta(seconds=8),
                ),
            )

    handler = JobHandler(REPORT_BUILD, run, dead_on=(ValueError,))
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)
    database.close()


def test_a_report_is_ordered_followed_and_fetched(gateway: RunningGateway, site: Site) -> None:
    items = [ReportItemNew(kind=ItemKind.TRACK, id=site.tracks[0], note="here", score=0.5)]
    accepted = site.client.create_report("Monday", items, time_zone="Europe/Berlin", query="a person")
    assert site.client.report(accepted.id).state is ReportState.PENDING
    database = gateway.databases.open("sightline_report")
    job = Jobs(database, lambda _: None, lease_seconds=60).get(site.tenant_id, accepted.job_id)
    database.close()
    assert job is not None
    assert job.payload["requested_by"] == "investigator"
    assert job.payload["items"][0]["note"] == "here"
    end_report(gateway, site, accepted.job_id)
    report = site.client.report(accepted.id)
    assert (report.state, report.pages, report.sha256) == (ReportState.READY, 2, "01")
    assert report.pdf_url is not None
    assert "sha256/r.pdf" in report.pdf_url
    assert [clip.original_sha256 for clip in report.clips] == ["03"]
    assert report.clips[0].started_at.utcoffset() == timedelta(hours=1)
    listed = site.http.get("/v1/reports").json()["items"]
    assert [item["id"] for item in listed] == [str(accepted.id)]


def test_a_report_that_was_given_up_says_why(gateway: RunningGateway, site: Site) -> None:
    accepted = ask_for_report(site, site.tracks[0]).json()
    end_report(gateway, site, UUID(accepted["job_id"]), dead="the footage is gone")
    report = site.client.report(UUID(accepted["id"]))
    assert (report.state, report.failure, report.pdf_url) == (ReportState.FAILED, "the footage is gone", None)


def test_a_report_holds_only_what_the_caller_may_see(
    gateway: RunningGateway, site: Site, stranger: httpx.Client
) -> None:
    answer = ask_for_report(site, site.tracks[0], missing := uuid4(), uuid4())
    assert answer.status_code == 404
    assert str(missing) in answer.json()["detail"]
    body = {"title": "x", "items": [{"kind": "track", "id": str(site.tracks[0])}]}
    assert stranger.post("/v1/reports", json=body).status_code == 404
    with gateway.http(gateway.key(site.name, cameras=["gate"])) as http:
        assert http.post("/v1/reports", json=body).status_code == 404
    assert site.http.get("/v1/jobs").json()["items"] == []


def test_a_key_restricted_to_cameras_sees_only_reports_all_of_whose_items_are_theirs(
    gateway: RunningGateway, site: Site, stranger: httpx.Client
) -> None:
    ours = ask_for_report(site, site.tracks[0]).json()
    mixed = ask_for_report(site, site.tracks[0], site.elsewhere).json()
    with gateway.http(gateway.key(site.name, cameras=["lobby"])) as http:
        assert [item["id"] for item in http.get("/v1/reports").json()["items"]] == [ours["id"]]
        assert [item["id"] for item in http.get("/v1/jobs").json()["items"]] == [ours["job_id"]]
        assert http.get(f"/v1/reports/{mixed['id']}").status_code == 404
        assert http.get(f"/v1/jobs/{mixed['job_id']}").status_code == 404
    assert stranger.get(f"/v1/reports/{ours['id']}").status_code == 404
    assert stranger.get("/v1/reports").json()["items"] == []


def test_the_client_tells_what_the_gateway_said(site: Site) -> None:
    with pytest.raises(GatewayRefusedError, match="there is no track") as refusal:
        site.client.track(uuid4())
    assert refusal.value.status == 404
    assert refusal.value.problem.request_id
