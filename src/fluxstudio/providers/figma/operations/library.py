"""What a file offers to others: components, styles, versions, images and design tokens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from fluxstudio.errors import Forbidden
from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.failure import not_rendered
from fluxstudio.providers.figma.operations.parameters import (
    IN_PARTS,
    SLOW_CALL_SECONDS,
    FileKey,
    NodeIds,
    dig,
    listed,
    readable,
    tier1,
)
from fluxstudio.providers.figma.shapes import Component, Images, Style, Tokens, Version
from fluxstudio.providers.figma.tokens import in_use, tokens_of_styles
from fluxstudio.providers.figma.tokens.legacy import legacy
from fluxstudio.providers.figma.tokens.library import DesignLibrary, tokens_of_library
from fluxstudio.sdk import Api, Bounds, PartialList

HOUR = timedelta(hours=1)
VARIABLES = "file_variables:read"
NODES_AT_ONCE = 100
VERSIONS_A_PAGE = 50


@figma.operation(
    "GET", "files/{fileKey}/components", scope="library_content:read", fresh_for=HOUR, limit="tier3"
)
async def components(api: Api, file_key: FileKey) -> list[Component]:
    """List the components a Figma file publishes."""
    answer = await api.get("/v1/files/{file_key}/components", file_key=file_key)
    return listed(answer, "meta", "components")


@figma.operation("GET", "files/{fileKey}/styles", scope="library_content:read", fresh_for=HOUR, limit="tier3")
async def styles(api: Api, file_key: FileKey) -> list[Style]:
    """List the colour, text, effect and grid styles a Figma file publishes."""
    answer = await api.get("/v1/files/{file_key}/styles", file_key=file_key)
    return listed(answer, "meta", "styles")


@figma.operation("GET", "files/{fileKey}/versions", scope="file_versions:read", fresh_for=HOUR, limit="tier2")
async def versions(
    api: Api,
    file_key: FileKey,
    most: Annotated[int, Field(description="How many to list at the utmost.", ge=1, le=500)] = 100,
    cursor: Annotated[
        str | None, Field(description="The nextCursor of the versions before.", pattern=r"^[1-9][0-9]{0,29}$")
    ] = None,
) -> list[Version]:
    """List the versions of a Figma file, newest first."""
    entries = await api.pages(
        "/v1/files/{file_key}/versions",
        items="versions",
        most=most,
        file_key=file_key,
        page_size=min(most, VERSIONS_A_PAGE),
        before=cursor,
    )
    more = entries.next_cursor is not None and bool(entries)
    return PartialList(entries, str(entries[-1]["id"]) if more else None)


@figma.operation(
    "GET",
    "files/{fileKey}/images",
    scope="file_content:read",
    fresh_for=HOUR,
    limit="tier1",
    bounds=Bounds(
        seconds=SLOW_CALL_SECONDS, advice="Ask for fewer layers at once, or for a smaller `scale`."
    ),
)
async def images(
    api: Api,
    file_key: FileKey,
    ids: Annotated[
        NodeIds | None,
        Field(
            description="Ids of nodes to render, separated by commas. Left out: pictures used in the file."
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the name callers use
        Literal["jpg", "png", "svg", "pdf"] | None, Field(description="What to render to. Left out: png.")
    ] = None,
    scale: Annotated[
        float | None, Field(description="How much to enlarge what is rendered.", ge=0.01, le=4)
    ] = None,
) -> Images:
    """Get addresses of images: rendered layers of a Figma file, or the pictures used in it.

    The addresses work for some days; what they show does not change with the file.
    """
    if ids is None:
        answer = await api.get("/v1/files/{file_key}/images", file_key=file_key, limit="tier2")
        return {"images": dig(answer, "meta", "images")}
    answer = await api.get(
        "/v1/images/{file_key}",
        file_key=file_key,
        ids=ids,
        format=format,
        scale=scale,
        limit=tier1(file_key),
    )
    if answer.get("err"):
        raise not_rendered(str(answer["err"]))
    return {"images": dig(answer, "images")}


@figma.operation(
    "GET",
    "files/{fileKey}/tokens",
    scope=("library_content:read", "file_content:read"),
    fresh_for=HOUR,
    limit="tier1",
    bounds=IN_PARTS,
)
async def tokens(
    api: Api,
    file_key: FileKey,
    format: Annotated[  # noqa: A002 - the name callers use
        Literal["dtcg", "legacy"] | None,
        Field(
            description="How tokens are written: dtcg as the Design Tokens Format Module 2025.10 says, "
            "legacy with value and type and values as text. Left out: dtcg."
        ),
    ] = None,
) -> Tokens:
    """Read a Figma file's design tokens.

    They come from its variables where the plan and the granted scopes allow that, otherwise from its
    published styles, and for a file that publishes none from the styles it uses.
    """
    answer: Tokens | None = None
    refused: Literal["plan", "scope"] | None = None if VARIABLES in api.scopes else "scope"
    if refused is None:
        try:
            answer = await _from_variables(api, file_key)
        except Forbidden:
            refused = "plan"
    if answer is None:
        with readable():
            tree, skipped = tokens_of_styles(await _styles_shown(api, file_key))
        answer = {
            "tokens": tree,
            "source": "styles",
            "skipped": skipped,
            "complete": True,
            "refused": refused,
        }
    return {**answer, "tokens": legacy(answer["tokens"])} if format == "legacy" else answer


async def _from_variables(api: Api, file_key: str) -> Tokens | None:
    """Tokens from variables, or None when the file has none. Raises `Forbidden` where its plan keeps them."""
    answer = await api.get("/v1/files/{file_key}/variables/local", file_key=file_key, limit="tier2")
    with readable():
        tokens = tokens_of_library(DesignLibrary.of_answer(answer["meta"]))
    return tokens if tokens["tokens"] else None


async def _styles_shown(api: Api, file_key: str) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The styles a file publishes, or else those it uses, each with a node that shows it off."""
    answer = await api.get("/v1/files/{file_key}/styles", file_key=file_key, limit="tier3")
    published = listed(answer, "meta", "styles")
    if not published:
        return list(in_use(await api.get("/v1/files/{file_key}", file_key=file_key, limit=tier1(file_key))))
    nodes = await _nodes(api, file_key, [style["node_id"] for style in published])
    return [(style, nodes[style["node_id"]]) for style in published if style["node_id"] in nodes]


async def _nodes(api: Api, file_key: str, ids: list[str]) -> dict[str, Mapping[str, Any]]:
    """Nodes of a file by id; those that are gone are left out."""
    nodes: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), NODES_AT_ONCE):
        ids_text = ",".join(ids[start : start + NODES_AT_ONCE])
        answer = await api.get(
            "/v1/files/{file_key}/nodes", file_key=file_key, ids=ids_text, limit=tier1(file_key)
        )
        nodes |= {key: node["document"] for key, node in dig(answer, "nodes").items() if node}
    return nodes
