"""Call every operation of the document through the client that was generated from it.

Arguments: the document, the package's name, and a file with bodies of some operations by name. `BASE` and
`TOKEN` say where the product runs and who calls.
Prints one JSON object: the error codes of operations that were refused. What the client cannot read ends it.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.support.examples import example_of

BAD_REQUEST = 400
METHODS = ("post", "get", "put", "patch", "delete")
# What ends things comes last, and what ends the caller after that.
ENDS = ("end", "revoke", "disconnect", "deny")
ENDS_CALLER = ("erase", "delete_account")

document: Mapping[str, Any] = json.loads(Path(sys.argv[1]).read_bytes())
package = importlib.import_module(sys.argv[2])
bodies: Mapping[str, Any] = json.loads(Path(sys.argv[3]).read_bytes())
client = package.AuthenticatedClient(os.environ["BASE"], os.environ["TOKEN"], raise_on_unexpected_status=True)


def modules() -> dict[str, ModuleType]:
    """The module of each operation, by its name."""
    api = importlib.import_module(f"{package.__name__}.api")
    every = pkgutil.walk_packages(api.__path__, f"{api.__name__}.")
    return {
        entry.name.rpartition(".")[2]: importlib.import_module(entry.name)
        for entry in every
        if not entry.ispkg
    }


def streams(entry: Mapping[str, Any]) -> bool:
    """Whether an answer goes on for as long as somebody listens."""
    return "text/event-stream" in entry["responses"].get("200", {}).get("content", {})


def operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Path and operation, in an order in which things are made, read, changed, and ended."""
    every = [
        (path, method, entry)
        for path, methods in document["paths"].items()
        for method, entry in methods.items()
        if method in METHODS and not streams(entry)
    ]

    def rank(item: tuple[str, str, Mapping[str, Any]]) -> tuple[bool, bool, int, int]:
        path, method, entry = item
        name, depth = entry["operationId"], path.count("{")
        ends = method == "delete" or name.startswith(ENDS)
        return name.startswith(ENDS_CALLER), ends, -depth if ends else depth, METHODS.index(method)

    for path, _, entry in sorted(every, key=rank):
        yield path, entry


def example(parameter: Mapping[str, Any]) -> Any:
    """A value for one parameter."""
    schema = parameter["schema"]
    for place in (parameter, schema):
        if "example" in place:
            return place["example"]
    return example_of(schema, document)


def of_list(path: str, name: str) -> Any:
    """What the first entry of the list above a path is called, or None."""
    response = client.get_httpx_client().get(path.partition(f"/{{{name}}}")[0])
    lists = (
        [value for value in response.json().values() if isinstance(value, list)]
        if response.is_success
        else []
    )
    entries = [entry for value in lists for entry in value if isinstance(entry, dict)]
    return next((entry["id"] for entry in entries if "id" in entry), None)


def arguments(path: str, entry: Mapping[str, Any], call: Callable[..., Any]) -> dict[str, Any]:
    """What a function of the client is called with."""
    values: dict[str, Any] = {}
    signature = inspect.signature(call, eval_str=True).parameters
    for parameter in entry.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] == "path" and "example" not in parameter and "enum" not in parameter["schema"]:
            values[python(name)] = of_list(path, name) or example(parameter)
        elif parameter["in"] == "path" or parameter.get("required"):
            values[python(name)] = typed(example(parameter), signature[python(name)].annotation)
    for name, parameter in signature.items():
        if name == "body" and next(iter(entry["requestBody"]["content"].values()))["schema"]:
            values["body"] = body(entry, parameter.annotation)
    return values


def typed(value: Any, annotation: Any) -> Any:
    """A value as the client's own enumeration, where it has one for it."""
    is_enum = isinstance(annotation, type) and issubclass(annotation, Enum)
    return annotation(value) if is_enum else value


def body(entry: Mapping[str, Any], annotation: Any) -> Any:
    """A body of the client's own class."""
    content = next(iter(entry["requestBody"]["content"].values()))
    value = (
        bodies.get(entry["operationId"]) or content.get("example") or example_of(content["schema"], document)
    )
    if "file" in value:
        value = {**value, "file": b"a harbour"}
    kinds = [kind for kind in getattr(annotation, "__args__", (annotation,)) if hasattr(kind, "from_dict")]
    built = kinds[0].from_dict(value)
    if "file" in value:
        # Their mark of a file; without it the bytes go out as a plain field.
        built.file.file_name = "harbour.svg"
    return built


def python(name: str) -> str:
    """A parameter's name as the client writes it."""
    return "".join(
        f"_{letter.lower()}" if letter.isupper() else letter for letter in name.replace("-", "_")
    ).lstrip("_")


refused: dict[str, str] = {}
by_name = modules()
for path, entry in operations():
    module = by_name[entry["operationId"]]
    answer = module.sync_detailed(client=client, **arguments(path, entry, module.sync_detailed))
    if answer.status_code >= BAD_REQUEST:
        # The answer to a raw call may be the provider's own.
        is_raw = path.startswith("/api/proxy/")
        refused[entry["operationId"]] = "the provider’s own" if is_raw else answer.parsed.code
print(json.dumps(refused))
