"""The Celery door of the embed service: which job is done how."""

from contracts.embed import EMBED_ITEMS, EmbedItems
from kit.worker import JobHandler
from services.embed.model import SpaceConflictError, UnreadableStillError, UnusableVectorsError
from services.embed.pipeline import Embedding


def handlers(embedding: Embedding) -> list[JobHandler[EmbedItems]]:
    """The service's handlers. No second attempt mends a broken still or broken weights; anything else is retried."""
    return [
        JobHandler(
            contract=EMBED_ITEMS,
            run=embedding.embed,
            dead_on=(UnreadableStillError, UnusableVectorsError, SpaceConflictError),
        )
    ]
