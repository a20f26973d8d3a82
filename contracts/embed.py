"""What the embed service is asked to do."""

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


EMBED_ITEMS = TaskContract(
    name="embed.items.v1", queue=Queue.EMBED, payload=EmbedItems, owner="embed", producers=("ingest",)
)
