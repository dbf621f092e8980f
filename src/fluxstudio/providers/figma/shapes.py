"""What Figma's operations take and answer; objects of Figma keep their own keys.

Times are ISO 8601 in UTC. Keys that Figma may leave out are optional.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict


class FollowedPlace(TypedDict):
    """A team or project that is followed."""

    id: str
    name: str


class FollowedFile(TypedDict):
    """A file that is followed by itself."""

    key: str
    name: str


class DesignFile(TypedDict):
    """A file as it stands in a project; `url` opens it in Figma."""

    key: str
    name: str
    last_modified: str | None
    thumbnail_url: str | None
    url: str


class Project(FollowedPlace):
    """A project and its files."""

    files: list[DesignFile]


class ConnectedUser(TypedDict):
    """The Figma account that is connected."""

    id: str
    email: str | None
    handle: str


class Files(TypedDict):
    """What one sees: the projects of a team, and every file once in `files`.

    `teamId` is null and the lists are empty as long as nothing is followed. `teams` are those to choose from.
    """

    teamId: str | None
    projects: list[Project]
    files: list[DesignFile]
    teams: list[FollowedPlace]
    user: ConnectedUser


class FileContent(TypedDict):
    """A whole file: `document` is its tree of nodes, the other maps go by node id."""

    key: str
    name: str
    lastModified: str | None
    thumbnailUrl: str | None
    version: str | None
    document: dict[str, Any]
    components: dict[str, Any]
    componentSets: dict[str, Any]
    styles: dict[str, Any]


class Following(TypedDict):
    """What is followed; `teamId` is the team shown when none is asked for."""

    teamId: str | None
    teams: list[FollowedPlace]
    projects: list[FollowedPlace]
    files: list[FollowedFile]


class Followed(Following):
    """What an address led to, and everything that is followed now."""

    kind: Literal["team", "project", "file"]
    id: str
    name: str


class Unfollowed(Following):
    """What is no longer followed, its address, and everything that still is."""

    kind: Literal["team", "project", "file"]
    id: str
    name: str
    url: str


class Author(TypedDict):
    """A Figma user as others see them."""

    id: str
    handle: str
    img_url: str


class FileMeta(TypedDict):
    """What Figma says about a file without its content.

    `last_touched_by` and `creator` are null for deleted users, `thumbnail_url` while Figma has drawn none.
    """

    key: str
    name: str
    folder_name: str | None
    last_touched_at: str | None
    last_touched_by: Author | None
    creator: Author | None
    thumbnail_url: str | None
    editorType: str | None
    version: str | None
    url: str


class Frame(TypedDict):
    """A frame, component or section at the top of a page; `width` and `height` in pixels."""

    id: str
    name: str
    page: str
    type: str
    width: float | None
    height: float | None


class Component(TypedDict):
    """A published component."""

    key: str
    file_key: str
    node_id: str
    name: str
    description: str
    thumbnail_url: NotRequired[str]
    created_at: str
    updated_at: str
    user: Author
    containing_frame: NotRequired[dict[str, Any]]


class Style(TypedDict):
    """A published style; `style_type` is FILL, TEXT, EFFECT or GRID."""

    key: str
    file_key: str
    node_id: str
    style_type: str
    name: str
    description: str
    thumbnail_url: NotRequired[str]
    created_at: str
    updated_at: str
    user: Author
    sort_position: str


class Version(TypedDict):
    """A version of a file; only named versions have a label."""

    id: str
    created_at: str
    label: str | None
    description: str | None
    user: Author
    thumbnail_url: NotRequired[str]


class Images(TypedDict):
    """Addresses of images, by node id or by image reference; null where a node cannot be rendered."""

    images: dict[str, str | None]


class Skipped(TypedDict):
    """What could not become a token, and why; `mode` where it is one mode's value, `id` of a variable."""

    name: str
    reason: str
    mode: NotRequired[str]
    id: NotRequired[str]


class Tokens(TypedDict):
    """Design tokens (Design Tokens Format Module 2025.10, or as `format` says) and where they are from.

    `complete` says that what is missing is not in the file either. `refused` says why there are only styles:
    Figma's `plan` has no variables over the API, or the `scope` for them was not granted.
    """

    tokens: dict[str, Any]
    source: Literal["variables", "styles"]
    skipped: list[Skipped]
    complete: bool
    refused: Literal["plan", "scope"] | None


# A number and nothing that may be taken for one, such as true.
Coordinate = Annotated[float, Field(strict=True)]


class Point(TypedDict):
    """A place on the canvas or within a frame, in pixels."""

    x: Coordinate
    y: Coordinate


class ClientMeta(TypedDict, total=False):
    """Where a comment is pinned: a point, a place in a frame (`node_id`, `node_offset`), or a region."""

    x: Coordinate
    y: Coordinate
    node_id: str
    node_offset: Point
    region_width: Coordinate
    region_height: Coordinate
    comment_pin_corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"]


class FileComment(TypedDict):
    """A comment; `parent_id` is there when it answers another one."""

    id: str
    file_key: str
    parent_id: NotRequired[str]
    user: Author
    created_at: str
    resolved_at: NotRequired[str | None]
    message: str
    client_meta: ClientMeta
    order_id: str | None
    reactions: list[dict[str, Any]]


class RegisteredWebhook(TypedDict):
    """A webhook at Figma; its passcode is never shown."""

    id: str
    event_type: str
    context: str
    context_id: str
    endpoint: str
    status: str
    description: NotRequired[str | None]
    client_id: NotRequired[str | None]
    plan_api_id: NotRequired[str]
    team_id: NotRequired[str]


class Removed(TypedDict):
    """What was removed."""

    id: str
    deleted: bool
