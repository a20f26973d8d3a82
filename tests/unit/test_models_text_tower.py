"""The text tower that is built from the packaged weights."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from infra.models import text_tower
from infra.models.text_tower import HEADS, LAYERS, WrongWeightsError
from kit.tokens import tokenise

Array = npt.NDArray[Any]
erf = np.vectorize(math.erf)


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> onnxruntime.InferenceSession:
    path = tmp_path_factory.mktemp("tower") / "1" / "model.onnx"
    text_tower.build(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def embedded(tower: onnxruntime.InferenceSession, *sentences: str) -> Array:
    ids, mask = tokenise(sentences, "minilm-l6-v2", 128)
    return np.asarray(tower.run(None, {"input_ids": ids, "attention_mask": mask})[0])


def reference(weights: dict[str, Array], sentence: str) -> Array:
    """BERT as its paper has it, in numpy, one sentence without padding."""
    ids, mask = tokenise([sentence], "minilm-l6-v2", 128)
    ids = ids[0, : mask.sum()]

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return np.asarray(scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"])

    def linear(x: Array, name: str) -> Array:
        return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])

    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        parts = [
            linear(x, f"{name}.attention.self.{part}").reshape(len(ids), HEADS, -1)
            for part in ("query", "key", "value")
        ]
        query, key, value = (part.transpose(1, 0, 2) for part in parts)
        attention = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1]))
        attention /= attention.sum(-1, keepdims=True)
        seen = (attention @ value).transpose(1, 0, 2).reshape(len(ids), -1)
        x = norm(x + linear(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = linear(x, f"{name}.intermediate.dense")
        gelu = inner * 0.5 * (1 + erf(inner / np.sqrt(2)))
        x = norm(x + linear(gelu, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = x.mean(0)
    return np.asarray(mean / np.linalg.norm(mean))


def test_it_computes_what_the_papers_describe_but_for_its_eight_bits(tower: onnxruntime.InferenceSession) -> None:
    from safetensors.numpy import load_file

    weights = load_file(text_tower.packaged_weights())
    for sentence in ("a person in a red coat", "The lorry left the yard at night, unloaded."):
        assert embedded(tower, sentence)[0] @ reference(weights, sentence) > 0.995


def test_it_gives_the_likenesses_that_the_model_card_publishes(tower: onnxruntime.InferenceSession) -> None:
    # Hugging Face, sentence-transformers/all-MiniLM-L6-v2: 0.695, 0.943, 0.257.
    happy, *others = embedded(
        tower,
        "That is a happy person",
        "That is a happy dog",
        "That is a very happy person",
        "Today is a sunny day",
    )
    assert np.allclose([happy @ other for other in others], [0.695, 0.943, 0.257], atol=0.015)


def test_padding_and_company_change_nothing(tower: onnxruntime.InferenceSession) -> None:
    alone = embedded(tower, "a van")[0]
    together = embedded(tower, "a van", "somebody with a rucksack " * 10)[0]
    assert np.abs(alone - together).max() < 1e-3
    assert np.linalg.norm(alone) == pytest.approx(1.0, abs=1e-5)


def test_synonyms_are_nearer_than_other_things(tower: onnxruntime.InferenceSession) -> None:
    lorry, truck, dog = embedded(tower, "a lorry", "a truck", "a dog")
    assert lorry @ truck > lorry @ dog + 0.2


def test_other_weights_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    forged = tmp_path / "model.safetensors"
    forged.write_bytes(b"other weights")
    target = tmp_path / "out" / "model.onnx"
    with pytest.raises(WrongWeightsError, match=text_tower.WEIGHTS_SHA256):
        text_tower.build(target, forged)
    assert not target.exists()
