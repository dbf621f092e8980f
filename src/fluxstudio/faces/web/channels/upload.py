"""A file, shared in a channel; dropped on the page where there is JavaScript."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.middleware.bodies import UPLOAD, reads
from fluxstudio.faces.web.channels.compose_views import UploadView
from fluxstudio.faces.web.channels.draft_session import (
    FILE,
    LONGEST_WRITTEN_CHANNEL,
    WRONG_CHANNEL,
    DraftSession,
)
from fluxstudio.faces.web.components.views import ResultView
from fluxstudio.faces.web.shell.account_list import capability_required
from fluxstudio.faces.web.shell.errors import SHOWN_IN_PLACE
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.sdk import Upload

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

NO_FILE = "Choose a file first. An empty one can’t be shared."
LIMIT = "Up to 64 MB."


@router.get("/compose/file")
async def upload(request: Request, provider: str) -> Response:
    """The form for a file."""
    visit, query = await Visit.of(request), request.query_params
    writing = await DraftSession.of(visit, provider, FILE, query)
    return await _page(writing, {"channel": query.get("to", "")[:LONGEST_WRITTEN_CHANNEL]})


@router.post("/compose/file")
@reads(UPLOAD)
async def share(request: Request, provider: str) -> Response:
    """Share the file; the words along with it are kept where that fails."""
    visit = await Visit.of(request)
    async with AsyncExitStack() as files:
        words, chosen = await visit.form_and_files(files)
        writing = await DraftSession.of(visit, provider, FILE, words)
        return await _shared(writing, words, chosen[0] if chosen else None)


async def _shared(writing: DraftSession, words: dict[str, str], file: Upload | None) -> Response:
    channel = words.get("channel", "").strip()[:LONGEST_WRITTEN_CHANNEL]
    errors = {} if channel else {"channel": WRONG_CHANNEL}
    if file is None or not file.size:
        errors["file"] = NO_FILE
    if errors:
        return await _page(writing, words, errors)
    operation = capability_required(writing.notifier.upload, writing.listing.registered)
    comment = {"comment": words["comment"]} if words.get("comment", "").strip() else {}
    try:
        shared = await writing.listing.ask(operation, channel=channel, file=file, **comment)
    except FluxStudioError as error:
        if error.status not in SHOWN_IN_PLACE:
            raise
        if "channel" in error.details.get("fields", {}):
            return await _page(writing, words, {"channel": WRONG_CHANNEL})
        return await _page(writing, words, result=ResultView(tone="bad", text=error.message))
    return await _page(writing, {"channel": channel}, result=writing.sent(channel, shared.value))


async def _page(
    writing: DraftSession,
    words: dict[str, str],
    errors: dict[str, str] | None = None,
    result: ResultView | None = None,
) -> Response:
    errors = errors or {}
    form = UploadView(
        action=f"/integrations/{writing.listing.registered.provider.id}/compose/{FILE}",
        channel=await writing.channel_field(words.get("channel", "")),
        channel_error=errors.get("channel"),
        file_error=errors.get("file"),
        comment=words.get("comment", ""),
        limit=LIMIT,
        result=result,
        hidden=writing.listing.hidden,
    )
    return await writing.listing.visit.page(writing.page(upload=form))
