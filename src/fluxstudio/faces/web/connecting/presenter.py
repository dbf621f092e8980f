"""What happened, in words and as a message, out of an attempt or else out of the address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from fluxstudio.core.connections.attempts import LandingAttempt
from fluxstudio.core.registry import RegisteredProvider, Registry
from fluxstudio.errors import UnknownProvider
from fluxstudio.faces.csrf import origin_of
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.connecting.views import ConnectedPage, Tone
from fluxstudio.flows.connections.places import DEFAULT_RETURN, known_origins, led_back
from fluxstudio.kit.json import encode
from fluxstudio.settings import Settings

CLOSE = "You can close this window."
EXPIRED = "This link has expired or was opened in another browser."
NOT_SAVED = "Nothing changed. Connect again from where you started."


def connected_page(
    settings: Settings, registry: Registry, outcome: Mapping[str, str], attempt: LandingAttempt | None
) -> ConnectedPage:
    """The page for an attempt; without one, for what the address says, which anybody can have written."""
    try:
        registered = registry[attempt.provider if attempt is not None else outcome["provider"]]
    except UnknownProvider:
        return ConnectedPage(title="Nothing to see here", detail=CLOSE, tone="neutral")
    if attempt is None:
        return _unproven(registered, outcome)
    message, title, detail = _happened(registered, attempt)
    origin = attempt.origin if attempt.origin in known_origins(settings) else ""
    back = attempt.return_to if attempt.return_to not in {None, DEFAULT_RETURN} else None
    href = led_back(settings, back, _fields(attempt, outcome)) if back else _home(settings, origin)
    is_elsewhere = href is not None and not href.startswith("/")
    return ConnectedPage(
        title=title,
        detail=detail,
        tone=_tone(attempt),
        icon=mark(registered),
        message=encode(message).decode(),
        origin=origin or "",
        back_href=href,
        back_place=urlsplit(href).netloc if href and is_elsewhere else "FluxStudio",
        leads_back=back is not None and is_elsewhere,
    )


def _home(settings: Settings, origin: str | None) -> str | None:
    """The first page of a front end elsewhere that named none."""
    return f"{origin}/" if origin and origin != origin_of(settings.base_url) else None


def _tone(attempt: LandingAttempt) -> Tone:
    if attempt.outcome == "connected":
        return "good"
    return "neutral" if attempt.outcome in {"declined", "waiting", "abandoned"} else "bad"


def _happened(registered: RegisteredProvider, attempt: LandingAttempt) -> tuple[dict[str, object], str, str]:
    """The message for the opener, and a title and a sentence for the person."""
    name = registered.provider.name
    message: dict[str, object] = {"type": "oauth-callback", "provider": registered.provider.id}
    if attempt.outcome == "connected" and attempt.connection_id is not None:
        data = {
            "provider": registered.provider.id,
            "permissions": attempt.scopes or [],
            "accountName": attempt.account_name,
            "connectionId": str(attempt.connection_id),
        }
        title = f"{name} is connected"
        return {**message, "success": True, "data": data}, title, f"{attempt.account_name}. {CLOSE}"
    title, detail = f"{name} wasn’t connected", f"{attempt.cause or EXPIRED} {attempt.mend or NOT_SAVED}"
    if attempt.outcome == "declined":
        title, detail = "Connection cancelled", f"Nothing changed. {CLOSE}"
    code = attempt.code or "STATE_INVALID"
    words = f"{attempt.cause or EXPIRED} {attempt.mend or NOT_SAVED}"
    return {**message, "success": False, "error": {"code": code, "message": words}}, title, detail


def _fields(attempt: LandingAttempt, outcome: Mapping[str, str]) -> dict[str, str]:
    fields = {"provider": attempt.provider}
    if attempt.outcome == "connected":
        fields |= {"status": "success", "connection": str(attempt.connection_id or "")}
        return fields | ({"notice": outcome["notice"]} if outcome["notice"] == "OTHER_ACCOUNT" else {})
    return fields | {"status": "error", "code": attempt.code or "STATE_INVALID"}


def _unproven(registered: RegisteredProvider, outcome: Mapping[str, str]) -> ConnectedPage:
    """Nothing but what a code says; nobody is told."""
    name = registered.provider.name
    if outcome["status"] == "success":
        return ConnectedPage(
            title="All done", detail=f"{name} has answered. {CLOSE}", tone="neutral", icon=mark(registered)
        )
    detail = EXPIRED if outcome["code"] == "STATE_INVALID" else "Something went wrong on the way."
    return ConnectedPage(
        title=f"{name} wasn’t connected", detail=f"{detail} {NOT_SAVED}", tone="bad", icon=mark(registered)
    )
