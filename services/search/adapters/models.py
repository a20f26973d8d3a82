"""Queries to vectors, on Triton."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from contracts.vocabulary import DETECTOR_CLASSES, Space
from kit.pixels import letterbox, stretched
from kit.triton import APPEARANCE, DETECT, EMBED_IMAGE, EMBED_TEXT, Triton, TritonError
from services.search.model import Encoding, FoundObject, ModelsUnavailableError, Pixels, Vector

_MODEL_OF: Mapping[Space, str] = {Space.SEMANTIC: EMBED_IMAGE, Space.APPEARANCE: APPEARANCE}


class TritonEncoders:
    """The models that one Triton serves. Every method raises ModelsUnavailableError."""

    def __init__(self, triton: Triton) -> None:
        self._triton = triton
        self._captions: dict[tuple[str, str], Vector] = {}

    def text(self, sentence: str) -> Encoding:
        """A sentence in the semantic space."""
        with _translated():
            vectors = self._triton.embed_text([sentence])
            return Encoding(self._triton.facts(EMBED_TEXT).space, vectors[0])

    def captions(self, sentences: Sequence[str]) -> Mapping[str, Vector]:
        """Fixed sentences in the semantic space, kept for as long as that space is current."""
        with _translated():
            space = self._triton.facts(EMBED_TEXT).space
            unknown = [sentence for sentence in sentences if (space, sentence) not in self._captions]
            if unknown:
                vectors = self._triton.embed_text(unknown)
                self._captions |= {(space, sentence): vector for sentence, vector in zip(unknown, vectors, strict=True)}
        return {sentence: self._captions[space, sentence] for sentence in sentences}

    def objects(self, picture: Pixels) -> Sequence[FoundObject]:
        """People and vehicles in a picture."""
        with _translated():
            facts = self._triton.facts(DETECT)
            fitted, place = letterbox(picture, facts.height, facts.width)
            found = self._triton.detect(fitted[np.newaxis])[0]
        boxes = place.to_picture(found.boxes)
        return [
            FoundObject(DETECTOR_CLASSES[number], float(left), float(top), float(right), float(bottom), float(score))
            for (left, top, right, bottom), score, number in zip(boxes, found.scores, found.classes, strict=True)
        ]

    def picture(self, kind: Space, picture: Pixels) -> Encoding:
        """A picture in a space of this kind, stretched as stills are when they are stored."""
        encode = {Space.SEMANTIC: self._triton.embed_image, Space.APPEARANCE: self._triton.appearance}[kind]
        with _translated():
            facts = self._triton.facts(_MODEL_OF[kind])
            batch = stretched(picture, facts.height, facts.width)[np.newaxis]
            return Encoding(facts.space, encode(batch)[0])

    def space(self, kind: Space) -> str:
        """The name of the space that is current for this kind."""
        with _translated():
            return self._triton.facts(_MODEL_OF[kind]).space


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TritonError as error:
        raise ModelsUnavailableError(f"the models do not answer now, ask again soon: {error}") from error
