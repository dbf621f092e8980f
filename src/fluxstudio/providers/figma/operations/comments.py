"""Comments on files."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations.parameters import FileKey, listed
from fluxstudio.providers.figma.shapes import ClientMeta, FileComment
from fluxstudio.providers.figma.webhooks.self_events import comment_changes
from fluxstudio.sdk import Api
from fluxstudio.sdk.markup import IDENTITY, PLAIN


@figma.operation(
    "GET",
    "comments/{fileKey}",
    scope="file_comments:read",
    fresh_for=timedelta(minutes=2),
    limit="tier2",
)
async def comments(api: Api, file_key: FileKey) -> list[FileComment]:
    """List the comments on a Figma file, and the answers to them."""
    answer = await api.get("/v1/files/{file_key}/comments", file_key=file_key)
    return listed(answer, "comments")


@figma.operation(
    "POST",
    "comments/{fileKey}",
    scope="file_comments:write",
    makes_stale=("comments",),
    status=201,
    limit="tier2",
    changes=comment_changes,
)
async def post_comment(
    api: Api,
    file_key: FileKey,
    message: Annotated[str, Field(description="What to say.", min_length=1, max_length=10_000), PLAIN],
    comment_id: Annotated[
        str | None,
        Field(
            description="The comment to answer. It must not be an answer itself.",
            pattern=r"^[0-9A-Za-z:_-]{1,64}$",
        ),
        IDENTITY,
    ] = None,
    client_meta: Annotated[
        ClientMeta | None,
        Field(description="Where to pin it: a point on the canvas, or a node and the offset within it."),
        IDENTITY,
    ] = None,
) -> FileComment:
    """Comment on a Figma file, or answer a comment, in the name of the connected account."""
    body = {"message": message, "comment_id": comment_id, "client_meta": client_meta}
    comment: FileComment = await api.post(
        "/v1/files/{file_key}/comments",
        file_key=file_key,
        json={name: value for name, value in body.items() if value is not None},
    )
    return comment
