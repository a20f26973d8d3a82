"""Triton's image encoders, and its model that says attributes."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from contracts.vocabulary import Space
from kit.triton import ATTRIBUTES, ModelFacts, Triton, TritonError
from services.embed.model import (
    AttributeModel,
    Binding,
    ModelReplacedError,
    ModelSpace,
    ModelUnavailableError,
    Pixels,
    Vectors,
)
from services.embed.ports import Size

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class TritonEncoder:
    """One served image encoder, as it was when it was asked for."""

    space: ModelSpace
    size: Size
    _encode: Callable[[Pixels], Vectors]

    def encode(self, pictures: Pixels) -> Vectors:
        """UINT8 [n, 3, height, width] to FP32 [n, dimension]. Raises ModelUnavailableError."""
        with _translated():
            return self._encode(pictures)


@dataclass(frozen=True)
class TritonDescriber:
    """The served model that says attributes, as it was when it was asked for."""

    model: AttributeModel
    size: Size
    _facts: ModelFacts
    _triton: Triton

    def describe(self, pictures: Pixels) -> Vectors:
        """UINT8 [n, 3, height, width] to probabilities, FP32 [n, values]. Raises ModelUnavailableError and
        ModelReplacedError."""
        try:
            told = self._triton.attributes(pictures)
        except TritonError as error:
            self._check_is_the_same()
            raise ModelUnavailableError(str(error)) from error
        self._check_is_the_same()
        rows = [[value for group in self.model.groups for value in one[group.key].values()] for one in told]
        return np.asarray(rows, np.float32)

    def _check_is_the_same(self) -> None:
        with _translated():
            if self._triton.facts(ATTRIBUTES) != self._facts:
                raise ModelReplacedError(ATTRIBUTES)


class TritonModels:
    """The models that one Triton serves."""

    def __init__(self, triton: Triton) -> None:
        self._triton = triton

    def encoder(self, binding: Binding) -> TritonEncoder:
        """The encoder of a space. Raises ModelUnavailableError."""
        model = binding.image_model
        with _translated():
            facts = self._triton.facts(model)
        ask = {Space.SEMANTIC: self._triton.embed_image, Space.APPEARANCE: self._triton.appearance}[binding.kind]
        return TritonEncoder(
            ModelSpace(facts.space, facts.dimension, binding),
            (facts.height, facts.width),
            lambda pictures: ask(pictures, model=model),
        )

    def describer(self) -> TritonDescriber | None:
        """The model that says attributes; None where none is served. A switch puts another in its place under its name:
        what a job says is of the one that is served when it begins."""
        try:
            facts = self._triton.facts(ATTRIBUTES, fresh=True)
            groups = facts.attributes
        except (TritonError, ValueError) as error:
            _LOG.info("no attributes are told", extra={"cause": str(error)})
            return None
        return TritonDescriber(
            AttributeModel(facts.parameters.get("weights", ""), groups),
            (facts.height, facts.width),
            facts,
            self._triton,
        )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TritonError as error:
        raise ModelUnavailableError(str(error)) from error
