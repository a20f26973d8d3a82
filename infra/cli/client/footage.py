"""Cameras, their footage and its tracks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

import httpx

from contracts.task import JobState
from contracts.vocabulary import ObjectClass
from gateway.bodies.cameras import Camera, CameraNew
from gateway.bodies.jobs import JobBody
from gateway.bodies.recordings import (
    PartDone,
    Recording,
    RecordingAccepted,
    RecordingNew,
    RecordingOpened,
    RecordingState,
    Segment,
    UploadDone,
    UploadLinks,
)
from gateway.bodies.tracks import Track, TrackDetail
from infra.cli.client.connection import ATTEMPTS, Connection, GatewayUnreachableError, follow
from infra.cli.console import CommandFailed

OnBytes = Callable[[int], None]
"""Told how many more bytes went out."""

_PARTS_AT_ONCE = 3
_CHUNK_BYTES = 256 * 1024


class Footage(Connection):
    """What cameras filmed, how far its processing is, and what was found in it."""

    # Cameras

    def cameras(self, *, name: str | None = None, site: str | None = None) -> list[Camera]:
        """All cameras that the key may see, by name."""
        return list(self._pages("/v1/cameras", Camera, {"name": name, "site": site}))

    def camera(self, name: str) -> Camera | None:
        """The camera of that name."""
        found = self.cameras(name=name)
        return found[0] if found else None

    def create_camera(
        self,
        name: str,
        *,
        site: str = "",
        time_zone: str = "UTC",
        external_ids: Mapping[str, str] | None = None,
    ) -> Camera:
        """Registers a camera."""
        body = CameraNew(name=name, site=site, time_zone=time_zone, external_ids=dict(external_ids or {}))
        return self._create("/v1/cameras", body, Camera)

    def ensure_camera(self, name: str, *, site: str = "", time_zone: str = "UTC") -> Camera:
        """The camera of that name, registered now if it is not there; `site` and `time_zone` count only then."""
        return self.camera(name) or self.create_camera(name, site=site, time_zone=time_zone)

    # Recordings

    def upload(
        self, path: Path, camera_id: UUID, *, started_at: datetime | None = None, on_bytes: OnBytes | None = None
    ) -> RecordingAccepted:
        """Uploads a file in parts straight to the object store and has it processed."""
        size = path.stat().st_size
        new = RecordingNew(camera_id=camera_id, filename=path.name, size_bytes=size, started_at=started_at)
        opened = self._create("/v1/recordings", new, RecordingOpened)
        try:
            with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
                parts = list(
                    pool.map(
                        lambda number: self._put_part(path, size, opened, number, on_bytes),
                        range(1, opened.upload.part_count + 1),
                    )
                )
        except BaseException:
            # What went wrong is told, not that clearing up after it went wrong too.
            with suppress(GatewayUnreachableError):
                self._send("DELETE", f"/v1/recordings/{opened.id}")
            raise
        return self._create(f"/v1/recordings/{opened.id}/complete", UploadDone(parts=parts), RecordingAccepted)

    def recording(self, recording_id: UUID) -> Recording:
        """One recording."""
        return self._get(f"/v1/recordings/{recording_id}", Recording)

    def recordings(self, *, camera_id: UUID | None = None, state: RecordingState | None = None) -> Iterator[Recording]:
        """Recordings, newest first."""
        return self._pages("/v1/recordings", Recording, {"camera_id": camera_id, "state": state})

    def segments(self, recording_id: UUID) -> Iterator[Segment]:
        """The stored pieces of a recording, in order, with links."""
        return self._pages(f"/v1/recordings/{recording_id}/segments", Segment, {})

    def follow_recording(
        self,
        recording_id: UUID,
        *,
        on_change: Callable[[Recording], None] | None = None,
        seconds: float = 3600,
        interval: float = 0.5,
    ) -> Recording:
        """Waits until nothing more will happen to the recording (searchable, failed or a duplicate) and returns it.
        Raises NotFinishedError."""

        def over(recording: Recording) -> bool:
            settled = {RecordingState.READY, RecordingState.FAILED, RecordingState.DUPLICATE}
            return recording.state in settled and recording.open_jobs == 0

        return follow(lambda: self.recording(recording_id), over, on_change, seconds, interval)

    # Tracks

    def tracks(
        self,
        *,
        camera_id: UUID | None = None,
        recording_id: UUID | None = None,
        object_class: ObjectClass | None = None,
        from_time: datetime | None = None,
        until_time: datetime | None = None,
    ) -> Iterator[Track]:
        """Tracks, in the order of their start."""
        query = {
            "camera_id": camera_id,
            "recording_id": recording_id,
            "class": object_class,
            "from": from_time,
            "until": until_time,
        }
        return self._pages("/v1/tracks", Track, query)

    def track(self, track_id: UUID) -> TrackDetail:
        """One track with its path and crops."""
        return self._get(f"/v1/tracks/{track_id}", TrackDetail)

    # Jobs

    def jobs(self, *, state: JobState | None = None, subject_id: UUID | None = None) -> Iterator[JobBody]:
        """Jobs, newest first."""
        return self._pages("/v1/jobs", JobBody, {"state": state, "subject_id": subject_id})

    def job(self, job_id: UUID) -> JobBody:
        """One job."""
        return self._get(f"/v1/jobs/{job_id}", JobBody)

    def replay_job(self, job_id: UUID) -> JobBody:
        """Starts a dead job over."""
        return self._create(f"/v1/jobs/{job_id}/replay", None, JobBody)

    def _put_part(
        self, path: Path, size: int, opened: RecordingOpened, number: int, on_bytes: OnBytes | None
    ) -> PartDone:
        upload = opened.upload
        offset = (number - 1) * upload.part_bytes
        length = min(upload.part_bytes, size - offset)
        urls = {part.number: part.url for part in upload.parts}
        for attempt in range(1, ATTEMPTS + 1):
            sent = 0

            def chunks() -> Iterator[bytes]:
                nonlocal sent
                with path.open("rb") as file:
                    file.seek(offset)
                    while sent < length:
                        chunk = file.read(min(_CHUNK_BYTES, length - sent))
                        if not chunk:
                            raise CommandFailed(f"{path} became shorter while it was read")
                        sent += len(chunk)
                        yield chunk
                        if on_bytes is not None:
                            on_bytes(len(chunk))

            url = urls.get(number) or self._sign_part(opened.id, number)
            try:
                answer = self._objects.put(url, content=chunks(), headers={"Content-Length": str(length)})
            except httpx.TransportError as error:
                cause = str(error) or type(error).__name__
            else:
                if answer.is_success:
                    return PartDone(number=number, etag=answer.headers["ETag"])
                cause = f"HTTP {answer.status_code}"
                # The link may have expired: ask for a fresh one.
                urls.pop(number, None)
            if on_bytes is not None:
                on_bytes(-sent)
            if attempt < ATTEMPTS:
                time.sleep(0.5 * 2**attempt)
        raise GatewayUnreachableError(url.split("?", maxsplit=1)[0], cause)

    def _sign_part(self, recording_id: UUID, number: int) -> str:
        answer = self._send("GET", f"/v1/recordings/{recording_id}/parts", params={"numbers": str(number)})
        return self._answer(answer, UploadLinks).parts[0].url
