"""The served configuration of `describe`: limits that agree with one another, pinned weights, not loaded by tiny."""

import json
import re
from pathlib import Path

import msgspec

from infra.models.model_config import parameter, read_config
from infra.models.profiles import REPOSITORY
from kit.describe import Limits

FOLDER = Path(__file__).parents[2] / "infra" / "models" / "large" / "describe"
CONFIG = read_config(FOLDER / "config.pbtxt")
ENGINE = json.loads((FOLDER / "1" / "model.json").read_text())


def test_it_is_not_among_the_models_that_everybody_loads() -> None:
    assert not (REPOSITORY / "describe").exists()


def test_it_is_asked_as_tritons_vllm_backend_is() -> None:
    assert CONFIG.backend == "vllm"
    assert CONFIG.model_transaction_policy.decoupled
    assert CONFIG.max_batch_size == 0
    assert [entry.name for entry in CONFIG.input if not entry.optional] == ["text_input"]


def test_the_clients_limits_are_those_of_the_engine() -> None:
    limits = msgspec.convert(
        {name: entry.string_value for name, entry in CONFIG.parameters.items()}, Limits, strict=False
    )
    assert limits.max_frames == ENGINE["limit_mm_per_prompt"]["image"]
    assert limits.max_side**2 == ENGINE["mm_processor_kwargs"]["max_pixels"]
    # A patch of 32 x 32 pixels is a token.
    assert limits.max_frames * (limits.max_side // 32) ** 2 + 1000 + limits.max_tokens <= ENGINE["max_model_len"]


def test_the_weights_are_pinned_and_bring_no_code() -> None:
    assert re.fullmatch("[0-9a-f]{40}", ENGINE["revision"])
    assert ENGINE["tokenizer_revision"] == ENGINE["revision"]
    assert ENGINE["trust_remote_code"] is False
    assert parameter(CONFIG, "licence") == "Apache-2.0"
