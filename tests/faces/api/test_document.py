"""The OpenAPI document: whole, with names of our own, so that programs can be made of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from fluxstudio.core.endpoints.deliveries import MessageType
from fluxstudio.faces.api.reference import error_codes
from fluxstudio.flows.endpoints.messages import MESSAGE_TYPES
from tests.support.running import Running

SCHEMAS = "#/components/schemas/"


@pytest.fixture(scope="module")
async def document(kept_running: Running) -> dict[str, Any]:
    stranger = await kept_running.client(None)
    body: dict[str, Any] = (await stranger.get("/api/openapi.json")).json()
    return body


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, ours and those that endpoints of the host product answer."""
    for part in ("paths", "webhooks"):
        for path, methods in document[part].items():
            for method, entry in methods.items():
                yield f"{method.upper()} {path}", entry


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from parts(part)
    elif isinstance(node, list):
        for part in node:
            yield from parts(part)


async def test_every_operation_has_a_name_of_ours_and_says_what_it_does(document: dict[str, Any]) -> None:
    named = dict(operations(document))
    assert len(named) > 60
    for place, entry in named.items():
        name = entry["operationId"]
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name), f"{place}: give operation_id=verb_noun, not {name}"
        assert "_api_" not in name, f"{place}: give it an operation_id"
        assert 8 <= len(entry["summary"]) <= 120, f"{place}: begin its docstring with a short sentence"
        assert not entry["summary"].endswith("."), place
        assert entry["description"], f"{place}: say what it does in its docstring"
        for parameter in entry.get("parameters", ()):
            assert parameter.get("description"), f"{place}: describe {parameter['name']}"
    for tag in document["tags"]:
        assert tag["description"], f"Describe the tag {tag['name']} in faces/api/reference.py"
    names = Counter(entry["operationId"] for entry in named.values())
    repeated = [name for name, count in names.items() if count > 1]
    assert repeated == []


def answered(document: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """What the good answer of an operation holds, by name."""
    answers = entry["responses"].items()
    good: dict[str, Any] = next((answer for status, answer in answers if status.startswith("2")), {})
    schema = good.get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].removeprefix(SCHEMAS)]
    return dict(schema.get("properties", {}))


async def test_every_list_says_whether_there_is_more_and_takes_one_cursor(document: dict[str, Any]) -> None:
    labels = {"hasMore", "nextCursor", "cached", "stale", "has_more", "next_cursor"}
    lists = 0
    for place, entry in operations(document):
        held = answered(document, entry)
        content = [part for name, part in held.items() if name not in labels]
        # What is called get_ is a report, such as that of the largest accounts.
        if not place.startswith("GET") or entry["operationId"].startswith("get_"):
            continue
        if [part.get("type") for part in content] != ["array"]:
            continue
        lists += 1
        assert {"hasMore", "nextCursor"} <= held.keys(), f"{place}: answer a ListAnswer"
        is_whole = held["nextCursor"] == {"type": "null"}
        takes = {parameter["name"] for parameter in entry.get("parameters", ())}
        assert is_whole or "cursor" in takes, f"{place}: take a cursor, or be a WholeListAnswer"
    assert lists > 20


async def test_titles_are_those_of_models_and_no_two_are_alike(document: dict[str, Any]) -> None:
    models = document["components"]["schemas"]
    assert [model["title"] for model in models.values()] == list(models)
    elsewhere = [
        part["title"]
        for part in parts({name: model.get("properties") for name, model in models.items()})
        if isinstance(part.get("title"), str) and "type" in part
    ]
    assert elsewhere == []


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for part in parts(document):
        reference = part.get("$ref")
        if isinstance(reference, str):
            target: Any = document
            for name in reference.removeprefix("#/").split("/"):
                target = target[name]


async def test_every_error_has_a_code_that_the_document_names(document: dict[str, Any]) -> None:
    codes = document["components"]["schemas"]["ErrorCode"]["enum"]
    assert codes == error_codes()
    assert {"INVALID_REQUEST", "SCOPE_MISSING", "RATE_LIMITED", "INTERNAL", "SIGNATURE_INVALID"} <= set(codes)


async def test_what_endpoints_are_sent_is_in_the_document(document: dict[str, Any]) -> None:
    assert set(document["webhooks"]) == set(MESSAGE_TYPES) == set(get_args(MessageType))
    for entry in document["webhooks"].values():
        assert {parameter["name"] for parameter in entry["post"]["parameters"]} >= {"webhook-signature"}


async def test_what_no_route_of_ours_describes_is_in_it(
    document: dict[str, Any],
) -> None:
    assert "/api/events/stream" in document["paths"]
    assert document["paths"]["/api/proxy/{provider}/{path}"].keys() == {
        "get",
        "post",
        "put",
        "patch",
        "delete",
    }
    assert "/api/integrations/linear/webhook" in document["paths"]
    assert document["servers"][0]["url"].startswith("http://127.0.0.1")
    assert document["info"]["license"]["identifier"] == "Apache-2.0"


async def test_a_front_end_learns_which_providers_there_are(product: Running) -> None:
    ada = await product.client()
    [entry] = (await ada.get("/api/providers")).json()["providers"]
    assert (entry["id"], entry["name"], entry["configured"], entry["simulated"]) == (
        "linear",
        "Linear",
        True,
        True,
    )
    assert entry["icon"].startswith("data:image/svg+xml;base64,")
    assert entry["scopes"]
    assert all(scope["means"] for scope in entry["scopes"])
    assert (await (await product.client(None)).get("/api/providers")).status_code == 401


async def test_programs_read_the_documentation_as_markdown(product: Running) -> None:
    stranger = await product.client(None)
    index = await stranger.get("/llms.txt")
    assert index.headers["content-type"].startswith("text/plain")
    addresses = re.findall(r"\((http[^)]+/docs/[a-z-]+\.md)\)", index.text)
    assert {address.rpartition("/")[2] for address in addresses} >= {"connect.md", "endpoints.md"}
    for address in addresses:
        page = await stranger.get(address)
        assert page.status_code == 200, address
        assert page.text.startswith("# ")
        for link in re.findall(r"\]\(([^)#]+)", page.text):
            name = re.fullmatch(r"/docs/([a-z-]+)\.md", link)
            assert name is not None or link.startswith(("http://", "https://")), (address, link)
            assert name is None or f"/docs/{name[1]}.md" in index.text, address
    assert (await stranger.get("/docs/nothing.md")).status_code == 404
    assert (await stranger.get("/docs/..%2F..%2Fetc%2Fpasswd.md")).status_code == 404
