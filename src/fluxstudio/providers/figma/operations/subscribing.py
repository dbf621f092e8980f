"""Which team, project or file people mean, and what they want to be told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from fluxstudio.providers.figma.addresses import read_address
from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations.webhooks import Event
from fluxstudio.sdk import Spot, Subscribable

PATHS = {"team": "/files/team/", "project": "/files/project/", "file": "/file/"}


def webhook_arguments(place_text: str, types: Sequence[str], web: str) -> Mapping[str, Any]:
    """What `create_webhook` takes for an address at Figma. Raises `InvalidRequest`."""
    address = read_address(place_text, web)
    return {"event_type": types[0] if types else "", "context": address.kind, "context_id": address.id}


def spot(details: Mapping[str, Any]) -> Spot:
    """The team, project or file a webhook belongs to."""
    context, context_id = str(details.get("context", "file")), str(details.get("context_id", ""))
    name = str(details.get("name") or f"{context} {context_id}")
    return Spot(name=name, kind=context.capitalize(), path=f"{PATHS.get(context, '/')}{context_id}")


def types(details: Mapping[str, Any]) -> Sequence[str]:
    """What a webhook tells of."""
    return [str(details.get("event_type", ""))]


def suggest(followed: Any, web: str) -> Sequence[tuple[str, str]]:
    """The teams, projects and files that are followed."""
    return [
        *((f"{web}/files/team/{team['id']}", f"Team {team['name']}") for team in followed["teams"]),
        *(
            (f"{web}/files/project/{entry['id']}", f"Project {entry['name']}")
            for entry in followed["projects"]
        ),
        *((f"{web}/file/{entry['key']}", str(entry["name"])) for entry in followed["files"]),
    ]


def everywhere(followed: Any, web: str) -> Sequence[str]:
    """Teams tell of their projects and files, and projects of their files; the widest that are followed."""
    places = [where for where, _ in suggest(followed, web)]
    widest = next((len(followed[kind]) for kind in ("teams", "projects", "files") if followed[kind]), 0)
    return places[:widest]


def covers(details: Mapping[str, Any], key: str, files: Any | None) -> bool | None:
    """Whether a webhook tells of the file of that key: its own, or that of a project or team it is in."""
    if details.get("context") == "file":
        return details.get("context_id") == key
    if files is None:
        return None
    projects = files["projects"]
    if details.get("context") == "project":
        projects = [project for project in projects if project["id"] == details.get("context_id")]
    return any(file["key"] == key for project in projects for file in project["files"])


def inside(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `files` takes for what is in the team of a webhook, or in the projects that are followed."""
    return {"teamId": details["context_id"]} if details.get("context") == "team" else {}


figma.offers(
    Subscribable(
        create=figma["create_webhook"],
        remove=figma["delete_webhook"],
        events=get_args(Event),
        usual=("FILE_COMMENT",),
        several=False,
        label="Team, project or file",
        help="Open it in Figma and copy the address from your browser. Team-wide webhooks need admin rights.",
        example="https://www.figma.com/design/…",
        arguments_for=webhook_arguments,
        spot=spot,
        types=types,
        nearby=figma["files"],
        suggest=suggest,
        everywhere=everywhere,
        field="file_key",
        place=lambda key, web: f"{web}/file/{key}",
        covers=covers,
        inside=inside,
    )
)
