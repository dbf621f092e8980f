"""Where an automation tells its owner that it fails: the form on its page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.automations.rules import Automation, FailureNotice
from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.web.automations.shared import automation_of, path_of
from fluxstudio.faces.web.automations.views import NoticeView
from fluxstudio.faces.web.shell.paths import AUTOMATIONS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.health import failure_notice

router = APIRouter(include_in_schema=False)
LONGEST_CHANNEL = 200


async def notice_view(visit: Visit, entry: Automation) -> NoticeView | None:
    """The form; None for who has connected nothing that can send messages."""
    usable = await failure_notice.senders(visit.services, visit.actor.user_id)
    chosen = entry.failure_notice
    if not usable and chosen is None:
        return None
    return NoticeView(
        action=path_of(entry.id, "notify"),
        channel="" if chosen is None else chosen.channel,
        connection="" if chosen is None else chosen.connection or "",
        connections=tuple(usable.items()),
        open=visit.request.query_params.get("done") == "notify-wrong",
    )


@router.post(AUTOMATIONS + "/{which}/notify")
async def choose(request: Request, which: str) -> Response:
    """Keep the channel; an empty one tells nobody."""
    visit = await Visit.of(request)
    fields = await visit.form()
    entry = await automation_of(visit, which)
    channel = fields.get("channel", "").strip()[:LONGEST_CHANNEL].replace("\x00", "")
    notice = FailureNotice(channel, fields.get("connection") or None) if channel else None
    try:
        await failure_notice.choose(visit.services, visit.actor, entry.id, notice)
    except InvalidRequest:
        return await visit.go(f"{path_of(entry.id)}?done=notify-wrong")
    return await visit.go(f"{path_of(entry.id)}?done={'notify' if notice else 'notify-off'}")
