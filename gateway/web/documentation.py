"""The OpenAPI document, and a page for reading it that needs no network."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from litestar import Litestar, Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import (
    Components,
    License,
    OpenAPI,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIType

from gateway.web.authentication import NEEDS, PUBLIC
from gateway.web.idempotency import CREATES
from gateway.web.media_types import RAW_BODY
from gateway.web.problems import MEDIA_TYPE

API_VERSION = "1.0"
"""Grows with the contract: what a client of an earlier 1.x relies on stays."""

PROBLEMS = "problems"
"""Routes name in their `opt` under this word the statuses of the problems peculiar to them."""

_TAGS = {
    "cameras": "Sources of footage, each with its own time zone and its ids in other systems.",
    "zones": "Polygons and directed lines drawn on a camera's view.",
    "events": "Rules over zones and lines, and what happened in their sense.",
    "watches": "Standing searches and rules, and the alerts that come of them.",
    "recordings": "Footage in: upload straight to the object store, then follow the processing.",
    "jobs": "Long work: how far it is, why it was given up, starting it over.",
    "journeys": "The likely appearances of one person or vehicle over cameras, and the times between cameras.",
    "search": "A sentence, a picture or a track in; tracks and scenes out.",
    "questions": "A question in plain English in; sentences that cite hits and say what was examined out.",
    "tracks": "What was seen.",
    "media": "Signed links to crops, stills and footage.",
    "reports": "Chosen hits as a PDF with clips.",
    "health": "For load balancers and people on call.",
}

_DESCRIPTION = """
Self-hosted video investigation: footage of many cameras in, answers with evidence out.

* Send `Authorization: Bearer sl_…` with every request. A key has scopes and may be restricted to cameras; what it may
  not see is answered with 404, like what is not there.
* Failures are RFC 9457 problems with a stable `type`, and an `errors` list where fields are wrong.
* POSTs that create take an `Idempotency-Key`: sent again within a day, the same request is done once.
* Lists are pages: ask again with `cursor` set to `next_cursor` until that is null.
* Long work answers 202 with the job in `Location`.
* Times are RFC 3339 with an offset; a time without one is refused.
* `X-Request-Id` and `traceparent` are taken and passed on.
""".strip()

_PROBLEM_TITLES = {
    400: "The body is not well formed",
    401: "No valid API key",
    403: "The API key lacks the scope",
    404: "Not there, or not visible to the key",
    409: "Not possible in the present state",
    412: "Changed in the meantime",
    413: "Too large",
    415: "Unsupported media type",
    422: "The request is not valid; `errors` names the fields",
    428: "If-Match is needed",
    503: "Something that the gateway stands on does not answer",
    504: "Not answered in time",
}


def openapi_config() -> OpenAPIConfig:
    """The document's frame."""
    return OpenAPIConfig(
        title="Sightline",
        version=API_VERSION,
        description=_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, opt={NEEDS: PUBLIC}),
        tags=[Tag(name=name, description=description) for name, description in _TAGS.items()],
        security=[{"apiKey": []}],
        components=Components(
            security_schemes={
                "apiKey": SecurityScheme(
                    type="http", scheme="bearer", bearer_format="sl_…", description="`sightline keys create` makes one."
                )
            }
        ),
        render_plugins=[OperationsPage(path="/"), JsonRenderPlugin(), YamlRenderPlugin()],
        use_handler_docstrings=True,
    )


def complete_document(app: Litestar) -> None:
    """Adds what the framework cannot know: problems, scopes, idempotency keys, raw bodies. Call it once."""
    document = app.openapi_schema
    assert document.paths is not None
    assert document.components.responses is None
    document.components.responses = {f"Problem{status}": _problem(title) for status, title in _PROBLEM_TITLES.items()}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if not isinstance(handler, HTTPRouteHandler) or not handler.resolve_include_in_schema():
                continue
            item = document.paths[route.path_format or "/"]
            for method in handler.http_methods:
                operation = getattr(item, method.lower(), None)
                if isinstance(operation, Operation):
                    _complete(operation, handler)
    _name_pages(document)


def _complete(operation: Operation, handler: HTTPRouteHandler) -> None:
    public = handler.opt[NEEDS] == PUBLIC
    responses = dict(operation.responses or {})
    checked = responses.pop("400", None) is not None or operation.request_body is not None
    statuses = set(handler.opt.get(PROBLEMS, ()))
    if public:
        operation.security = [{}]
    else:
        statuses |= {401, 403, 503}
        needed = f"Scope: `{handler.opt[NEEDS]}`."
        operation.description = f"{operation.description}\n\n{needed}" if operation.description else needed
    if checked:
        statuses.add(422)
    if operation.request_body is not None:
        statuses |= {400, 413, 415}
    if handler.opt.get(CREATES):
        statuses |= {409, 422}
        operation.parameters = [*(operation.parameters or []), _IDEMPOTENCY_KEY]
    if media_types := handler.opt.get(RAW_BODY):
        statuses |= {413, 415, 422}
        binary = Schema(type=OpenAPIType.STRING, format="binary")  # type: ignore[arg-type]
        operation.request_body = RequestBody(
            required=True, content={media_type: OpenAPIMediaType(schema=binary) for media_type in media_types}
        )
    for status in sorted(statuses):
        responses[str(status)] = Reference(ref=f"#/components/responses/Problem{status}")
    operation.responses = dict(sorted(responses.items()))


def _name_pages(document: OpenAPI) -> None:
    """Pages are one generic type: their schemas are named for people, `CameraPage`, not for Python."""
    schemas = document.components.schemas
    assert schemas is not None
    for name in [name for name in schemas if name.startswith("Page_")]:
        schemas[_page_name(name)] = schemas.pop(name)
    assert document.paths is not None
    for item in document.paths.values():
        answers = item.get.responses if isinstance(item.get, Operation) else None
        for answer in (answers or {}).values():
            for content in (answer.content or {}).values() if isinstance(answer, OpenAPIResponse) else ():
                if isinstance(content.schema, Reference) and "/Page_" in content.schema.ref:
                    content.schema.ref = f"#/components/schemas/{_page_name(content.schema.ref)}"


def _page_name(generic: str) -> str:
    return f"{generic.rsplit('.', 1)[-1].rstrip('_')}Page"


_IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    description="Any text of your own, such as a UUID. The same request with the same key is done once.",
    schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=255),
)


def _problem(title: str) -> OpenAPIResponse:
    return OpenAPIResponse(
        description=title,
        headers={"X-Request-Id": OpenAPIHeader(schema=Schema(type=OpenAPIType.STRING))},
        content={MEDIA_TYPE: OpenAPIMediaType(schema=Reference(ref="#/components/schemas/ProblemBody"))},
    )


class OperationsPage(OpenAPIRenderPlugin):
    """A plain page of all operations: one file, no scripts, nothing fetched from elsewhere."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """The page."""
        return operations_page(openapi_schema).encode()


def operations_page(document: Mapping[str, Any]) -> str:
    """The OpenAPI document as HTML."""
    info = document["info"]
    by_tag: dict[str, list[str]] = {tag["name"]: [] for tag in document.get("tags", [])}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                for tag in operation.get("tags", ["other"]):
                    by_tag.setdefault(tag, []).append(_operation_html(path, method, operation))
    described = {tag["name"]: tag.get("description", "") for tag in document.get("tags", [])}
    sections = "".join(
        f"<section><h2>{escape(tag)}</h2><p>{escape(described.get(tag, ''))}</p>{''.join(operations)}</section>"
        for tag, operations in by_tag.items()
        if operations
    )
    schemas = "".join(
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{_schema_html(schema)}</details>"
        for name, schema in sorted(document.get("components", {}).get("schemas", {}).items())
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
        "<p><a href='/schema/openapi.json'>openapi.json</a> · <a href='/schema/openapi.yaml'>openapi.yaml</a></p>"
        f"<pre>{escape(info.get('description', ''))}</pre>{sections}<h2>Schemas</h2>{schemas}</body></html>"
    )


def _operation_html(path: str, method: str, operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}"
        f"{' *' if parameter.get('required') else ''}</td><td>{_type_html(parameter.get('schema', {}))}</td>"
        f"<td>{escape(parameter.get('description') or '')}</td></tr>"
        for parameter in operation.get("parameters", [])
    )
    body = "".join(
        f"<p>Body: <code>{escape(media_type)}</code> {_type_html(content.get('schema', {}))}</p>"
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(
        f"<li><b>{escape(status)}</b> {_answer_html(answer)}</li>" for status, answer in operation["responses"].items()
    )
    return (
        f"<details id='{escape(operation['operationId'])}'><summary><b class='{method}'>{method.upper()}</b> "
        f"<code>{escape(path)}</code> {escape(operation.get('summary') or '')}</summary>"
        f"<p>{escape(operation.get('description') or '')}</p>"
        f"{f'<table>{rows}</table>' if rows else ''}{body}<ul>{answers}</ul></details>"
    )


def _answer_html(answer: Mapping[str, Any]) -> str:
    if "$ref" in answer:
        return escape(_PROBLEM_TITLES.get(int(answer["$ref"][-3:]), "Problem"))
    types = " ".join(_type_html(content.get("schema", {})) for content in answer.get("content", {}).values())
    return f"{escape(answer.get('description', ''))} {types}"


def _schema_html(schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{' *' if name in required else ''}</td><td>{_type_html(field)}</td>"
        f"<td>{escape(field.get('description') or '')}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    values = ", ".join(escape(str(value)) for value in schema.get("enum", ()))
    return f"<p>{escape(schema.get('description') or '')}</p><p>{values}</p><table>{rows}</table>"


def _type_html(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f"<a href='#{name}'>{name}</a>"
    for word in ("oneOf", "anyOf"):
        if word in schema:
            options: Sequence[Mapping[str, Any]] = schema[word]
            return " | ".join(_type_html(option) for option in options)
    if schema.get("type") == "array":
        return f"[{_type_html(schema.get('items', {}))}]"
    kind = schema.get("type", "any")
    name = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return escape(f"{name} ({schema['format']})" if schema.get("format") else name)


_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1 small{color:#667;font-weight:normal}h2{margin-top:2rem;border-bottom:1px solid #ccd}
details{border:1px solid #dde;border-radius:6px;margin:.4rem 0;padding:.3rem .8rem}summary{cursor:pointer}
summary b{display:inline-block;width:4.5rem}.get{color:#0a5}.post{color:#06c}.patch{color:#a60}.delete{color:#c22}
table{border-collapse:collapse;width:100%}td{padding:.2rem .6rem;border-top:1px solid #eef;vertical-align:top}
pre{white-space:pre-wrap;font:inherit}code{font-size:.92em}
@media(prefers-color-scheme:dark){body{background:#14171a;color:#dde}a{color:#8bf}details{border-color:#334}
td{border-color:#223}}
"""
