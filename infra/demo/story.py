"""What the demo does once the stack is up: footage in, searches, a contact sheet, a report, all by the REST API."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from gateway.bodies.recordings import Recording, RecordingState
from gateway.bodies.reports import ReportDetail, ReportItemNew
from gateway.bodies.search import HitBody
from infra.cli.client import Client
from infra.demo.contact_sheet import Row, Thumbnail, write_contact_sheet
from infra.demo.footage import DemoClip

HITS = 6
"""Shown of each search."""
REPORTED = 3
"""Of the first search, in the report."""

Progress = Callable[[DemoClip, str, float], None]
"""Told of a clip: what is being done, and the share of the whole that is done (0 to 1)."""

_UPLOAD_SHARE = 0.1


class DemoFailedError(Exception):
    """A step did not come to its end; the message says which, and the reason that the API gave."""


@dataclass(frozen=True)
class Found:
    """One search and its hits."""

    question: str
    hits: Sequence[HitBody]
    took_ms: float


def take_in(client: Client, clips: Sequence[DemoClip], on_progress: Progress) -> Sequence[Recording]:
    """Registers the cameras, uploads the clips and waits until they can be searched. Raises DemoFailedError."""

    with ThreadPoolExecutor(len(clips)) as pool:
        return list(pool.map(lambda clip: _take_in_one(client, clip, on_progress), clips))


def _take_in_one(client: Client, clip: DemoClip, on_progress: Progress) -> Recording:
    camera = client.ensure_camera(clip.camera, site=clip.site, time_zone=clip.time_zone)
    size, sent, lock = clip.path.stat().st_size, 0, Lock()

    def on_bytes(more: int) -> None:
        nonlocal sent
        with lock:
            sent += more
            on_progress(clip, "uploading", _UPLOAD_SHARE * sent / size)

    def on_change(recording: Recording) -> None:
        done = (recording.segments_done or 0) / recording.segments if recording.segments else 0.0
        doing = "looking" if done < 1 else "embedding"
        on_progress(clip, doing, _UPLOAD_SHARE + (0.98 - _UPLOAD_SHARE) * done)

    accepted = client.upload(clip.path, camera.id, started_at=clip.started_at, on_bytes=on_bytes)
    recording = client.follow_recording(accepted.id, on_change=on_change)
    if recording.state is RecordingState.FAILED:
        raise DemoFailedError(f"{clip.path.name}: {recording.failure}")
    on_progress(clip, "there already" if recording.state is RecordingState.DUPLICATE else "searchable", 1.0)
    if recording.duplicate_of is not None:
        recording = client.recording(recording.duplicate_of)
    return recording


def ask(client: Client, questions: Sequence[str]) -> Sequence[Found]:
    """Searches by each sentence."""
    answers = [(question, client.search(text=question, limit=HITS)) for question in questions]
    return [Found(question, answer.hits, answer.took_ms) for question, answer in answers]


def ask_by_picture(client: Client, example: HitBody) -> Found:
    """Searches with the thumbnail of a hit as the picture: who looks like this?"""
    picture = client.store_picture(client.fetch(example.thumbnail_url))
    answer = client.search(picture_id=picture.id, limit=HITS)
    return Found(f"like this picture, from {example.camera}", answer.hits, answer.took_ms)


def draw(client: Client, found: Sequence[Found], path: Path) -> None:
    """Writes the contact sheet."""
    rows = [Row(search.question, [_thumbnail(client, hit) for hit in search.hits]) for search in found]
    write_contact_sheet(path, rows, columns=HITS)


def _thumbnail(client: Client, hit: HitBody) -> Thumbnail:
    what = hit.object_class.value if hit.object_class is not None else hit.kind.value
    lines = (f"{hit.camera} {hit.best_at:%H:%M:%S}", f"{what}  {hit.score:.2f}")
    return Thumbnail(client.fetch(hit.thumbnail_url), lines)


def report(client: Client, found: Sequence[Found], time_zone: str, path: Path) -> ReportDetail:
    """Has a report written about the best hits of the first search and saves its PDF. Raises DemoFailedError."""
    first = found[0]
    items = [ReportItemNew(kind=hit.kind, id=hit.id, score=hit.score) for hit in first.hits[:REPORTED]]
    accepted = client.create_report(first.question.capitalize(), items, time_zone=time_zone, query=first.question)
    written = client.follow_report(accepted.id)
    if written.pdf_url is None:
        raise DemoFailedError(f"the report was not written: {written.failure}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(client.fetch(written.pdf_url))
    return written
