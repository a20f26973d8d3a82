"""Use case of the embed service: stills in, vectors stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

import numpy as np

from contracts.embed import EmbedItems
from contracts.vocabulary import Space
from kit.lease import Lease
from services.embed.model import EmbeddedStills, Pixels, Still, Vectors, checked
from services.embed.ports import Encoder, Library, Models, Pictures, VectorStore

BATCH = 32
"""Stills encoded at a time: what the served models take in one request."""


@dataclass(frozen=True)
class Embedding:
    """Makes the vectors of tracks and scenes."""

    library: Library
    pictures: Pictures
    models: Models
    vectors: VectorStore

    def embed(self, items: EmbedItems, lease: Lease) -> None:
        """Encodes every still of the items and stores the vectors with the job's completion.

        Raises UnreadableStillError, UnusableVectorsError, LeaseLostError, and what the adapters raise.
        """
        began = perf_counter()
        encoding = 0.0
        stills = self.library.stills(lease.tenant_id, items)
        encoders = {
            space: self.models.encoder(space) for space in Space if any(space in still.spaces for still in stills)
        }
        wanted = [(still.object_key, [encoders[space].size for space in still.spaces]) for still in stills]
        loaded = self.pictures.load(wanted)
        made: dict[Space, list[Vectors]] = {space: [] for space in encoders}
        for start in range(0, len(stills), BATCH):
            batch = stills[start : start + BATCH]
            pictures = list(islice(loaded, len(batch)))
            ready = perf_counter()
            for space, vectors in _encoded(batch, pictures, encoders):
                made[space].append(vectors)
            encoding += perf_counter() - ready
            lease.tell_progress((start + len(batch)) / len(stills))
        # Reading runs beside encoding: what is told is how long encoding had to wait for it.
        seconds = {"read": perf_counter() - began - encoding, "encode": encoding}
        self.vectors.finish(
            lease,
            [
                EmbeddedStills(
                    encoders[space].space,
                    [still for still in stills if space in still.spaces],
                    np.concatenate(parts),
                )
                for space, parts in made.items()
            ],
            seconds,
        )


def _encoded(
    stills: Sequence[Still], pictures: Sequence[tuple[Pixels, ...]], encoders: dict[Space, Encoder]
) -> Iterator[tuple[Space, Vectors]]:
    for space, encoder in encoders.items():
        inputs = [
            sizes[still.spaces.index(space)]
            for still, sizes in zip(stills, pictures, strict=True)
            if space in still.spaces
        ]
        if inputs:
            yield space, checked(encoder.space, encoder.encode(np.stack(inputs)), len(inputs))
