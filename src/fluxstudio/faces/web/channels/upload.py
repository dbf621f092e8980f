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
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
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
    missing = {"channel": WRONG_CHANNEL, "file": NO_FILE}
    if channel:
        del missing["channel"]
    if file is not None and file.size:
        del missing["file"]
    if missing:
        return await _page(writing, words, FormErrors(missing))
    operation = capability_required(writing.notifier.upload, writing.listing.registered)
    comment = {"comment": words["comment"]} if words.get("comment", "").strip() else {}
    try:
        shared = await writing.listing.ask(operation, channel=channel, file=file, **comment)
    except FluxStudioError as error:
        return await _page(writing, words, FormErrors.of(error, {"channel"}, {"channel": WRONG_CHANNEL}))
    return await _page(writing, {"channel": channel}, result=writing.sent(channel, shared.value))


async def _page(
    writing: DraftSession,
    words: dict[str, str],
    errors: FormErrors = NO_ERRORS,
    result: ResultView | None = None,
) -> Response:
    form = UploadView(
        action=f"/integrations/{writing.listing.registered.provider.id}/compose/{FILE}",
        channel=await writing.channel_field(words.get("channel", "")),
        channel_error=errors.get("channel"),
        file_error=errors.get("file"),
        comment=words.get("comment", ""),
        limit=LIMIT,
        result=ResultView(tone="bad", text=errors.problem) if errors.problem else result,
        hidden=writing.listing.hidden,
    )
    return await writing.listing.visit.page(writing.page(upload=form), status=errors.status)
