"""How Slack hands over, renews and ends the grant of a workspace.

Facts: docs.slack.dev/authentication/installing-with-oauth, /using-token-rotation, /using-pkce and the pages
of oauth.v2.access and auth.revoke, checked 2026-11-22. A token answer is HTTP 200 with `ok`. With rotation an
access token lives 43,200 s, a refresh hands out a new refresh token, and the used one dies soon after.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fluxstudio.errors import FluxStudioError
from fluxstudio.kit.http import HttpError
from fluxstudio.providers.slack.failure import DEAD_TOKEN, OUT_OF_ORDER, TOO_FAST
from fluxstudio.sdk import (
    Account,
    Api,
    OAuthClient,
    OAuthRefused,
    TokenAnswer,
    standard_token_answer,
)
from fluxstudio.sdk.oauth import TokenEndpointDown

STANDARD_CODES = {
    "invalid_code": "invalid_grant",
    # A code that was used before (public reports, read 2026-11-29).
    "code_already_used": "invalid_grant",
    "invalid_refresh_token": "invalid_grant",
    "bad_redirect_uri": "redirect_uri_mismatch",
    "token_revoked": "invalid_grant",
    "token_expired": "invalid_grant",
    "account_inactive": "invalid_grant",
    "invalid_client_id": "invalid_client",
    "bad_client_secret": "invalid_client",
    "invalid_grant_type": "unsupported_grant_type",
    "no_scopes": "invalid_scope",
    "invalid_scope": "invalid_scope",
}

# A connect does not wait longer for a picture.
ICON_WITHIN_SECONDS = 5
# The address of a workspace, or of an organisation, begins with its domain.
WORKSPACE_HOST = re.compile(r"([a-z0-9-]+)\.(?:[a-z-]+\.)?[a-z-]+\.[a-z]+")
# Rotating access tokens begin like this, ordinary ones with `xoxb-`.
ROTATING = "xoxe."


def read_token(answer: Mapping[str, Any]) -> TokenAnswer:
    """A token answer of `oauth.v2.access`.

    Raises `OAuthRefused` with the code of RFC 6749 5.2 that Slack's own code stands for (Slack's own is the
    description), or `TokenEndpointDown` when Slack says that it is out of order or asked too often.
    """
    if answer.get("ok") is True:
        return standard_token_answer(answer)
    code = str(answer.get("error") or "invalid_response")[:80]
    if code in TOO_FAST:
        raise TokenEndpointDown(429)
    if code in OUT_OF_ORDER:
        raise TokenEndpointDown(503)
    raise OAuthRefused(STANDARD_CODES.get(code, code), code if code in STANDARD_CODES else "")


def redirect_problem(redirect_uri: str, pkce: bool) -> str | None:
    """Why Slack would not send people back to an address.

    It takes https:// addresses only, and from apps with PKCE gives no bot scopes on the loopback
    (docs.slack.dev “Installing with OAuth” and the changelog of 2026-03-30, read 2026-11-29).
    """
    if redirect_uri.startswith("https://"):
        return None
    if pkce:
        return (
            "An app with PKCE gets no bot permissions at an address without https://. Set SLACK_PKCE=false."
        )
    return "Slack sends people back to https:// addresses only. Put a proxy with a certificate in front."


async def revoke(client: OAuthClient, access_token: str) -> None:
    """End the installation behind a bot token.

    `auth.revoke` ends the whole authorization of a token that does not rotate, but of a rotating one only
    that token, so there the app is uninstalled (docs.slack.dev “auth.revoke”, “apps.uninstall”, 2026-11-22).
    One that is dead already counts as revoked; anything else raises `OAuthRefused`.
    """
    if access_token.startswith(ROTATING):
        app = {"client_id": client.client_id, "client_secret": client.client_secret}
        response = await client.request("POST", "{web}/api/apps.uninstall", form=app, bearer=access_token)
    else:
        response = await client.request("POST", "{web}/api/auth.revoke", form={}, bearer=access_token)
    answer = response.json() if response.status < 400 else {}
    if not isinstance(answer, dict):
        answer = {}
    if answer.get("ok") is True or answer.get("error") in DEAD_TOKEN:
        return
    raise OAuthRefused("revoke_failed", str(answer.get("error") or response.status)[:80])


async def whose_workspace(api: Api, token: TokenAnswer) -> Account:
    """The workspace that installed the app, or the organisation when it was installed organisation-wide.

    A bot token belongs to the installation, not to the person who allowed it, so all who connect the same
    workspace share one account; who each of them is belongs to their connections. `details`:
    `{is_enterprise_install, team_id, enterprise_id, bot_user_id, app_id}`.
    """
    identity = await api.get("/api/auth.test", limit="auth.test")
    raw = token.raw
    team, enterprise = raw.get("team") or {}, raw.get("enterprise") or {}
    everywhere = bool(raw.get("is_enterprise_install"))
    place = enterprise if everywhere else team
    return Account(
        id=str(place.get("id") or identity["enterprise_id" if everywhere else "team_id"]),
        name=str(place.get("name") or identity.get("team") or "Slack workspace"),
        person=identity.get("user"),
        avatar_url=None if everywhere else await _icon(api, str(place.get("id"))),
        url=identity.get("url"),
        details={
            "is_enterprise_install": everywhere,
            "team_id": team.get("id") or identity.get("team_id"),
            "enterprise_id": enterprise.get("id"),
            "bot_user_id": raw.get("bot_user_id"),
            "app_id": raw.get("app_id"),
        },
    )


async def _icon(api: Api, team_id: str) -> str | None:
    """The picture of a workspace, from the one method that shows it and needs no scope; None without one.

    docs.slack.dev “auth.teams.list” names `include_icon`, the types of @slack/web-api 7 what it adds
    (2026-12-01). A workspace is connected whatever comes.
    """
    query = {"include_icon": "true", "limit": 100}
    try:
        async with asyncio.timeout(ICON_WITHIN_SECONDS):
            answer = await api.get("/api/auth.teams.list", limit="auth.teams.list", query=query)
    except (FluxStudioError, HttpError, TimeoutError):
        return None
    teams = answer.get("teams") if isinstance(answer, dict) else None
    team = next((one for one in teams or () if isinstance(one, dict) and one.get("id") == team_id), {})
    icon = team.get("icon")
    if not isinstance(icon, dict) or icon.get("image_default"):
        return None
    address = icon.get("image_132") or icon.get("image_102")
    return address if isinstance(address, str) and address.startswith("http") else None


def profile(account: Account) -> dict[str, Any]:
    """What the API says of a workspace."""
    domain = WORKSPACE_HOST.fullmatch(urlsplit(account.url or "").hostname or "")
    return {
        "teamId": account.id,
        "teamName": account.name,
        "teamDomain": domain[1] if domain else None,
        "teamIcon": account.avatar_url,
        "botUserId": account.details.get("bot_user_id"),
    }
