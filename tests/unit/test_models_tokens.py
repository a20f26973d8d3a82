"""Sentences to token ids."""

import numpy as np
import pytest

from kit.tokens import PADDING_STEP, UnknownVocabularyError, tokenise

VOCABULARY = "minilm-l6-v2"


def test_a_sentence_gets_the_ids_that_bert_gives_it() -> None:
    ids, mask = tokenise(["A red car."], VOCABULARY, 128)
    # [CLS] a red car . [SEP] in bert-base-uncased's vocabulary.
    assert ids[0, :6].tolist() == [101, 1037, 2417, 2482, 1012, 102]
    assert mask[0].tolist() == [1] * 6 + [0] * (PADDING_STEP - 6)


def test_case_and_accents_make_no_difference() -> None:
    ids, _ = tokenise(["A café", "a CAFE"], VOCABULARY, 128)
    assert (ids[0] == ids[1]).all()


def test_sentences_of_other_lengths_share_one_padded_shape() -> None:
    ids, mask = tokenise(["a", "a person in a red coat " * 4], VOCABULARY, 128)
    assert ids.shape == mask.shape
    assert ids.shape[1] % PADDING_STEP == 0
    assert mask.sum(1).tolist() == [3, 26]


def test_a_long_text_is_cut_and_still_ends_with_its_end_mark() -> None:
    ids, mask = tokenise(["word " * 1000], VOCABULARY, 32)
    assert ids.shape == (1, 32)
    assert mask.all()
    assert ids[0, -1] == 102


def test_no_sentences_give_no_rows() -> None:
    ids, _ = tokenise([], VOCABULARY, 32)
    assert len(ids) == 0
    assert ids.dtype == np.int64


def test_an_unknown_vocabulary_is_named() -> None:
    with pytest.raises(UnknownVocabularyError, match="siglip"):
        tokenise(["a"], "siglip", 32)
