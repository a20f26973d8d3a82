"""The reference pages name everything that there is."""

import inspect
import re
from pathlib import Path

from gateway import refusals
from gateway.model import Scope
from infra import cli
from infra.cli.tenants import SCOPES
from tests.contract.test_openapi import built_document

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_the_api_page_names_every_kind_of_problem_with_its_status() -> None:
    page = (REFERENCE / "api.md").read_text()
    for _, kind in inspect.getmembers(refusals, inspect.isclass):
        if issubclass(kind, refusals.RefusedError) and kind is not refusals.RefusedError:
            assert re.search(rf"^\|.*`{kind.code}`.*\| {kind.status} \|", page, re.MULTILINE), kind.code


def test_the_api_page_names_every_resource() -> None:
    page = (REFERENCE / "api.md").read_text()
    for path in built_document()["paths"]:
        resource = "/".join(path.split("/")[:3])
        assert resource in page, resource


def test_the_command_line_knows_the_gateways_scopes() -> None:
    assert set(SCOPES) == set(Scope)


def test_the_command_line_page_names_every_command() -> None:
    page = (REFERENCE / "cli.md").read_text()
    if not cli.app.registered_commands:
        cli.load_commands()
    names = {command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback}
    names |= {group.name for group in cli.app.registered_groups if group.name}
    assert {"ingest", "jobs"} <= names
    for name in names:
        assert f"sightline {name}" in page, name
