"""What the embed service is asked to do."""

from datetime import timedelta
from uuid import UUID

from contracts.task import Payload, Queue, TaskContract


class EmbedItems(Payload, frozen=True, kw_only=True):
    """Make the vectors of tracks (each of their crops) and scenes of one recording."""

    recording_id: UUID
    """The recording they belong to."""
    track_ids: tuple[UUID, ...] = ()
    """Tracks that closed."""
    scene_ids: tuple[UUID, ...] = ()
    """Scenes that were sampled."""


class ReembedRecording(Payload, frozen=True, kw_only=True):
    """Make the vectors that one recording's tracks and scenes do not have yet in one embedding space."""

    recording_id: UUID
    """The recording they belong to."""
    space: str
    """The space's name, as its model says it. Where it is not in use any more nothing is done."""
    stills: int = 0
    """Crops and scenes that had no vector there when this was asked for: what the progress is counted against."""


EMBED_ITEMS = TaskContract(
    name="embed.items.v1", queue=Queue.EMBED, payload=EmbedItems, owner="embed", producers=("ingest",)
)
EMBED_REEMBED = TaskContract(
    name="embed.reembed.v1",
    queue=Queue.EMBED_BULK,
    payload=ReembedRecording,
    owner="embed",
    producers=("embed", "infra"),
    # It goes on where it stopped, so it may be interrupted often; and a recording can hold a day.
    max_attempts=10,
    time_limit=timedelta(hours=12),
)
