"""Which teams, projects and files somebody follows. Figma cannot tell, so its addresses are remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from fluxstudio.errors import NotFound
from fluxstudio.providers.figma.addresses import FigmaAddress, address_of, read_address
from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations.parameters import Id, dig
from fluxstudio.providers.figma.shapes import Followed, Following, Unfollowed
from fluxstudio.sdk import Api, nothing_changed
from fluxstudio.sdk.markup import URL

TEAM, TEAMS, PROJECTS, FILES = "team", "teams", "projects", "files"
PLACES = {"team": TEAMS, "project": PROJECTS, "file": FILES}


def following(api: Api) -> Following:
    """Everything this connection follows."""
    settings = api.memory.settings
    return {
        "teamId": settings.get(TEAM),
        "teams": list(settings.get(TEAMS, ())),
        "projects": list(settings.get(PROJECTS, ())),
        "files": list(settings.get(FILES, ())),
    }


@figma.operation("GET", "teams", personal=True, local=True)
async def followed(api: Api) -> Following:
    """List the Figma teams, projects and files you follow."""
    return following(api)


def follows(settings: Mapping[str, Any]) -> bool:
    """Whether a connection follows anything, by what is remembered of it."""
    return any(settings.get(name) for name in (TEAMS, PROJECTS, FILES))


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


@figma.operation(
    "DELETE",
    "teams",
    makes_stale=("files",),
    changes=nothing_changed,
    local=True,
)
async def unfollow(
    api: Api,
    kind: Annotated[Literal["team", "project", "file"], Field(description="What is followed.")],
    place_id: Annotated[
        Id, Field(alias="id", description="The id of that team or project, or the key of that file.")
    ],
) -> Unfollowed:
    """Stop following a Figma team, project or file.

    It is no longer listed. Of the teams that remain, the one followed last is shown when none is asked for.
    """
    name = PLACES[kind]
    now = cast("dict[str, list[dict[str, str]]]", following(api))
    identity = "key" if kind == "file" else "id"
    removed = next((entry for entry in now[name] if entry[identity] == place_id), None)
    if removed is None:
        raise NotFound(f"You don’t follow this {kind}. Refresh the list to see what you follow.")
    rest = [entry for entry in now[name] if entry[identity] != place_id]
    await api.memory.remember(name, rest)
    if kind == "team" and api.memory.settings.get(TEAM) == place_id:
        await api.memory.remember(TEAM, rest[-1]["id"] if rest else None)
    url = address_of(FigmaAddress(kind, place_id), api.hosts["web"])
    undo = {"kind": kind, "id": place_id, "name": removed["name"], "url": url}
    return cast("Unfollowed", {**undo, **following(api)})


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
