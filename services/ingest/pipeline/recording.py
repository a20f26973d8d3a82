"""Takes an upload in: hash it, check it, cut it, store it, and hand the first segment on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contracts.ingest import IngestRecording
from kit.lease import Lease
from services.ingest.model.errors import StartConflictError
from services.ingest.model.start import Start, true_start
from services.ingest.ports import (
    CutFootage,
    Files,
    Footage,
    KnownRecording,
    NewRecording,
    NewSegment,
    Scratch,
    Store,
    Telemetry,
)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class RecordingIntake:
    """The use case behind `ingest.recording.v1`."""

    files: Files
    footage: Footage
    store: Store
    telemetry: Telemetry
    scratch: Scratch
    now: Callable[[], datetime] = _now

    def take_in(self, payload: IngestRecording, lease: Lease) -> None:
        """Sees an upload through. The same bytes for the same camera are one recording, however often they are sent.

        Raises FootageError or the sandbox's MediaError where the footage cannot be used as it is.
        """
        with self.scratch() as folder:
            upload = folder / "upload"
            with self.telemetry.stage("fetch upload"):
                sha256 = self.files.fetch(payload.object_key, upload)
            lease.tell_progress(0.1)
            known = self.store.known(lease.tenant_id, payload.camera_id, sha256)
            if known is None:
                recording = self._recording(payload, lease, upload, sha256)
                if self.store.save_recording(lease, recording):
                    self.files.forget_upload(payload.object_key)
                    return
                known = self.store.known(lease.tenant_id, payload.camera_id, sha256)
            if known is None:
                raise RuntimeError(f"recording {payload.recording_id} was refused as known, but nothing like it is")
        self._finish_known(payload, lease, known)

    def give_up(self, payload: IngestRecording, lease: Lease, reason: str) -> None:
        """Ends the job as dead."""
        self.store.fail(lease, payload.recording_id, reason)

    def _finish_known(self, payload: IngestRecording, lease: Lease, known: KnownRecording) -> None:
        if payload.started_at is not None and payload.started_at != known.started_at:
            raise StartConflictError(known.id, known.started_at, payload.started_at)
        self.store.finish_duplicate(lease, known)
        self.files.forget_upload(payload.object_key)

    def _recording(self, payload: IngestRecording, lease: Lease, upload: Path, sha256: bytes) -> NewRecording:
        pieces = upload.parent / "segments"
        pieces.mkdir()
        with self.telemetry.stage("cut recording"):
            cut = self.footage.cut(upload, pieces, lambda share: lease.tell_progress(0.1 + 0.5 * share))
        start = true_start(payload.started_at, cut.tags, self.now())
        with self.telemetry.stage("store footage"):
            original = self.files.keep_original(payload.object_key, upload, sha256, cut.container)
            lease.tell_progress(0.8)
            segments = self._segments(cut, start)
        lease.tell_progress(0.95)
        return NewRecording(
            id=payload.recording_id,
            camera_id=payload.camera_id,
            filename=payload.filename,
            original=original,
            container=cut.container,
            codec=cut.codec,
            width=cut.width,
            height=cut.height,
            frame_rate=cut.frame_rate,
            started_at=start.at,
            ended_at=start.at + cut.duration,
            start_source=start.source,
            segments=segments,
        )

    def _segments(self, cut: CutFootage, start: Start) -> list[NewSegment]:
        stored = self.files.put_files([(piece.path, piece.content_type) for piece in cut.pieces])
        return [
            NewSegment(file, start.at + piece.started, start.at + piece.ended)
            for piece, file in zip(cut.pieces, stored, strict=True)
        ]
