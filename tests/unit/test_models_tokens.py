"""Sentences to token ids."""

from pathlib import Path

import numpy as np
import pytest

from infra.models import siglip
from kit.tokens import PADDING_STEP, PROFILES_VARIABLE, UnknownVocabularyError, tokenise
from tests.fixtures.weights import write_tokenizer

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


def test_an_unknown_vocabulary_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROFILES_VARIABLE, raising=False)
    with pytest.raises(UnknownVocabularyError, match=r"siglip.*SIGHTLINE_PROFILES names no folder"):
        tokenise(["a"], "siglip", 32)


def test_a_vocabulary_that_came_with_a_pulled_text_tower_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "base" / "embed_text"
    folder.mkdir(parents=True)
    write_tokenizer(tmp_path / "published.json")
    siglip.write_tokenizer(tmp_path / "published.json", folder / "made-up.json")
    monkeypatch.setenv(PROFILES_VARIABLE, str(tmp_path))
    ids, mask = tokenise(["A Red car", "person"], "made-up", 64)
    assert ids[:, :4].tolist() == [[4, 5, 7, 1], [8, 1, 0, 0]], "small letters, and an end mark"
    assert mask.sum(1).tolist() == [4, 2]


def test_a_long_sentence_keeps_its_end_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "base" / "embed_text"
    folder.mkdir(parents=True)
    write_tokenizer(tmp_path / "published.json")
    siglip.write_tokenizer(tmp_path / "published.json", folder / "long.json")
    monkeypatch.setenv(PROFILES_VARIABLE, str(tmp_path))
    ids, _ = tokenise(["red " * 100], "long", 64)
    assert ids.shape == (1, 64)
    assert ids[0, -1] == 1


@pytest.mark.parametrize("name", ["../secret", "base/embed_text/x", "*"])
def test_a_vocabularys_name_does_not_lead_out_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "profiles" / "base" / "embed_text").mkdir(parents=True)
    write_tokenizer(tmp_path / "profiles" / "base" / "secret.json")
    write_tokenizer(tmp_path / "profiles" / "base" / "embed_text" / "other.json")
    monkeypatch.setenv(PROFILES_VARIABLE, str(tmp_path / "profiles"))
    with pytest.raises(UnknownVocabularyError):
        tokenise(["a"], name, 32)
