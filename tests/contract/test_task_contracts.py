"""The task contracts are frozen: their JSON Schemas and examples stand beside this file and may only grow."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from contracts import CONTRACT_BY_NAME, CONTRACTS
from contracts.query import QueryContract, Reply
from contracts.task import Payload, Queue, TaskContract

FROZEN = Path(__file__).parent / "schemas"
FORMS: dict[str, type[Any]] = {contract.name: contract.payload for contract in CONTRACTS} | {
    f"{contract.name}.reply": Reply[contract.answer]  # type: ignore[name-defined]
    for contract in CONTRACTS
    if isinstance(contract, QueryContract)
}


def schema_of(form: type[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(json.dumps(msgspec.json.schema(form)))
    return schema


@pytest.mark.parametrize("name", FORMS)
def test_a_contract_still_has_its_frozen_schema(name: str) -> None:
    frozen = json.loads((FROZEN / f"{name}.json").read_text())
    assert schema_of(FORMS[name]) == frozen["schema"], (
        f"{name} changed. An added optional field: `python -m tests.contract.freeze`. Anything else: a new version."
    )


@pytest.mark.parametrize("name", FORMS)
def test_every_example_is_valid_and_survives_a_round_trip(name: str) -> None:
    frozen = json.loads((FROZEN / f"{name}.json").read_text())
    assert frozen["examples"], f"{name} has no example"
    for example in frozen["examples"]:
        jsonschema.validate(example, frozen["schema"])
        value = msgspec.convert(example, FORMS[name])
        assert msgspec.convert(msgspec.to_builtins(value), FORMS[name]) == value


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_name_says_its_owner_and_version(contract: TaskContract[Payload]) -> None:
    owner, noun, version = contract.name.split(".")
    assert owner == contract.owner
    assert noun.isidentifier()
    assert version.startswith("v")
    assert version[1:].isdigit()


def test_names_are_unique() -> None:
    assert len(CONTRACT_BY_NAME) == len(CONTRACTS)


def test_queries_have_a_queue_of_their_own() -> None:
    for contract in CONTRACTS:
        assert isinstance(contract, QueryContract) == (contract.queue is Queue.SEARCH_QUERY)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_reader_ignores_fields_that_a_newer_sender_added(contract: TaskContract[Payload]) -> None:
    example = json.loads((FROZEN / f"{contract.name}.json").read_text())["examples"][0]
    msgspec.convert({**example, "added_later": 1}, contract.payload)
