"""Sentences to the token ids that a text tower reads.

A text tower's configuration names its vocabulary (parameter `tokenizer`); the vocabularies lie in `kit/vocabulary/`.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PADDING_STEP = 16
"""Lengths are rounded up to this many tokens, so that Triton finds requests of one shape to batch."""

Ids = npt.NDArray[np.int64]


class UnknownVocabularyError(ValueError):
    """A text tower asks for a vocabulary that this version does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the text tower wants the vocabulary {name!r}, which is not in kit/vocabulary")


def tokenise(sentences: Sequence[str], vocabulary: str, max_tokens: int) -> tuple[Ids, Ids]:
    """Turn sentences into ids and mask.

    Args:
        sentences: any text; what is longer than `max_tokens` is cut.
        vocabulary: name of a file in `kit/vocabulary`, e.g. `minilm-l6-v2`.
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

    source = files("kit") / "vocabulary" / f"{vocabulary}.json"
    if not source.is_file():
        raise UnknownVocabularyError(vocabulary)
    tokenizer = Tokenizer.from_str(source.read_text(encoding="utf-8"))
    tokenizer.enable_truncation(max_tokens)
    return tokenizer
