"""The API reference as a page: made from the OpenAPI document and open to everyone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from fluxstudio import errors
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.api.reference import document
from fluxstudio.faces.web.components.views import HeadView, LinkView
from fluxstudio.faces.web.reference.presenter import Models, Schema
from fluxstudio.faces.web.reference.views import (
    ErrorKindView,
    GroupView,
    ModelView,
    OperationView,
    PropertyView,
    ReferencePage,
)
from fluxstudio.faces.web.shell.visit import Visit

router = APIRouter(include_in_schema=False)

FIRST = "Connections"
DOCUMENT = "/api/openapi.json"
PLACES = ("path", "body", "query", "header", "cookie")
FURTHER_KEYS = {
    "SCOPE_MISSING": "needed",
    "CONNECTION_AMBIGUOUS": "connections",
    "CONFLICT": "reason",
    "INVALID_REQUEST": "fields",
    "RATE_LIMITED": "retryAfter",
    "PROVIDER_RATE_LIMITED": "retryAfter",
}
FIRST_CALL = """export BASE={base}
export TOKEN=$(.venv/bin/fluxstudio token --user you@example.com)
curl -H "Authorization: Bearer $TOKEN" $BASE/api/integrations"""


@router.get("/api/docs")
async def reference(request: Request) -> Response:
    """Everything the API can do."""
    visit = await Visit.of(request)
    return await visit.page(reference_page(request.app, visit.services))


def reference_page(app: FastAPI, services: Services) -> ReferencePage:
    """The page, made once for each app."""
    page: ReferencePage | None = getattr(app.state, "reference", None)
    if page is None:
        taglines = {entry.provider.name: entry.provider.tagline for entry in services.registry}
        page = app.state.reference = page_of(document(app), taglines, services.settings.base_url)
    return page


def page_of(document: Mapping[str, Any], taglines: Mapping[str, str], base_url: str) -> ReferencePage:
    """The page of an OpenAPI document: connecting first, then the providers, then the rest.

    `taglines` has one sentence for each provider's tag.
    """
    models = Models(document["components"]["schemas"])
    groups: dict[str, list[tuple[str, str, Schema]]] = {tag: [] for tag in (FIRST, *taglines)}
    for path, methods in document["paths"].items():
        for method, entry in methods.items():
            groups.setdefault(entry["tags"][0], []).append((path, method, entry))
    for tag in taglines:
        groups[tag].sort(key=lambda operation: operation[0])
    return ReferencePage(
        head=HeadView(title="API reference", sentence="Everything in the app, over HTTP."),
        groups=tuple(
            _group(models, tag, taglines.get(tag, ""), entries) for tag, entries in groups.items() if entries
        ),
        errors=tuple(_errors()),
        first_call=FIRST_CALL.format(base=base_url),
        source=LinkView(label="OpenAPI document", href=DOCUMENT),
    )


def _group(models: Models, tag: str, text: str, entries: list[tuple[str, str, Schema]]) -> GroupView:
    spoken = models.named_in(
        [{key: part for key, part in entry.items() if key != "responses"} for _, _, entry in entries]
        + [answer for _, _, entry in entries if (answer := _success(entry)[1]) is not None]
    )
    return GroupView(
        id="group-" + "-".join(tag.lower().split()),
        name=tag,
        text=text,
        operations=tuple(_operation(models, *entry) for entry in entries),
        models=tuple(
            ModelView(
                id=name, name=models.title(name), shape=models.shape({"$ref": f"#/components/schemas/{name}"})
            )
            for name in sorted(spoken, key=models.title)
            if models.holds_properties(name)
        ),
    )


def _operation(models: Models, path: str, method: str, entry: Schema) -> OperationView:
    title, text = _title(str(entry.get("description") or entry["summary"]))
    status, answer = _success(entry)
    sent_as, body = _body(models, entry)
    parameters = tuple(
        models.property(
            part["name"],
            {**part["schema"], "description": part.get("description", "")},
            required=part.get("required", False),
            place=part["in"],
        )
        for part in entry.get("parameters", ())
    )
    return OperationView(
        id=str(entry["operationId"]),
        method=method.upper(),
        path=path,
        title=title,
        text=text,
        command=_command(method.upper(), path, sent_as, body),
        sent=tuple(sorted((*parameters, *body), key=lambda part: PLACES.index(part.place))),
        sent_as=sent_as,
        status=status,
        answer=None if answer is None else models.shape(answer),
    )


def _title(text: str) -> tuple[str, str]:
    """The first sentence without its full stop, and what follows it."""
    first, _, rest = text.partition("\n\n")
    title, _, more = " ".join(first.split()).partition(". ")
    return title.removesuffix("."), "\n\n".join(part for part in (more, rest.strip()) if part)


def _success(entry: Schema) -> tuple[str, Schema | None]:
    """The status of success and the schema of its answer, None where there is no body."""
    status = next(status for status in entry["responses"] if status < "400")
    content = entry["responses"][status].get("content", {})
    schema: Schema | None = content.get("application/json", {}).get("schema")
    return status, schema or None


def _body(models: Models, entry: Schema) -> tuple[str, tuple[PropertyView, ...]]:
    for kind, part in entry.get("requestBody", {}).get("content", {}).items():
        return kind, models.properties(models.resolved(part["schema"]), place="body")
    return "", ()


def _command(method: str, path: str, sent_as: str, body: tuple[PropertyView, ...]) -> str:
    """How to call it with curl: what is needed is there to be filled in."""
    address = re.sub(r"{(\w+)}", r"$\1", path)
    required = [part.name for part in body if part.required]
    if sent_as == "multipart/form-data":
        data = "".join(f" -F {name}={'@' if name == 'file' else ''}…" for name in required)
    else:
        filled = json.dumps(dict.fromkeys(required, "…"), ensure_ascii=False)
        data = f" --json '{filled}'" if sent_as else ""
    verb = "" if method == "GET" or (data and method == "POST") else f" -X {method}"
    return f'curl{verb} -H "Authorization: Bearer $TOKEN" "$BASE{address}"{data}'


def _errors() -> Iterator[ErrorKindView]:
    """The errors of the contract, in the order of their status."""
    kinds = [kind for kind in _kinds(FluxStudioError) if kind.__module__ == errors.__name__]
    for kind in sorted(kinds, key=lambda kind: kind.status):
        text = (kind.__doc__ or kind.code).splitlines()[0].partition(";")[0].removesuffix(".")
        yield ErrorKindView(
            status=kind.status, code=kind.code, text=f"{text}.", more=FURTHER_KEYS.get(kind.code, "")
        )


def _kinds(kind: type[FluxStudioError]) -> Iterator[type[FluxStudioError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)
