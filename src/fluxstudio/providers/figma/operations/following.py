"""Which teams, projects and files somebody follows. Figma cannot tell, so its addresses are remembered."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Field

from fluxstudio.providers.figma.addresses import FigmaAddress, read_address
from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations.parameters import dig
from fluxstudio.providers.figma.shapes import Followed, Following
from fluxstudio.sdk import Api, nothing_changed
from fluxstudio.sdk.markup import URL

TEAM, TEAMS, PROJECTS, FILES = "team", "teams", "projects", "files"


def following(api: Api) -> Following:
    """Everything this connection follows."""
    settings = api.memory.settings
    return {
        "teamId": settings.get(TEAM),
        "teams": list(settings.get(TEAMS, ())),
        "projects": list(settings.get(PROJECTS, ())),
        "files": list(settings.get(FILES, ())),
    }


@figma.operation(
    "POST",
    "teams",
    scope=("projects:read", "file_metadata:read"),
    makes_stale=("files",),
    limit="tier2",
    # It is remembered here, and Figma hears nothing of it.
    changes=nothing_changed,
)
async def follow(
    api: Api,
    url: Annotated[
        str,
        Field(
            description="The address of a team, a project or a file, copied from Figma.",
            min_length=1,
            max_length=2000,
        ),
        URL,
    ],
) -> Followed:
    """Follow a Figma team, project or file.

    Remembers what the address leads to, so that it is listed from now on. A team also becomes the one that is
    shown when none is asked for.
    """
    address = read_address(url, api.hosts["web"])
    name = await name_of(api, address)
    now = following(api)
    if address.kind == "team":
        await api.memory.remember(TEAMS, _with(now["teams"], {"id": address.id, "name": name}))
        await api.memory.remember(TEAM, address.id)
    elif address.kind == "project":
        await api.memory.remember(PROJECTS, _with(now["projects"], {"id": address.id, "name": name}))
    else:
        await api.memory.remember(FILES, _with(now["files"], {"key": address.id, "name": name}))
    return cast("Followed", {"kind": address.kind, "id": address.id, "name": name, **following(api)})


async def name_of(api: Api, address: FigmaAddress) -> str:
    """What a team, project or file is called at Figma."""
    if address.kind == "team":
        answer = dig(await api.get("/v1/teams/{id}/projects", id=address.id), "name")
    elif address.kind == "project":
        answer = dig(await api.get("/v1/projects/{id}/files", id=address.id), "name")
    else:
        answer = dig(await api.get("/v1/files/{key}/meta", key=address.id, limit="tier3"), "file", "name")
    return str(answer)


def _with(entries: Any, new: dict[str, str]) -> list[dict[str, str]]:
    """The entries with a new one at the end, which takes the place of an older one of the same id."""
    name = "key" if "key" in new else "id"
    return [*(entry for entry in entries if entry[name] != new[name]), new]
