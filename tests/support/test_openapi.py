from __future__ import annotations

from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.support.openapi import OpenApi, Pinned
from tests.support.pins import figma_document, github_document

SHELF: dict[str, Any] = {
    "openapi": "3.0.3",
    "paths": {
        "/shelves/{shelf}/books": {
            "parameters": [{"name": "shelf", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "parameters": [
                    {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["title", "year"]}},
                    {"$ref": "#/components/parameters/tags"},
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/book"}}
                            }
                        }
                    },
                    "4XX": {"description": "no"},
                },
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/book"}}},
                },
                "responses": {"204": {"description": "kept"}},
            },
        }
    },
    "components": {
        "parameters": {
            "tags": {
                "name": "tag",
                "in": "query",
                "required": False,
                "schema": {"type": "array", "items": {"type": "integer"}},
            }
        },
        "schemas": {
            "book": {
                "type": "object",
                "required": ["title"],
                "properties": {
                    "title": {"type": "string"},
                    "year": {"type": "integer", "nullable": True},
                    "kind": {"type": "string", "enum": ["novel"], "nullable": True},
                    "sequel": {"nullable": True, "allOf": [{"$ref": "#/components/schemas/book"}]},
                    "printed": {"type": "string", "format": "date-time"},
                },
            }
        },
    },
}
shelf = OpenApi(SHELF, everywhere={"503": {"description": "closed"}})


def books(*items: Any, status: int = 200, media: str = "application/json; charset=utf-8") -> list[str]:
    return shelf.answer("GET", "/shelves/1/books", status, media, msgspec.json.encode(list(items)))


def remaining(book: Any, media: str = "application/json") -> list[str]:
    return shelf.request("POST", "/shelves/1/books", "", media, msgspec.json.encode(book))


def test_an_answer_as_documented_is_no_violation() -> None:
    assert books({"title": "Dune", "year": 1965, "sequel": {"title": "Messiah"}}) == []


def test_null_is_taken_where_the_document_says_nullable_and_only_there() -> None:
    assert books({"title": "Dune", "year": None, "kind": None, "sequel": None}) == []
    assert "/0/title" in books({"title": None})[0]


def test_a_wrong_type_is_named_with_its_place() -> None:
    [violation] = books({"title": "Dune", "year": "1965"})
    assert violation.startswith("GET /shelves/{shelf}/books 200: answer 200/0/year: ")


def test_a_wrong_type_behind_a_reference_inside_an_alternative_is_named_with_its_place() -> None:
    assert "/0/sequel/title" in books({"title": "Dune", "sequel": {"title": 2}})[0]


def test_a_missing_required_key_is_a_violation() -> None:
    assert "title" in books({"year": 1965})[0]


def test_a_malformed_date_is_a_violation() -> None:
    assert "/0/printed" in books({"title": "Dune", "printed": "yesterday"})[0]


def test_an_unknown_status_is_a_violation_and_a_range_or_a_common_one_is_not() -> None:
    assert "status 500" in shelf.answer("GET", "/shelves/1/books", 500)[0]
    assert shelf.answer("GET", "/shelves/1/books", 418) == []
    assert shelf.answer("GET", "/shelves/1/books", 503) == []


def test_another_content_type_or_broken_json_is_a_violation() -> None:
    assert "text/html" in books(media="text/html")[0]
    assert "not JSON" in shelf.answer("GET", "/shelves/1/books", 200, "application/json", b"[")[0]


def test_a_body_where_none_is_documented_is_a_violation() -> None:
    assert "not expected" in shelf.answer("POST", "/shelves/1/books", 204, "application/json", b"{}")[0]
    assert "not expected" in shelf.request("GET", "/shelves/1/books", body=b"{}")[0]


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/shelves/first/books", ""),
        ("GET", "/shelves/1/books", "sort=colour"),
        ("GET", "/shelves/1/books", "tag=1&tag=blue"),
        ("GET", "/shelves/1/books", "page=2"),
        ("GET", "/shelves/1", ""),
        ("PUT", "/shelves/1/books", ""),
    ],
)
def test_a_path_method_or_parameter_that_is_not_documented_is_a_violation(
    method: str, path: str, query: str
) -> None:
    assert len(shelf.request(method, path, query)) == 1


def test_documented_parameters_are_read_as_their_type() -> None:
    assert shelf.request("GET", "/shelves/1/books", "sort=year&tag=1&tag=2") == []


def test_a_request_body_is_held_to_its_schema_and_may_not_name_unknown_fields() -> None:
    assert remaining({"title": "Dune"}) == []
    assert "title" in remaining({})[0]
    assert "titel" in remaining({"title": "Dune", "titel": "Dune"})[0]
    assert "body is missing" in shelf.request("POST", "/shelves/1/books")[0]


def test_pinned_holds_what_goes_in_and_out_below_its_prefix_and_hides_nothing() -> None:
    async def echo(request: Request) -> JSONResponse:
        body = await request.body()
        return JSONResponse([{"title": "Dune"}] if not body else {"read": body.decode()})

    route = Route("/host/{rest:path}", echo, methods=["GET", "POST"])
    pinned = Pinned(Starlette(routes=[route, Route("/hosted", echo)]), shelf, "/host")
    client = TestClient(pinned)
    assert client.get("/host/shelves/1/books?sort=title").json() == [{"title": "Dune"}]
    assert client.get("/hosted").status_code == 200
    assert pinned.violations == []
    assert pinned.seen == ["GET /shelves/1/books 200"]
    assert client.post("/host/shelves/1/books", json={"year": 1}).json() == {"read": '{"year":1}'}
    assert len(pinned.violations) == 2
    apart = Pinned(Starlette(routes=[route]), shelf, "/host", elsewhere=["/other"])
    TestClient(apart).get("/host/other")
    assert (apart.seen, apart.violations) == (["GET /other 200"], [])
    TestClient(apart).get("/host/others")
    assert apart.violations != []


def test_githubs_document_knows_a_good_issue_comment_from_a_bad_one() -> None:
    path = "/repos/ada/boat/issues/7/comments"
    github = github_document()
    assert github.request("POST", path, "", "application/json", b'{"body":"Nice"}') == []
    assert github.request("POST", path, "", "application/json", b'{"text":"Nice"}') != []
    assert github.answer("POST", path, 201, "application/json", b'{"id":"x"}') != []
    assert github.answer("POST", path, 429, "application/json", b'{"message":"slow down"}') == []


def test_figmas_document_knows_a_good_error_from_a_bad_one() -> None:
    figma = figma_document()
    good = b'{"status":404,"err":"Not found"}'
    assert figma.answer("GET", "/v1/files/abc", 404, "application/json", good) == []
    assert figma.answer("GET", "/v1/files/abc", 404, "application/json", b'{"status":"x"}') != []
    assert figma.request("GET", "/v1/files/abc", "depth=two") != []
    assert figma.request("GET", "/v1/files/abc", "depth=2") == []
