"""Sentences to the token ids that a text tower reads.

A text tower's configuration names its vocabulary (parameter `tokenizer`). The vocabularies of the weights that ship
with the project lie in `kit/vocabulary/`; those that came with pulled weights are looked for as
`*/embed_text/<name>.json` in the folder of profiles that SIGHTLINE_PROFILES names.
"""

import glob
import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PADDING_STEP = 8
"""Lengths are rounded up to this many tokens, so that Triton finds requests of one shape to batch."""

PROFILES_VARIABLE = "SIGHTLINE_PROFILES"

Ids = npt.NDArray[np.int64]


class UnknownVocabularyError(ValueError):
    """A text tower asks for a vocabulary that is nowhere to be found."""

    def __init__(self, name: str, profiles: str) -> None:
        pulled = f"in {profiles}" if profiles else f"among pulled profiles ({PROFILES_VARIABLE} names no folder)"
        super().__init__(
            f"the text tower wants the vocabulary {name!r}, which is neither in kit/vocabulary nor {pulled}"
        )


def tokenise(sentences: Sequence[str], vocabulary: str, max_tokens: int) -> tuple[Ids, Ids]:
    """Turn sentences into ids and mask.

    Args:
        sentences: any text; what is longer than `max_tokens` is cut.
        vocabulary: its name, e.g. `minilm-l6-v2`.
        max_tokens: the longest sequence that the text tower takes.

    Returns:
        Ids and mask (1 where a token is, 0 where there is padding), both INT64 [N, L].

    Raises:
        UnknownVocabularyError: there is no such vocabulary.
    """
    encoded = [
        encoding.ids[:max_tokens] for encoding in _tokenizer(vocabulary, max_tokens).encode_batch(list(sentences))
    ]
    longest = max((len(ids) for ids in encoded), default=1)
    length = min(max_tokens, -(-longest // PADDING_STEP) * PADDING_STEP)
    ids = np.zeros((len(encoded), length), np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(encoded):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return ids, mask


@cache
def _tokenizer(vocabulary: str, max_tokens: int) -> "Tokenizer":
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(_vocabulary(vocabulary).read_text(encoding="utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _vocabulary(name: str) -> Traversable:
    shipped = files("kit") / "vocabulary" / f"{name}.json"
    if shipped.is_file():
        return shipped
    profiles = os.environ.get(PROFILES_VARIABLE, "")
    # The name comes from a server: it may not lead out of the folder.
    if profiles and Path(name).name == name:
        for pulled in sorted(Path(profiles).glob(f"*/embed_text/{glob.escape(name)}.json")):
            return pulled
    raise UnknownVocabularyError(name, profiles)
