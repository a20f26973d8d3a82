"""The Celery door of the embed service: which job is done how."""

from typing import Any

from contracts.embed import EMBED_ITEMS, EMBED_REEMBED
from kit.worker import JobHandler
from services.embed.model import OtherWeightsError, SpaceConflictError, UnreadableStillError, UnusableVectorsError
from services.embed.pipeline import Embedding, Reembedding


def handlers(embedding: Embedding, reembedding: Reembedding) -> list[JobHandler[Any]]:
    """The service's handlers. No second attempt mends a broken still or broken weights; anything else is retried."""
    return [
        JobHandler(
            contract=EMBED_ITEMS,
            run=embedding.embed,
            dead_on=(UnreadableStillError, UnusableVectorsError, SpaceConflictError),
        ),
        JobHandler(
            contract=EMBED_REEMBED,
            run=reembedding.reembed,
            dead_on=(UnusableVectorsError, SpaceConflictError, OtherWeightsError),
        ),
    ]
