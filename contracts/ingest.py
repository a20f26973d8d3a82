"""What the ingest service is asked to do."""

from datetime import datetime, timedelta
from uuid import UUID

from contracts.task import Payload, Queue, TaskContract

LONGEST_RECORDING = timedelta(hours=24)
"""Ingest takes none that is longer, so that who was in view at a time is looked for no further back."""


class IngestRecording(Payload, frozen=True, kw_only=True):
    """Take an uploaded file in: hash it, probe it, cut it into segments."""

    recording_id: UUID
    """Chosen by the gateway when the upload was opened."""
    camera_id: UUID
    """The camera that made the footage."""
    object_key: str
    """Where the upload lies in the bucket."""
    filename: str
    """The sender's name for it; shown to people, never trusted."""
    started_at: datetime | None = None
    """True time of the first frame, with offset. None: taken from the container, or the job is dead and asks for it."""


class IngestSegment(Payload, frozen=True, kw_only=True):
    """Detect and track in one segment, with the tracker's state of the one before it."""

    recording_id: UUID
    """The segment's recording."""
    ordinal: int
    """The segment's place in the recording, from 0."""


INGEST_RECORDING = TaskContract(
    name="ingest.recording.v1", queue=Queue.INGEST, payload=IngestRecording, owner="ingest", producers=("gateway",)
)
INGEST_SEGMENT = TaskContract(
    name="ingest.segment.v1",
    queue=Queue.INGEST,
    payload=IngestSegment,
    owner="ingest",
    producers=("ingest",),
    time_limit=timedelta(hours=2),
)
