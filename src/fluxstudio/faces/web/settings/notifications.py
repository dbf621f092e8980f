"""Settings → Notifications: what one is told, where, and when not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.agents.approvals import Approvals
from fluxstudio.core.identity.preferences import NotificationSettings, Preferences
from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView
from fluxstudio.faces.web.settings.views import NotificationsPage
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.paths import AGENTS, NOTIFICATIONS, SETTINGS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows import notifications
from fluxstudio.flows.automations.health.failure_notice import senders
from fluxstudio.flows.automations.rules.time_zones import time_zones

router = APIRouter(include_in_schema=False)

MAX_CHANNEL_CHARACTERS = 200
FIELDS = ("channel", "connection", "failures", "quietFrom", "quietUntil", "digestAt", "timeZone")
ERROR_FIELDS = (*FIELDS, "quiet")
SAVED = BannerView(tone="good", title="Notifications saved.")


@router.get(NOTIFICATIONS)
async def settings(request: Request) -> Response:
    """What one is told, and where."""
    visit = await Visit.of(request)
    stored = await Preferences(visit.services.db).notifications(visit.actor.user_id)
    chosen = stored or NotificationSettings(time_zone=visit.time_zone)
    fields = {
        "channel": chosen.channel or "",
        "connection": str(chosen.connection or ""),
        "quietFrom": _clock(chosen.quiet_from),
        "quietUntil": _clock(chosen.quiet_until),
        "digestAt": _clock(chosen.digest_at),
        "timeZone": chosen.time_zone,
        **({"failures": "on"} if chosen.failures else {}),
    }
    banners = [SAVED] if request.query_params.get("done") == "saved" else []
    return await _page(visit, fields, banners=banners)


@router.post(NOTIFICATIONS)
async def change(request: Request) -> Response:
    """Keep what one is told; what is wrong comes back with the form."""
    visit = await Visit.of(request)
    fields = await visit.form()
    errors: dict[str, str] = {}
    chosen = NotificationSettings(
        connection=_connection(fields.get("connection", "")),
        channel=fields.get("channel", "").strip()[:MAX_CHANNEL_CHARACTERS].replace("\x00", "") or None,
        failures="failures" in fields,
        quiet_from=_time(fields, "quietFrom", "quiet", errors),
        quiet_until=_time(fields, "quietUntil", "quiet", errors),
        digest_at=_time(fields, "digestAt", "digestAt", errors),
        time_zone=fields.get("timeZone", ""),
    )
    usable = await senders(visit.services, visit.actor.user_id)
    if chosen.connection is None and len(usable) == 1:
        chosen = replace(chosen, connection=UUID(next(iter(usable))))
    try:
        await notifications.choose(visit.services, visit.actor, chosen, errors)
    except InvalidRequest as error:
        return await _page(visit, fields, errors=FormErrors.of(error, ERROR_FIELDS))
    return await visit.go(f"{NOTIFICATIONS}?done=saved")


async def _page(
    visit: Visit,
    fields: Mapping[str, str],
    *,
    errors: FormErrors = NO_ERRORS,
    banners: list[BannerView] | None = None,
) -> Response:
    usable = await senders(visit.services, visit.actor.user_id)
    agents = await Approvals(visit.services.db).notice(visit.actor.user_id)
    zone = fields.get("timeZone", "")
    zones = sorted({*time_zones(), zone} - {""})
    page = NotificationsPage(
        head=HeadView(
            title="Notifications",
            sentence="What you hear of in your own tools. The navigation shows failures in any case.",
            parent=LinkView(label="Settings", href=SETTINGS),
        ),
        action=NOTIFICATIONS,
        senders=tuple(usable.items()),
        fields={name: fields.get(name, "") for name in FIELDS},
        zones=tuple((name, name.replace("_", " ")) for name in zones),
        agents=LinkView(label="Change in Agents", href=AGENTS),
        agents_channel=agents.channel if agents else "",
        errors=errors,
    )
    return await visit.page(page, banners=banners or [], status=errors.status)


def _clock(moment: time | None) -> str:
    return "" if moment is None else f"{moment:%H:%M}"


def _time(fields: Mapping[str, str], name: str, field: str, errors: dict[str, str]) -> time | None:
    """The time in a field, None where it is empty; one that is none is noted among the errors."""
    text = fields.get(name, "").strip()
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        errors[field] = "Write a time like 18:30."
        return None


def _connection(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
