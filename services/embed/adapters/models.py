"""Triton's image encoders."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from contracts.vocabulary import Space
from kit.triton import Triton, TritonError
from services.embed.model import Binding, ModelSpace, ModelUnavailableError, Pixels, Vectors
from services.embed.ports import Size


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


class TritonModels:
    """The image encoders that one Triton serves."""

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


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TritonError as error:
        raise ModelUnavailableError(str(error)) from error
