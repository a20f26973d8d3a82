"""Real footage in, right answers out. Skips where the footage is not at hand."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from contracts.vocabulary import ItemKind, ObjectClass
from gateway.bodies.recordings import RecordingState
from gateway.bodies.tracks import Track
from infra.cli.client import Client
from tests.e2e.conftest import START, RunningStack

ONE_BY_ONE = "intel_one-by-one-person-detection.mp4"


@pytest.fixture(scope="module")
def site(running: RunningStack, shared: Path) -> Iterator[Client]:
    """A tenant into which every clip was taken in, a camera each; the one-by-one clip is *lobby*."""
    with running.tenant() as client:
        cameras = {
            path: client.ensure_camera("lobby" if path.name == ONE_BY_ONE else path.stem, time_zone="Europe/Berlin")
            for path in sorted(shared.glob("footage/**/*.*"))
            if path.suffix in {".mp4", ".avi"}
        }
        accepted = [client.upload(path, camera.id, started_at=START).id for path, camera in cameras.items()]
        for recording_id in accepted:
            recording = client.follow_recording(recording_id, seconds=900)
            assert recording.state is RecordingState.READY, f"{recording.filename}: {recording.failure}"
        yield client


@pytest.fixture(scope="module")
def people(shared: Path) -> list[tuple[str, datetime, datetime]]:
    """Who is in view in the lobby, and from when to when."""
    clip = json.loads((shared / "footage" / "truth.json").read_text())["clips"][ONE_BY_ONE]
    return [
        (person["id"], *(START + timedelta(seconds=frame / clip["fps"]) for frame in person["frames"]))
        for person in clip["persons"]
    ]


def lobby_tracks(site: Client) -> list[Track]:
    lobby = site.camera("lobby")
    assert lobby is not None
    return list(site.tracks(camera_id=lobby.id, object_class=ObjectClass.PERSON))


def overlap(track: Track, since: datetime, until: datetime) -> float:
    return (min(track.ended_at, until) - max(track.started_at, since)).total_seconds()


def person_of(track: Track, people: list[tuple[str, datetime, datetime]]) -> str | None:
    """Who a track shows: the one person in view for most of it."""
    best = max(people, key=lambda person: overlap(track, person[1], person[2]))
    return best[0] if overlap(track, best[1], best[2]) > 0 else None


def test_all_clips_are_taken_in_without_an_error(site: Client) -> None:
    recordings = list(site.recordings())
    assert len(recordings) == 15
    assert {recording.state for recording in recordings} == {RecordingState.READY}
    for recording in recordings:
        assert recording.started_at == START
        assert recording.ended_at is not None
        assert recording.ended_at > START


def test_each_person_of_the_lobby_has_a_track_and_there_are_few_in_all(
    site: Client, people: list[tuple[str, datetime, datetime]]
) -> None:
    tracks = lobby_tracks(site)
    for person, since, until in people:
        covered = max((overlap(track, since, until) for track in tracks), default=0.0)
        assert covered > 0.5 * (until - since).total_seconds(), f"{person} is covered for {covered:.1f} s only"
    lobby = site.camera("lobby")
    assert lobby is not None
    assert len(list(site.tracks(camera_id=lobby.id))) <= 15


def test_times_in_the_lobby_are_right_to_a_second(site: Client, people: list[tuple[str, datetime, datetime]]) -> None:
    tracks = lobby_tracks(site)
    for person, since, until in people:
        own = [track for track in tracks if person_of(track, people) == person]
        first = min(track.started_at for track in own)
        last = max(track.ended_at for track in own)
        assert abs((first - since).total_seconds()) <= 1.0, f"{person} came at {since}, not {first}"
        assert abs((last - until).total_seconds()) <= 1.0, f"{person} left at {until}, not {last}"


@pytest.mark.parametrize(
    ("sentence", "right"),
    [
        (
            "a person",
            {"lobby", "intel_people-detection", "intel_store-aisle-detection", "intel_worker-zone-detection",
             "kwiver_motion", "meva_school_G330_annotated", "omz_street_crowd", "ahmetozlu_pedestrian", "night_street",
             "cam01", "cam02", "cam03", "cam04"},
        ),
        ("a car", {"bgslibrary_video03", "intel_car-detection", "night_street"}),
    ],
)  # fmt: skip
def test_a_word_ranks_the_right_clips_first(site: Client, sentence: str, right: set[str]) -> None:
    hits = site.search(text=sentence, limit=10).hits
    assert len(hits) == 10
    assert {hit.camera for hit in hits} <= right


def test_a_crop_of_a_person_finds_that_persons_other_tracks_first(
    site: Client, people: list[tuple[str, datetime, datetime]]
) -> None:
    lobby = site.camera("lobby")
    assert lobby is not None
    tracks = lobby_tracks(site)
    owners = {track.id: person_of(track, people) for track in tracks}
    repeated = [track for track in tracks if list(owners.values()).count(owners[track.id]) > 1]
    if not repeated:
        pytest.skip("nobody in the lobby has more than one track")
    for track in repeated:
        crop = site.fetch(site.track(track.id).crops[0].url)
        picture = site.store_picture(crop)
        answer = site.search(picture_id=picture.id, camera_ids=[lobby.id], kinds=[ItemKind.TRACK], limit=5)
        others = [hit.id for hit in answer.hits if hit.id != track.id]
        assert owners[UUID(str(others[0]))] == owners[track.id]
