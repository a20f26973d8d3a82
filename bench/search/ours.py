"""Ours: the search service's own adapter, and ways that it could have taken, on the same tables."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from bench.search.data import ATTRIBUTES, CLASSES, DAYS, START, TENANT, Mix, Queries, Site, at, camera_id
from bench.search.load import space_name
from contracts.search import AttributeWish
from contracts.vocabulary import ItemKind, Space
from kit.postgres import Database
from services.search.adapters.vectors import EmbedVectors
from services.search.model.filters import Filters
from services.search.model.search import Encoding, Probe

Search = Callable[[int], Sequence[int]]
"""A query's number to the rows found, best first."""


def filters_of(mix: Mix) -> Filters:
    """A query's filters, as the search service has them."""
    return Filters(
        tenant_id=TENANT,
        camera_ids=tuple(camera_id(one) for one in mix.cameras) or None,
        from_time=None if mix.from_second is None else at(mix.from_second),
        until_time=None if mix.until_second is None else at(mix.until_second),
        classes=() if mix.object_class is None else (CLASSES[mix.object_class],),
        attributes=()
        if mix.attribute is None
        else (AttributeWish(attribute="person.upper_colour", value=f"c{mix.attribute}"),),
    )


def probe_of(kind: Space, vector: Any) -> Probe:
    """A query's vector, as the search service asks with it."""
    return Probe(kind, Encoding(space_name(kind), np.asarray(vector, np.float32)), (ItemKind.TRACK,))


class Rows:
    """Finds a row's number by its track and crop."""

    def __init__(self, site: Site) -> None:
        _, self._first = np.unique(site.tracks, return_index=True)

    def number(self, item_id: UUID, rank: int) -> int:
        """The row of one crop."""
        return int(self._first[(item_id.int & (2**64 - 1)) - 1]) + rank
