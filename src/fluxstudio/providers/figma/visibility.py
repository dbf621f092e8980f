"""Which accounts may see the file that an event of Figma's is about.

A token reads the metadata of files that its person may see (developers.figma.com “Files”, `GET
/v1/files/:key/meta`, read 2026-11-29). Events name the file, whether the webhook belongs to it, to its
project or to its team.
"""

from __future__ import annotations

from fluxstudio.errors import Forbidden, InvalidRequest, NotFound
from fluxstudio.providers.figma.addresses import ID
from fluxstudio.providers.figma.webhooks.events import Payload
from fluxstudio.sdk import Api, Resource, Resources
from fluxstudio.sdk.payload import text_at

HIDDEN = (Forbidden, InvalidRequest, NotFound)


def resource(event_type: str, payload: Payload) -> Resource | None:
    """The file an event is about, by its key."""
    key = text_at(payload, "file_key")
    return Resource(f"file/{key}", key) if len(key) <= 128 and ID.fullmatch(key) else None


def changes(event_type: str, payload: Payload) -> bool:
    """Of who may see a file Figma says nothing."""
    return False


async def visible(api: Api, resource: Resource, wanted: bool) -> bool:
    """Whether the account may see the file."""
    try:
        await api.get("/v1/files/{key}/meta", key=resource.name, limit="tier3")
    except HIDDEN:
        return False
    return True


RESOURCES = Resources(of=resource, changes=changes, visible=visible)
