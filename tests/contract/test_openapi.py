"""The API's document is committed: what clients are built from changes only on purpose.

After a change on purpose: `python -m tests.contract.test_openapi` writes it anew.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gateway.app import compose
from gateway.settings import GatewaySettings, read_gateway_settings
from gateway.web.documentation import operations_page
from infra.cli.tenants import SCOPES
from kit.jobs import Jobs
from kit.objects import Objects
from kit.postgres import Database

COMMITTED = Path(__file__).parents[2] / "gateway" / "openapi.json"

_METHODS = ("get", "post", "put", "patch", "delete")


def settings() -> GatewaySettings:
    return read_gateway_settings(
        {
            "SIGHTLINE_POSTGRES_DSN": "postgresql://nowhere",
            "SIGHTLINE_REDIS_URL": "redis://nowhere",
            "SIGHTLINE_S3_ENDPOINT": "http://nowhere",
            "SIGHTLINE_S3_ACCESS_KEY": "none",
            "SIGHTLINE_S3_SECRET_KEY": "none",
        }
    )


def built_document() -> dict[str, Any]:
    """As the application serves it; nothing is connected to."""
    database = Database("postgresql://nowhere")
    app = compose(
        settings(),
        database=database,
        jobs_kept=Jobs(database, lambda _: None, lease_seconds=60),
        objects=Objects(settings().plumbing.objects),
        ask_worker=lambda contract, message, seconds: message,
        checks={},
    )
    document: dict[str, Any] = json.loads(json.dumps(app.openapi_schema.to_schema()))
    return document


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return built_document()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]


def test_the_committed_document_is_the_applications(document: dict[str, Any]) -> None:
    assert document == json.loads(COMMITTED.read_text()), (
        "the API changed. On purpose? `python -m tests.contract.test_openapi` writes the document anew."
    )


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for value in node.values() for ref in references(value)]
        return [ref for value in node for ref in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        node: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in node, reference
            node = node[step]


def test_every_schema_is_a_json_schema(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_operation_has_a_name_of_its_own_a_summary_and_a_tag(document: dict[str, Any]) -> None:
    found = operations(document)
    names = [operation["operationId"] for _, _, operation in found]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in found:
        assert operation["summary"], (method, path)
        assert set(operation["tags"]) <= tags, (method, path)


def test_every_operation_but_health_needs_a_key_and_says_which_scope(document: dict[str, Any]) -> None:
    assert document["security"] == [{"apiKey": []}]
    for path, method, operation in operations(document):
        if path.startswith("/v1/health"):
            assert operation["security"] == [{}]
            continue
        assert "security" not in operation, (method, path)
        assert {"401", "403"} <= set(operation["responses"]), (method, path)
        assert any(f"`{scope}`" in operation["description"] for scope in SCOPES), (method, path)


def test_every_failure_is_described_as_a_problem(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400" and not path.startswith("/v1/health"):
                assert response == {"$ref": f"#/components/responses/Problem{status}"}, (method, path, status)


def test_everything_that_creates_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    taking = {
        operation["operationId"]
        for _, _, operation in operations(document)
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
    }
    posts = {operation["operationId"] for _, method, operation in operations(document) if method == "post"}
    assert posts - taking == {"search", "testRule", "testWatch"}


def test_the_page_shows_every_operation_and_needs_no_network(document: dict[str, Any]) -> None:
    page = operations_page(document)
    for _, _, operation in operations(document):
        assert f"id='{operation['operationId']}'" in page
    for word in ("<script", "src=", "@import", "url("):
        assert word not in page


if __name__ == "__main__":
    COMMITTED.write_text(json.dumps(built_document(), indent=2, ensure_ascii=False) + "\n")
