"""The whole path on rendered footage, as a client of the API walks it."""

import io
from collections.abc import Iterator
from pathlib import Path

import av
import httpx
import pypdfium2
import pytest
from PIL import Image

from contracts.vocabulary import ItemKind
from gateway.bodies.recordings import Recording, RecordingState
from gateway.bodies.reports import ReportItemNew, ReportState
from infra.cli.client import Client, GatewayRefusedError
from tests.e2e.conftest import START, RunningStack, take_in


@pytest.fixture(scope="module")
def site(running: RunningStack, rendered_clip: Path) -> Iterator[tuple[Client, Recording]]:
    with running.tenant() as client:
        recording = take_in(client, rendered_clip, "gate")
        assert recording.state is RecordingState.READY, recording.failure
        yield client, recording


def test_a_sentence_finds_tracks_with_their_camera_and_time(site: tuple[Client, Recording]) -> None:
    client, recording = site
    hits = client.search(text="a person walking", kinds=[ItemKind.TRACK]).hits
    assert hits
    for hit in hits:
        assert hit.camera == "gate"
        assert recording.started_at is not None
        assert recording.ended_at is not None
        assert recording.started_at <= hit.started_at <= hit.best_at <= hit.ended_at <= recording.ended_at
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.id for hit in hits}) == len(hits)


def test_a_thumbnail_is_a_picture_behind_a_signed_link(site: tuple[Client, Recording]) -> None:
    client, _ = site
    hit = client.search(text="a person", limit=1).hits[0]
    with Image.open(io.BytesIO(client.fetch(hit.thumbnail_url))) as picture:
        assert picture.format == "JPEG"
    # Which of the refusals it is depends on the S3 server; Swift takes an unsigned request for one of its own API.
    unsigned = hit.thumbnail_url.split("?")[0]
    assert httpx.get(unsigned).status_code in {400, 401, 403}


def test_a_crop_as_a_picture_finds_its_own_track_first(site: tuple[Client, Recording]) -> None:
    client, _ = site
    track = next(iter(client.tracks()))
    picture = client.store_picture(client.fetch(client.track(track.id).crops[0].url))
    hits = client.search(picture_id=picture.id, kinds=[ItemKind.TRACK]).hits
    assert hits[0].id == track.id


def test_the_likes_of_a_track_do_not_include_itself(site: tuple[Client, Recording]) -> None:
    client, _ = site
    track = next(iter(client.tracks()))
    assert track.id not in {hit.id for hit in client.search(track_id=track.id).hits}


def test_filters_narrow_a_search(site: tuple[Client, Recording]) -> None:
    client, recording = site
    elsewhere = client.ensure_camera("yard")
    assert client.search(text="a person", camera_ids=[elsewhere.id]).hits == []
    assert client.search(text="a person", from_time=recording.ended_at).hits == []
    assert client.search(text="a person", until_time=START).hits == []


def test_another_tenant_finds_and_sees_nothing(running: RunningStack, site: tuple[Client, Recording]) -> None:
    _, recording = site
    with running.tenant() as stranger:
        assert stranger.search(text="a person").hits == []
        assert list(stranger.tracks()) == []
        with pytest.raises(GatewayRefusedError) as refusal:
            stranger.recording(recording.id)
        assert refusal.value.status == 404


def test_a_report_has_a_readable_pdf_and_clips_with_the_recordings_own_frames(
    site: tuple[Client, Recording], tmp_path: Path
) -> None:
    client, _ = site
    hits = client.search(text="a person", kinds=[ItemKind.TRACK], limit=2).hits
    items = [ReportItemNew(kind=hit.kind, id=hit.id, note="seen at the gate", score=hit.score) for hit in hits]
    accepted = client.create_report("Gate, Monday", items, time_zone="Europe/Berlin", query="a person")
    report = client.follow_report(accepted.id)
    assert report.state is ReportState.READY
    assert report.pdf_url is not None
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(client.fetch(report.pdf_url)))
    assert "Gate, Monday" in text
    assert "seen at the gate" in text
    assert len(report.clips) == len(items)
    for clip, hit in zip(report.clips, hits, strict=True):
        path = tmp_path / "clip"
        path.write_bytes(client.fetch(clip.url))
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            frames = sum(1 for _ in container.decode(stream))
        assert frames > 0
        assert clip.started_at <= hit.started_at
        assert clip.ended_at >= hit.ended_at


def test_a_report_about_what_is_not_there_is_refused(site: tuple[Client, Recording]) -> None:
    client, recording = site
    with pytest.raises(GatewayRefusedError) as refusal:
        client.create_report("Nothing", [ReportItemNew(kind=ItemKind.TRACK, id=recording.id)])
    assert refusal.value.status == 404
    assert str(recording.id) in refusal.value.problem.detail


def test_footage_without_a_time_is_not_given_one(client: Client, rendered_clip: Path, tmp_path: Path) -> None:
    untimed = tmp_path / "untimed.mp4"
    with av.open(str(rendered_clip)) as source, av.open(str(untimed), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    recording = take_in(client, untimed, "gate", started_at=None)
    assert recording.state is RecordingState.FAILED
    assert recording.failure is not None
    assert "started_at" in recording.failure


def test_footage_that_carries_its_time_needs_no_other(client: Client, rendered_clip: Path) -> None:
    recording = take_in(client, rendered_clip, "gate", started_at=None)
    assert recording.state is RecordingState.READY
    assert recording.started_at == START
    assert recording.start_source == "container"
