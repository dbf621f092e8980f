"""Files: the list of them, and one in whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from fluxstudio.errors import NotFound
from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations.following import following
from fluxstudio.providers.figma.operations.parameters import (
    IN_PARTS,
    FileKey,
    Id,
    NodeIds,
    dig,
    each,
    listed,
    readable,
    tier1,
)
from fluxstudio.providers.figma.shapes import (
    ConnectedUser,
    DesignFile,
    FileContent,
    FileMeta,
    Files,
    FollowedFile,
    Frame,
    Project,
)
from fluxstudio.sdk import Api

DAY = timedelta(hours=24)
# Levels of the tree: pages, and what lies on them.
PAGES_AND_FRAMES = 2
RENDERED = frozenset({"FRAME", "COMPONENT", "COMPONENT_SET", "SECTION", "GROUP", "INSTANCE"})


@figma.operation("GET", "files", scope="projects:read", fresh_for=DAY, limit="tier2", personal=True)
async def files(
    api: Api,
    team_id: Annotated[
        Id | None,
        Field(
            alias="teamId",
            description="The team to list. Left out: everything you follow, the last team first.",
        ),
    ] = None,
) -> Files:
    """List your Figma files, project by project.

    Without a team this is the team followed last, with the single projects and files that are followed.
    """
    followed = following(api)
    team = team_id or followed["teamId"]
    projects = await _projects_of(api, team) if team else []
    single: list[DesignFile] = []
    if team_id is None:
        project_ids = {project["id"] for project in projects}
        further = [place for place in followed["projects"] if place["id"] not in project_ids]
        projects += [entry for entry in await each(further, partial(_project, api)) if entry]
        single = [entry for entry in await each(followed["files"], partial(_single, api)) if entry]
    listed = [file for project in projects for file in project["files"]] + single
    return {
        "teamId": team,
        "projects": projects,
        "files": list({file["key"]: file for file in reversed(listed)}.values())[::-1],
        "teams": followed["teams"],
        "user": _user(api),
    }


@figma.operation(
    "GET", "files/{fileKey}", scope="file_content:read", fresh_for=DAY, limit="tier1", bounds=IN_PARTS
)
async def file(
    api: Api,
    file_key: FileKey,
    depth: Annotated[
        int | None,
        Field(
            description="How many levels of the tree to send, 1 being the pages. Left out: all.", ge=1, le=50
        ),
    ] = None,
    ids: Annotated[
        NodeIds | None,
        Field(description="Only these layers, with what leads to them and what is in them; ids with commas."),
    ] = None,
) -> FileContent:
    """Read a Figma file: its pages and layers, components and styles.

    Figma counts this as one of its most expensive calls. Large files answer faster with a `depth`; those that
    are too large to be read at once need one, or `ids`.
    """
    answer = await api.get(
        "/v1/files/{file_key}", file_key=file_key, depth=depth, ids=ids, limit=tier1(file_key)
    )
    return {
        "key": file_key,
        "name": dig(answer, "name"),
        "lastModified": answer.get("lastModified"),
        "thumbnailUrl": answer.get("thumbnailUrl"),
        "version": answer.get("version"),
        "document": dig(answer, "document"),
        "components": answer.get("components", {}),
        "componentSets": answer.get("componentSets", {}),
        "styles": answer.get("styles", {}),
    }


@figma.operation(
    "GET", "files/{fileKey}/meta", scope="file_metadata:read", fresh_for=timedelta(hours=1), limit="tier3"
)
async def meta(api: Api, file_key: FileKey) -> FileMeta:
    """Show a Figma file’s name, project, preview image, and who changed it last.

    Figma counts this as one of its cheapest calls.
    """
    answer = dig(await api.get("/v1/files/{file_key}/meta", file_key=file_key), "file")
    return {
        "key": file_key,
        "name": str(dig(answer, "name")),
        "folder_name": answer.get("folder_name"),
        "last_touched_at": answer.get("last_touched_at"),
        "last_touched_by": answer.get("last_touched_by"),
        "creator": answer.get("creator"),
        "thumbnail_url": answer.get("thumbnail_url"),
        "editorType": answer.get("editorType"),
        "version": answer.get("version"),
        "url": f"{api.hosts['web']}/file/{file_key}",
    }


@figma.operation(
    "GET", "files/{fileKey}/frames", scope="file_content:read", fresh_for=DAY, limit="tier1", bounds=IN_PARTS
)
async def frames(api: Api, file_key: FileKey) -> list[Frame]:
    """List the frames of a Figma file, page by page: what `images` can render.

    Figma counts this as one of its most expensive calls.
    """
    content = await api.get(
        "/v1/files/{file_key}", file_key=file_key, depth=PAGES_AND_FRAMES, limit=tier1(file_key)
    )
    with readable():
        return [
            _frame(node, page["name"])
            for page in content["document"]["children"]
            for node in page.get("children", ())
            if node["type"] in RENDERED
        ]


def _frame(node: Mapping[str, Any], page: str) -> Frame:
    box = node.get("absoluteBoundingBox") or {}
    return {
        "id": node["id"],
        "name": str(node["name"]),
        "page": str(page),
        "type": node["type"],
        "width": box.get("width"),
        "height": box.get("height"),
    }


async def _projects_of(api: Api, team_id: str) -> list[Project]:
    answer = await api.get("/v1/teams/{team_id}/projects", team_id=team_id)
    return [project for project in await each(listed(answer, "projects"), partial(_project, api)) if project]


async def _project(api: Api, place: Mapping[str, Any]) -> Project | None:
    """A project with its files, or None when it was removed in the meantime."""
    try:
        answer = await api.get("/v1/projects/{id}/files", id=dig(place, "id"))
    except NotFound:
        return None
    entries = [_file(api, dig(entry, "key"), entry) for entry in listed(answer, "files")]
    return {"id": str(place["id"]), "name": answer.get("name") or place["name"], "files": entries}


async def _single(api: Api, followed: FollowedFile) -> DesignFile | None:
    """A file from its metadata, which Figma counts far less than its content."""
    key = followed["key"]
    try:
        meta = dig(await api.get("/v1/files/{key}/meta", key=key, limit="tier3"), "file")
    except NotFound:
        return None
    return _file(api, key, {**meta, "last_modified": meta.get("last_touched_at")})


def _file(api: Api, key: str, entry: Mapping[str, Any]) -> DesignFile:
    return {
        "key": key,
        "name": dig(entry, "name"),
        "last_modified": entry.get("last_modified"),
        "thumbnail_url": entry.get("thumbnail_url"),
        "url": f"{api.hosts['web']}/file/{key}",
    }


def _user(api: Api) -> ConnectedUser:
    account = api.account
    return {
        "id": account.id,
        "email": account.email,
        "handle": str(account.details.get("handle") or account.name),
    }
