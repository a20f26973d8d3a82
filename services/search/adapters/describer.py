"""The generative model in the `describe` slot as the one who words and verifies answers. It is an extra: where it is
not served, or fails, nothing is said and the rule's words stay."""

import logging
from typing import Protocol

from kit.describe import MAX_QUESTION, Describer, TooMuchError, VisualAnswer
from kit.pixels import NotAPictureError
from kit.triton import TritonError
from services.search.model.errors import SearchError
from services.search.model.search import Pixels

_LOG = logging.getLogger(__name__)


class LoadedPictures(Protocol):
    """Stored pictures, decoded where it can do no harm."""

    def load(self, object_key: str) -> Pixels:
        """UINT8 [height, width, 3] in RGB. Raises SearchError."""


class ServedWordsmith:
    """A served `describe`."""

    def __init__(self, describer: Describer, pictures: LoadedPictures) -> None:
        self._describer = describer
        self._pictures = pictures

    def look(self, thumbnail_key: str, words: str) -> str | None:
        """How clearly the picture shows what the words say: clear, likely, unclear."""
        found = self._ask(thumbnail_key, f"Does the picture show this: {words}?")
        return None if found is None else str(found.certainty)

    def word(self, thumbnail_key: str, sentence: str) -> str | None:
        """The sentence in other words."""
        asked = (
            "Write this sentence anew in plain English. Keep every number, time, date and name exactly, add nothing:"
            f" {sentence}"
        )
        found = self._ask(thumbnail_key, asked)
        return None if found is None else found.answer

    def _ask(self, thumbnail_key: str, question: str) -> VisualAnswer | None:
        if len(question) > MAX_QUESTION:
            return None
        try:
            return self._describer.answer([self._pictures.load(thumbnail_key)], question)
        except (TritonError, TooMuchError, NotAPictureError, SearchError) as error:
            _LOG.info("the model that words answers was left out", extra={"cause": str(error)})
            return None


class NoWordsmith:
    """Where no `describe` is served."""

    def look(self, thumbnail_key: str, words: str) -> None:
        """Nothing is said."""

    def word(self, thumbnail_key: str, sentence: str) -> None:
        """Nothing is said."""
