"""What makes a job dead at once: no second attempt mends it. The messages are for the person who sent the footage."""

from datetime import datetime
from uuid import UUID


class FootageError(Exception):
    """The footage cannot be taken in as it was sent."""


class StartUnknownError(FootageError):
    """Nobody said when the recording began."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: send it again with its started_at, the true time of its first picture, with offset")


class StartConflictError(FootageError):
    """The same bytes are known with another start."""

    def __init__(self, recording_id: UUID, known: datetime, given: datetime) -> None:
        super().__init__(
            f"the same file is recording {recording_id} of this camera, which began at {known.isoformat()}, not at "
            f"{given.isoformat()}: send it for the camera that made it, or leave started_at out"
        )
        self.recording_id, self.known, self.given = recording_id, known, given


class UploadGoneError(FootageError):
    """The upload is not where it was put."""

    def __init__(self, object_key: str) -> None:
        super().__init__(f"the upload {object_key} is not in the object store any more: send the file again")
        self.object_key = object_key


class SegmentUnknownError(FootageError):
    """There is no such segment: its recording was removed."""

    def __init__(self, recording_id: UUID, ordinal: int) -> None:
        super().__init__(f"recording {recording_id} has no segment {ordinal}: it was removed")
        self.recording_id, self.ordinal = recording_id, ordinal


class SegmentTooEarlyError(Exception):
    """The segment before it is not done yet; worth another attempt."""

    def __init__(self, recording_id: UUID, ordinal: int) -> None:
        super().__init__(f"segment {ordinal} of recording {recording_id} waits for the one before it")
        self.recording_id, self.ordinal = recording_id, ordinal
