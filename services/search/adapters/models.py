"""Queries to vectors, on Triton."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from contracts.vocabulary import DETECTOR_CLASSES, Space
from kit.pixels import Letterbox, letterbox, stretched
from kit.tokens import UnknownVocabularyError
from kit.triton import DETECT, EMBED_TEXT, Detections, ModelRefusedError, Triton, TritonError
from services.search.model.errors import ModelsUnavailableError
from services.search.model.search import (
    Encoding,
    FoundObject,
    Pixels,
    Towers,
    Vector,
)


class TritonEncoders:
    """The models that one Triton serves. Every method raises ModelsUnavailableError."""

    def __init__(self, triton: Triton) -> None:
        self._triton = triton
        self._captions: dict[tuple[str, str], Vector] = {}

    def text(self, towers: Towers, sentence: str) -> Encoding:
        """A sentence in the semantic space."""
        model = towers.text_model or EMBED_TEXT
        with _translated():
            vectors = self._triton.embed_text([sentence], model=model)
            return Encoding(self._triton.facts(model).space, vectors[0])

    def captions(self, towers: Towers, sentences: Sequence[str]) -> Mapping[str, Vector]:
        """Fixed sentences in the semantic space, kept by the name of that space."""
        model = towers.text_model or EMBED_TEXT
        with _translated():
            space = self._triton.facts(model).space
            unknown = [sentence for sentence in sentences if (space, sentence) not in self._captions]
            if unknown:
                vectors = self._triton.embed_text(unknown, model=model)
                self._captions |= {(space, sentence): vector for sentence, vector in zip(unknown, vectors, strict=True)}
        return {sentence: self._captions[space, sentence] for sentence in sentences}

    def objects(self, picture: Pixels) -> Sequence[FoundObject]:
        """People and vehicles in a picture."""
        with _translated():
            try:
                found, place = self._detected(picture)
            except ModelRefusedError:
                # A switch replaced the detector by one with another input: the client asks for its shape again.
                found, place = self._detected(picture)
        boxes = place.to_picture(found.boxes)
        return [
            FoundObject(DETECTOR_CLASSES[number], float(left), float(top), float(right), float(bottom), float(score))
            for (left, top, right, bottom), score, number in zip(boxes, found.scores, found.classes, strict=True)
        ]

    def picture(self, kind: Space, towers: Towers, picture: Pixels) -> Encoding:
        """A picture in a space of this kind, stretched as stills are when they are stored."""
        encode = {Space.SEMANTIC: self._triton.embed_image, Space.APPEARANCE: self._triton.appearance}[kind]
        with _translated():
            facts = self._triton.facts(towers.image_model)
            batch = stretched(picture, facts.height, facts.width)[np.newaxis]
            return Encoding(facts.space, encode(batch, model=towers.image_model)[0])

    def space(self, towers: Towers) -> str:
        """The name of the space that these models write."""
        with _translated():
            return self._triton.facts(towers.image_model).space

    def _detected(self, picture: Pixels) -> tuple[Detections, Letterbox]:
        facts = self._triton.facts(DETECT)
        fitted, place = letterbox(picture, facts.height, facts.width)
        return self._triton.detect(fitted[np.newaxis])[0], place


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TritonError as error:
        raise ModelsUnavailableError(f"the models do not answer now, ask again soon: {error}") from error
    except UnknownVocabularyError as error:
        raise ModelsUnavailableError(str(error)) from error
