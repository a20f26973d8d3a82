"""Triton's image encoders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.vocabulary import Space
from kit.triton import APPEARANCE, EMBED_IMAGE, Triton
from services.embed.model import ModelSpace, Pixels, Vectors
from services.embed.ports import Size

_MODEL_OF: Mapping[Space, str] = {Space.SEMANTIC: EMBED_IMAGE, Space.APPEARANCE: APPEARANCE}


@dataclass(frozen=True)
class TritonEncoder:
    """One served image encoder, as it was when it was asked for."""

    space: ModelSpace
    size: Size
    _encode: Callable[[Pixels], Vectors]

    def encode(self, pictures: Pixels) -> Vectors:
        """UINT8 [n, 3, height, width] to FP32 [n, dimension]. Raises kit.triton.TritonError."""
        return self._encode(pictures)


class TritonModels:
    """The image encoders that one Triton serves."""

    def __init__(self, triton: Triton) -> None:
        self._triton = triton

    def encoder(self, kind: Space) -> TritonEncoder:
        """The encoder of a kind of space. Raises kit.triton.TritonError."""
        facts = self._triton.facts(_MODEL_OF[kind])
        encode = {Space.SEMANTIC: self._triton.embed_image, Space.APPEARANCE: self._triton.appearance}[kind]
        return TritonEncoder(ModelSpace(facts.space, kind, facts.dimension), (facts.height, facts.width), encode)
