"""What stands for the text tower where the bench's searches go through the search service: its vectors were drawn, no
network gives them. The text "query 17" is given the vector of query 17."""

# ruff: noqa: ARG002  the port's signatures

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.search.data import Queries
from bench.search.load import space_name
from bench.search.tracks import captions_of
from contracts.vocabulary import Space
from services.search.model.errors import ModelsUnavailableError
from services.search.model.search import CAPTIONS, Encoding, FoundObject, Pixels, Towers, Vector

DRAWN = "SIGHTLINE_BENCH_DRAWN"
"""The variable that names the file that `keep_drawn` wrote."""


def text_of(number: int) -> str:
    """How a query is asked for."""
    return f"query {number}"


def keep_drawn(queries: Queries, file: Path) -> None:
    """Writes what the worker's encoders give."""
    np.savez(file, queries=queries.vectors, captions=captions_of(queries))


class DrawnEncoders:
    """The encoders of the search service, for texts."""

    def __init__(self, file: Path) -> None:
        drawn = np.load(file)
        self._queries = drawn["queries"]
        self._captions = dict(zip(CAPTIONS.values(), drawn["captions"], strict=True))

    def text(self, towers: Towers, sentence: str) -> Encoding:
        """The vector of a query."""
        return Encoding(space_name(Space.SEMANTIC), self._queries[int(sentence.rpartition(" ")[2])])

    def captions(self, towers: Towers, sentences: Sequence[str]) -> Mapping[str, Vector]:
        """Those of classes and scenes."""
        return {sentence: self._captions[sentence] for sentence in sentences}

    def objects(self, picture: Pixels) -> Sequence[FoundObject]:
        """Raises ModelsUnavailableError."""
        raise ModelsUnavailableError("the bench has no detector: ask with a text")

    def picture(self, kind: Space, towers: Towers, picture: Pixels) -> Encoding:
        """Raises ModelsUnavailableError."""
        raise ModelsUnavailableError("the bench encodes no pictures: ask with a text")

    def space(self, towers: Towers) -> str:
        """Raises ModelsUnavailableError."""
        raise ModelsUnavailableError("the bench looks for the likes of no track: ask with a text")
