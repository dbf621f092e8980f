"""A message, a project update or a task, written with a preview and sent to a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import FluxStudioError, InvalidRequest, NotFound
from fluxstudio.faces.web.channels.compose_views import (
    DraftFieldView,
    DraftView,
)
from fluxstudio.faces.web.channels.draft_session import LONGEST_WRITTEN_CHANNEL, WRONG_CHANNEL, DraftSession
from fluxstudio.faces.web.components.drawing import drawn_blocks
from fluxstudio.faces.web.components.views import DrawingView, ResultView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.sdk import DraftField, MessageKind

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

SENDER = "FluxStudio"


@router.get("/compose/{kind}")
async def compose(request: Request, provider: str, kind: str) -> Response:
    """The form of a kind of message, with what the address fills in."""
    visit, query = await Visit.of(request), request.query_params
    writing, message = await _writing(visit, provider, kind, query)
    values = {**query, "channel": query.get("to", "")[:LONGEST_WRITTEN_CHANNEL] or await writing.default()}
    return await _page(writing, message, values)


@router.post("/compose/{kind}/preview")
async def preview(request: Request, provider: str, kind: str) -> Response:
    """How what is written so far will look."""
    visit = await Visit.of(request)
    fields = await visit.form()
    _, message = await _writing(visit, provider, kind, fields)
    return await visit.part("channels/preview.html", preview=_preview(message, fields))


@router.post("/compose/{kind}")
async def send(request: Request, provider: str, kind: str) -> Response:
    """Send it, or show how it will look; what is wrong stands beside its field, and nothing is lost."""
    visit = await Visit.of(request)
    fields = await visit.form()
    writing, message = await _writing(visit, provider, kind, fields)
    channel = fields.get("channel", "").strip()[:LONGEST_WRITTEN_CHANNEL]
    if fields.get("then") == "preview":
        return await _page(writing, message, fields)
    arguments, wrong = _arguments(message, fields)
    errors = FormErrors(wrong) | message_errors(message, {"channel": channel, **arguments})
    if errors:
        return await _page(writing, message, fields, errors)
    try:
        sent = await writing.listing.ask(message.operation, channel=channel, **arguments)
        if fields.get("remember"):
            await writing.remember(channel)
    except FluxStudioError as error:
        return await _page(writing, message, fields, _errors(message, error))
    # The next one goes to the same channel, and begins empty.
    return await _page(writing, message, {"channel": channel}, result=writing.sent(channel, sent.value))


async def _writing(
    visit: Visit, provider: str, kind: str, fields: Mapping[str, str]
) -> tuple[DraftSession, MessageKind]:
    writing = await DraftSession.of(visit, provider, kind, fields)
    message = writing.message_kind
    if message is None:
        raise NotFound("Page not found. Check the address, or go back to the channels.")
    return writing, message


async def _page(
    writing: DraftSession,
    message: MessageKind,
    values: Mapping[str, str],
    errors: FormErrors = NO_ERRORS,
    result: ResultView | None = None,
) -> Response:
    default = await writing.default()
    provider = writing.listing.registered.provider.id
    draft = DraftView(
        action=f"/integrations/{provider}/compose/{message.name}",
        channel=await writing.channel_field(values.get("channel", "")),
        channel_error=errors.get("channel"),
        fields=tuple(_field(entry, values, errors) for entry in message.fields),
        preview=_preview(message, values),
        many=f"{message.label.lower()}s",
        default=default or None,
        remember=bool(values.get("remember")),
        result=ResultView(tone="bad", text=errors.problem) if errors.problem else result,
        hidden=writing.listing.hidden,
    )
    return await writing.listing.visit.page(writing.page(draft=draft), status=errors.status)


def _field(entry: DraftField, values: Mapping[str, str], errors: FormErrors) -> DraftFieldView:
    return DraftFieldView(
        name=entry.name,
        label=entry.label,
        kind=entry.kind,
        value=values.get(entry.name, ""),
        help=entry.help,
        error=errors.get(entry.name),
        required=entry.required,
        largest=entry.largest,
        choices=tuple(entry.choices),
    )


def _errors(message: MessageKind, error: FluxStudioError) -> FormErrors:
    """What to write in the fields that were refused."""
    words = {entry.name: entry.wrong for entry in message.fields} | {"channel": WRONG_CHANNEL}
    return FormErrors.of(error, words, words)


def message_errors(message: MessageKind, arguments: Mapping[str, Any]) -> FormErrors:
    """What the operation would refuse; asked before it is called, so that all of it is shown at once."""
    try:
        message.operation.check(arguments)
    except InvalidRequest as error:
        return _errors(message, error)
    return NO_ERRORS


def _arguments(message: MessageKind, values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the operation takes out of the fields, and what is wrong with those."""
    arguments: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for entry in message.fields:
        text = values.get(entry.name, "").strip()
        if not text and entry.required:
            errors[entry.name] = entry.wrong
        elif text and entry.kind == "pairs":
            pairs = _pairs(text)
            if pairs is None:
                errors[entry.name] = entry.wrong
            arguments[entry.name] = pairs
        elif text:
            arguments[entry.name] = text
    return arguments, errors


def _pairs(text: str) -> list[dict[str, str]] | None:
    """Labelled values, one in a line; None where a line is none."""
    pairs = [line.partition(":") for line in text.splitlines() if line.strip()]
    if not all(label.strip() and value.strip() for label, _, value in pairs):
        return None
    return [{"title": label.strip(), "value": value.strip()} for label, _, value in pairs]


def _preview(message: MessageKind, values: Mapping[str, str]) -> DrawingView:
    """How the fields look so far; what is wrong with one is left out."""
    arguments, _ = _arguments(message, values)
    begun = arguments.keys() & {entry.name for entry in message.fields if entry.kind != "choice"}
    blocks = drawn_blocks(message.draw(arguments)) if begun else ()
    return DrawingView(kind="message", by=SENDER, app=True, blocks=blocks)
