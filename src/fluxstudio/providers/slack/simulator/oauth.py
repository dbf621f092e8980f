"""The simulated Slack's tokens: exchange, rotation, revocation."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.slack.simulator import webhook_sender
from fluxstudio.providers.slack.simulator.api import TIER_2, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.seed import bot_id, bot_user
from fluxstudio.sdk import Limit
from fluxstudio.sdk.simulation import GrantRefused

BOT_TOKEN_SECONDS = 43_200
ROTATION_GRACE_SECONDS = 60
PUBLIC_REFRESH_SECONDS = 30 * 86_400
LIVE_TOKENS = 2

SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "links:read",
        "links:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "reactions:write",
        "team:read",
        "users:read",
        "users:read.email",
    }
)


def access(call: SlackCall) -> Json:
    """`oauth.v2.access`: a code or a refresh token for tokens."""
    _check_client(call)
    if call.text("grant_type") == "refresh_token" or (call.text("refresh_token") and not call.text("code")):
        return _rotated(call)
    if call.text("grant_type") not in {"", "authorization_code"}:
        raise SlackError("invalid_grant_type")
    try:
        agreed = call.simulator.grants.redeem(
            call.text("code"),
            client_id=call.simulator.app_id,
            redirect_uri=call.text("redirect_uri"),
            verifier=call.text("code_verifier") or None,
        )
    except GrantRefused as refused:
        # outline/outline#1239, read 2026-11-29.
        codes = {"bad_redirect_uri": "bad_redirect_uri", "used_code": "code_already_used"}
        raise SlackError(codes.get(refused.error, "invalid_code")) from None
    person = str(agreed.get("person") or next(iter(call.world["users"])))
    return _installed(call, str(agreed["account"]), list(agreed["scopes"]), person)


def test(call: SlackCall) -> Json:
    """`auth.test`: whose token it is."""
    organisation = call.world["organisation"]
    everywhere = call.grant["account"] == organisation["id"]
    home = call.world["workspaces"][call.teams[0]]
    place = organisation if everywhere else home
    dies = call.grant["expires_at"]
    return {
        "url": f"{call.simulator.url('web')}/",
        "team": place["name"],
        "user": "fluxstudio",
        "team_id": place["id"],
        "user_id": bot_user(home),
        "bot_id": bot_id(home),
        "enterprise_id": organisation["id"],
        "is_enterprise_install": everywhere,
        **({"expires_in": int(dies - call.simulator.clock.now())} if dies is not None else {}),
    }


def revoke(call: SlackCall) -> Json:
    """`auth.revoke`: this token where the app rotates tokens, else the whole authorization."""
    if call.flag("test"):
        return {"revoked": False}
    if call.world["app"]["rotation"]:
        call.grant["revoked"] = True
    else:
        _revoke_all(call)
    webhook_sender.revoked(
        call.simulator, str(call.grant["account"]), uninstalled=not call.world["app"]["rotation"]
    )
    return {"revoked": True}


def uninstall(call: SlackCall) -> Json:
    """`apps.uninstall`: every token of the installation."""
    _check_client(call)
    _revoke_all(call)
    webhook_sender.revoked(call.simulator, str(call.grant["account"]), uninstalled=True)
    return {}


def teams(call: SlackCall) -> Json:
    """`auth.teams.list`: the workspaces that an organisation-wide token reaches."""
    workspaces = [call.world["workspaces"][team] for team in call.teams]
    return {
        "teams": [{"id": team["id"], "name": team["name"]} for team in workspaces],
        "response_metadata": {"next_cursor": ""},
    }


def _check_client(call: SlackCall) -> None:
    client, secret = call.basic or (call.text("client_id"), call.text("client_secret"))
    if client != call.simulator.app_id:
        raise SlackError("invalid_client_id")
    if secret != call.simulator.app_secret:
        raise SlackError("bad_client_secret")


def _family(call: SlackCall, account: str) -> str:
    return f"{call.simulator.app_id}:{account}"


def _tokens_of(call: SlackCall, family: str, kind: str) -> dict[str, Json]:
    """Live tokens of an installation, oldest first."""
    tokens = {
        value: token
        for value, token in call.simulator.grants.tokens.items()
        if token["family"] == family and not token.get("revoked") and call.simulator.grants.live(value, kind)
    }
    return dict(sorted(tokens.items(), key=lambda entry: int(entry[1]["serial"])))


def _installed(call: SlackCall, account: str, scopes: list[str], person: str) -> Json:
    """A new installation, or another consent to an old one: its scopes add up."""
    family = _family(call, account)
    earlier = _tokens_of(call, family, "access")
    for token in earlier.values():
        scopes = list(dict.fromkeys([*token["scopes"], *scopes]))
    for token in call.simulator.grants.tokens.values():
        if token["family"] == family:
            token["scopes"] = scopes
    return _answer(call, account, scopes, person)


def _rotated(call: SlackCall) -> Json:
    """New tokens for a refresh token, which is taken for a short while longer."""
    value = call.text("refresh_token")
    token = call.simulator.grants.live(value, "refresh")
    if token is None or token.get("revoked"):
        raise SlackError("invalid_refresh_token")
    call.simulator.grants.shorten(value, ROTATION_GRACE_SECONDS)
    return _answer(call, str(token["account"]), list(token["scopes"]), next(iter(call.world["users"])))


def _answer(call: SlackCall, account: str, scopes: list[str], person: str) -> Json:
    organisation, workspaces = call.world["organisation"], call.world["workspaces"]
    everywhere = account == organisation["id"]
    home = next(iter(workspaces.values())) if everywhere else workspaces[account]
    return {
        **_tokens(call, account, scopes),
        "token_type": "bot",
        "scope": ",".join(scopes),
        "bot_user_id": bot_user(home),
        "app_id": call.world["app"]["id"],
        "team": None if everywhere else {"id": home["id"], "name": home["name"]},
        "enterprise": {"id": organisation["id"], "name": organisation["name"]},
        "authed_user": {"id": person},
        "is_enterprise_install": everywhere,
    }


def _tokens(call: SlackCall, account: str, scopes: list[str]) -> Json:
    family, app = _family(call, account), call.world["app"]
    call.world["serial"] += 1
    common: dict[str, Any] = {
        "family": family,
        "account": account,
        "client_id": call.simulator.app_id,
        "scopes": scopes,
        "serial": call.world["serial"],
    }
    grants = call.simulator.grants
    if not app["rotation"]:
        live = _tokens_of(call, family, "access")
        token = next(iter(live), None) or grants.issue("access", prefix="xoxb-", lives=None, **common)
        return {"access_token": token}
    token = grants.issue("access", prefix="xoxe.xoxb-1-", lives=BOT_TOKEN_SECONDS, **common)
    for old in list(_tokens_of(call, family, "access"))[:-LIVE_TOKENS]:
        grants.tokens[old]["revoked"] = True
    lives = PUBLIC_REFRESH_SECONDS if app["pkce"] else None
    refresh = grants.issue("refresh", prefix="xoxe-1-", lives=lives, **common)
    return {"access_token": token, "expires_in": BOT_TOKEN_SECONDS, "refresh_token": refresh}


def _revoke_all(call: SlackCall) -> None:
    for token in call.simulator.grants.tokens.values():
        if token["family"] == call.grant["family"]:
            token["revoked"] = True


METHODS = {
    "oauth.v2.access": Method(access, open=True),
    "auth.test": Method(test, Limit(3000, 60)),
    "auth.revoke": Method(revoke),
    "auth.teams.list": Method(teams, TIER_2),
    "apps.uninstall": Method(uninstall),
}
