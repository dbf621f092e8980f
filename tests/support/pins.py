"""Where the documents and payloads that others wrote are kept; the set-up fetches them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.support.openapi import OpenApi

PINS = Path(__file__).parents[2] / ".cache" / "pins"
FIGMA = PINS / "figma-openapi.yaml"
GITHUB = PINS / "github-openapi.json"

GONE_IN_2026_03_10 = {"assignee", "has_downloads", "merge_commit_sha"}


@cache
def figma_document() -> OpenApi:
    """Figma's own OpenAPI document (npm `@figma/rest-api-spec`)."""
    return OpenApi.load(FIGMA)


@cache
def github_document() -> OpenApi:
    """GitHub's own OpenAPI document (npm `@octokit/openapi`), fit for API version 2026-03-10.

    It lists 401, 403, 304 and 429 at some operations only; GitHub's prose says that every operation answers
    them (“Troubleshooting the REST API”, “Best practices”, “Rate limits”, read 2026-11-22), in the shape of
    its basic error. It describes version 2022-11-28; “Breaking changes” (read 2026-11-22) names the fields
    that 2026-03-10 no longer has.
    """
    texts = {"$ref": "#/components/responses/forbidden"}
    document = OpenApi.load(
        GITHUB,
        everywhere={
            "304": {"$ref": "#/components/responses/not_modified"},
            "401": {"$ref": "#/components/responses/requires_authentication"},
            "403": texts,
            "404": {"$ref": "#/components/responses/not_found"},
            "429": texts,
        },
    )
    for schema in document.document["components"]["schemas"].values():
        if "required" in schema:
            schema["required"] = [name for name in schema["required"] if name not in GONE_IN_2026_03_10]
    return document
