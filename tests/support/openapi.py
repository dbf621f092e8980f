"""Holds requests and answers against the OpenAPI document their API's owner publishes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import jsonschema_rs
import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.support.schemas import Node, Schemas, explained


@dataclass(slots=True)
class Operation:
    """One method of one path template, with the validators built for it so far."""

    name: str
    node: Node
    parameters: Mapping[str, Mapping[str, Node]]
    validators: dict[str, jsonschema_rs.Validator] = field(default_factory=dict)


@dataclass(slots=True)
class Matched:
    """An operation and what its path template's braces stood for."""

    operation: Operation
    path_values: Mapping[str, str]


class OpenApi:
    """An OpenAPI 3.0 or 3.1 document to hold exchanges against.

    `everywhere` gives response objects, by status, that any operation may answer although the document does
    not repeat them there. `request` and `answer` return readable violations, an empty list where all is well;
    a path, method, status, query parameter or body field that the document does not know is a violation.
    """

    def __init__(self, document: Node, everywhere: Mapping[str, Node] | None = None) -> None:
        self.document = document
        self._everywhere = dict(everywhere or {})
        self._schemas = Schemas(document)
        self._operations: dict[tuple[str, str], Operation] = {}
        self._templates: dict[int, list[str]] = {}
        for template in document["paths"]:
            self._templates.setdefault(template.count("/"), []).append(template)
        self._open_ended = [
            template
            for template, item in document["paths"].items()
            for node in item.values()
            if isinstance(node, dict)
            and any(
                self._schemas.resolve(entry).get("x-multi-segment") for entry in node.get("parameters", ())
            )
        ]
        for templates in self._templates.values():
            templates.sort(key=lambda template: template.count("{"))

    @classmethod
    def load(cls, file: Path, everywhere: Mapping[str, Node] | None = None) -> OpenApi:
        """Read a document from a YAML or JSON file."""
        decode: Callable[[bytes], Any] = (
            msgspec.json.decode if file.suffix == ".json" else msgspec.yaml.decode
        )
        return cls(decode(file.read_bytes()), everywhere)

    def request(
        self, method: str, path: str, query: str = "", media: str = "", body: bytes = b""
    ) -> list[str]:
        """Violations of a request: `path` is percent-encoded, `query` and `media` as they were sent."""
        result = self._match(method, path)
        if isinstance(result, str):
            return [result]
        operation = result.operation
        wrong = list(self._parameters(operation, "path", {n: [v] for n, v in result.path_values.items()}))
        wrong += self._parameters(operation, "query", parse_qs(query, keep_blank_values=True))
        wrong += self._request_body(operation, media, body)
        return [f"{operation.name}: {violation}" for violation in wrong]

    def answer(self, method: str, path: str, status: int, media: str = "", body: bytes = b"") -> list[str]:
        """Violations of the answer to a request."""
        result = self._match(method, path)
        if isinstance(result, str):
            return [result]
        operation = result.operation
        names: Node = {**self._everywhere, **operation.node["responses"]}
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in names:
                content = self._schemas.resolve(names[name]).get("content", {})
                wrong = self._content(operation, f"answer {name}", content, media, body)
                return [f"{operation.name} {status}: {violation}" for violation in wrong]
        return [f"{operation.name}: status {status} is not among {', '.join(sorted(names))}"]

    def _match(self, method: str, path: str) -> Matched | str:
        methods: set[str] = set()
        for template in [*self._templates.get(path.count("/"), ()), *self._open_ended]:
            if not path.startswith(template.partition("{")[0]):
                continue
            match = re.fullmatch(self._pattern(template), path)
            if match is None:
                continue
            if method.lower() in self.document["paths"][template]:
                names = re.findall(r"{([^}]+)}", template)
                values = dict(zip(names, map(unquote, match.groups()), strict=True))
                return Matched(self._operation(method, template), values)
            methods |= set(self.document["paths"][template]) - {"parameters"}
        if methods:
            return f"{method} {path}: the method is not among {', '.join(sorted(methods))}"
        return f"{method} {path}: the path is unknown"

    def _pattern(self, template: str) -> str:
        """One segment for each brace; the last one of an open-ended template takes several."""
        pattern = re.sub(r"\\{.+?\\}", "([^/]+)", re.escape(template))
        return re.sub(r"\(\[\^/\]\+\)$", "(.+)", pattern) if template in self._open_ended else pattern

    def _operation(self, method: str, template: str) -> Operation:
        key = (method, template)
        if key not in self._operations:
            item = self.document["paths"][template]
            node = item[method.lower()]
            parameters: dict[str, dict[str, Node]] = {"path": {}, "query": {}}
            for entry in [*item.get("parameters", []), *node.get("parameters", [])]:
                parameter = self._schemas.resolve(entry)
                parameters.setdefault(parameter["in"], {})[parameter["name"]] = parameter
            self._operations[key] = Operation(f"{method} {template}", node, parameters)
        return self._operations[key]

    def _parameters(
        self, operation: Operation, place: str, arguments: Mapping[str, Sequence[str]]
    ) -> Iterable[str]:
        names = operation.parameters[place]
        for name, parameter in names.items():
            if name not in arguments:
                if parameter.get("required"):
                    yield f"{place} parameter {name} is missing"
                continue
            schema = parameter["schema"]
            value = _parsed(arguments[name], self._schemas.resolve(schema), parameter)
            yield from self._validate(operation, f"{place} parameter {name}", schema, value)
        for name in arguments.keys() - names.keys():
            yield f"{place} parameter {name} is unknown"

    def _request_body(self, operation: Operation, media: str, body: bytes) -> Iterable[str]:
        if "requestBody" not in operation.node:
            return ["a body is not expected"] if body else []
        node = self._schemas.resolve(operation.node["requestBody"])
        if not body:
            return ["the body is missing"] if node.get("required") else []
        return self._content(operation, "body", node["content"], media, body, closed=True)

    def _content(
        self,
        operation: Operation,
        place: str,
        content: Node,
        media: str,
        body: bytes,
        *,
        closed: bool = False,
    ) -> Iterable[str]:
        if not content:
            return ["a body is not expected"] if body else []
        kind = media.partition(";")[0].strip().lower()
        if kind not in content:
            return [f"{place}: content type {kind or 'none'} is not among {', '.join(content)}"]
        if kind != "application/json" and not kind.endswith("+json"):
            return []
        try:
            value = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return [f"{place}: is not JSON"]
        schema = content[kind].get("schema", {})
        return self._validate(operation, place, schema, value, closed=closed)

    def _validate(
        self, operation: Operation, place: str, schema: Node, value: Any, *, closed: bool = False
    ) -> list[str]:
        validator = operation.validators.get(place)
        if validator is None:
            validator = operation.validators[place] = self._schemas.validator(schema, closed=closed)
        return [f"{place}{text}" for error in validator.iter_errors(value) for text in explained(error)]


def _parsed(arguments: Sequence[str], schema: Node, parameter: Node) -> Any:
    """A parameter's text as the value its schema speaks of; what cannot be read stays text."""
    if schema.get("type") == "array":
        exploded = parameter.get("explode", parameter.get("style", "form") == "form")
        entries = arguments if exploded else arguments[-1].split(",")
        return [_scalar(entry, schema.get("items", {})) for entry in entries]
    return _scalar(arguments[-1], schema)


def _scalar(text: str, schema: Node) -> Any:
    if schema.get("type") not in {"integer", "number", "boolean"}:
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


class Pinned:
    """ASGI middleware that holds every exchange below `prefix` against a document.

    `violations` collects what did not fit and `seen` the `METHOD /path STATUS` of every exchange looked at.
    Paths that are `elsewhere` are described by another document: they are seen, and not held against this.
    """

    def __init__(
        self, app: ASGIApp, document: OpenApi, prefix: str, *, elsewhere: Collection[str] = ()
    ) -> None:
        self._app = app
        self._document = document
        self._prefix = prefix.rstrip("/")
        self._elsewhere = frozenset(elsewhere)
        self.violations: list[str] = []
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix + "/"):
            await self._app(scope, receive, send)
            return
        sent, answered = await _whole_body(receive), bytearray()
        status, media = 0, ""
        unread: list[Message] = [{"type": "http.request", "body": sent}]

        async def read() -> Message:
            return unread.pop() if unread else await receive()

        async def write(message: Message) -> None:
            nonlocal status, media
            if message["type"] == "http.response.start":
                status, media = message["status"], _header(message.get("headers", ()), b"content-type")
            answered.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, read, write)
        method = scope["method"]
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").removeprefix(self._prefix)
        query = scope["query_string"].decode("latin-1")
        asked = _header(scope["headers"], b"content-type")
        self.seen.append(f"{method} {path} {status}")
        if path in self._elsewhere:
            return
        self.violations += self._document.request(method, path, query, asked, sent)
        self.violations += self._document.answer(method, path, status, media, bytes(answered))


async def _whole_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if not message.get("more_body"):
            return bytes(body)


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")
