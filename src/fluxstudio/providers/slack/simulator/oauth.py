"""The simulated Slack's tokens: exchange, rotation, revocation."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.slack.simulator import webhook_sender
from fluxstudio.providers.slack.simulator.api import TIER_2, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.seed import bot_id, bot_user
from fluxstudio.sdk import Limit
from fluxstudio.sdk.simulation import GrantRefused

TOKEN_SECONDS = 43_200
ROTATION_GRACE_SECONDS = 60
PUBLIC_REFRESH_SECONDS = 30 * 86_400
LIVE_TOKENS = 2


def access(call: SlackCall) -> Json:
    """`oauth.v2.access`: a code or a refresh token for tokens."""
    check_client(call)
    if call.text("grant_type") == "refresh_token" or (call.text("refresh_token") and not call.text("code")):
        return _rotated(call)
    if call.text("grant_type") not in {"", "authorization_code"}:
        raise SlackError("invalid_grant_type")
    agreed = redeemed(call)
    if agreed.get("sign_in"):
        raise SlackError("invalid_code")
    person = str(agreed.get("person") or next(iter(call.world["users"])))
    return _installed(call, agreed, person)


def redeemed(call: SlackCall) -> Json:
    """What the code of a call stands for. Raises `SlackError`."""
    app = call.world["app"]
    try:
        agreed = call.simulator.grants.redeem(
            call.text("code"),
            client_id=call.simulator.app_id,
            redirect_uri=call.text("redirect_uri") or None,
            verifier=call.text("code_verifier") or None,
        )
    except GrantRefused as refused:
        # outline/outline#1239, read 2026-11-29.
        codes = {"bad_redirect_uri": "bad_redirect_uri", "used_code": "code_already_used"}
        raise SlackError(codes.get(refused.error, "invalid_code")) from None
    if agreed.get("asked_redirect") and not call.text("redirect_uri"):
        raise SlackError("bad_redirect_uri")
    if app["pkce"] and not _secret(call) and agreed["challenge"] is None:
        raise SlackError("bad_client_secret")
    return agreed


def test(call: SlackCall) -> Json:
    """`auth.test`: whose token it is."""
    organisation = call.world["organisation"]
    everywhere = call.grant["account"] == organisation["id"]
    home = call.world["workspaces"][call.teams[0]]
    place = organisation if everywhere else home
    dies = call.grant["expires_at"]
    who = {"user": "fluxstudio", "user_id": bot_user(home), "bot_id": bot_id(home)}
    if call.person:
        who = {"user": call.world["users"][call.person]["name"], "user_id": call.person}
    return {
        "url": f"https://{place['domain']}.{call.simulator.hosts['web']}/",
        "team": place["name"],
        "team_id": place["id"],
        **who,
        "enterprise_id": organisation["id"],
        "is_enterprise_install": everywhere,
        **({"expires_in": int(dies - call.simulator.clock.now())} if dies is not None else {}),
    }


def revoke(call: SlackCall) -> Json:
    """`auth.revoke`: a person's token or one that rotates, else the whole authorization."""
    if call.flag("test"):
        return {"revoked": False}
    is_one_of_many = call.world["app"]["rotation"] or call.person is not None
    if is_one_of_many:
        call.grant["revoked"] = True
    else:
        _revoke_all(call)
    webhook_sender.revoked(
        call.simulator, str(call.grant["account"]), uninstalled=not is_one_of_many, person=call.person
    )
    return {"revoked": True}


def uninstall(call: SlackCall) -> Json:
    """`apps.uninstall`: every token of the installation."""
    check_client(call)
    _revoke_all(call)
    webhook_sender.revoked(call.simulator, str(call.grant["account"]), uninstalled=True)
    return {}


def teams(call: SlackCall) -> Json:
    """`auth.teams.list`: the workspaces that an organisation-wide token reaches."""
    workspaces = [call.world["workspaces"][team] for team in call.teams]
    web = call.simulator.url("web")

    def icon(team: str) -> Json:
        picture = {"image_default": False, "image_132": f"{web}/avatars/{team}.svg"}
        return {"icon": picture} if call.flag("include_icon") else {}

    return {
        "teams": [{"id": team["id"], "name": team["name"], **icon(team["id"])} for team in workspaces],
        "response_metadata": {"next_cursor": ""},
    }


def check_client(call: SlackCall) -> None:
    """Refuse whoever is not the app. A public client, one with PKCE, sends no secret."""
    client = call.basic[0] if call.basic else call.text("client_id")
    if client != call.simulator.app_id:
        raise SlackError("invalid_client_id")
    secret = _secret(call)
    if not secret and call.world["app"]["pkce"]:
        return
    if secret != call.simulator.app_secret:
        raise SlackError("bad_client_secret")


def _secret(call: SlackCall) -> str:
    return call.basic[1] if call.basic else call.text("client_secret")


def _family(call: SlackCall, account: str) -> str:
    return f"{call.simulator.app_id}:{account}"


def _tokens_of(call: SlackCall, family: str, kind: str, user: str | None = None) -> dict[str, Json]:
    """Live tokens of an installation's bot, or of a person in it, oldest first."""
    tokens = {
        value: token
        for value, token in call.simulator.grants.tokens.items()
        if token["family"] == family
        and token.get("user") == user
        and not token.get("revoked")
        and call.simulator.grants.live(value, kind)
    }
    return dict(sorted(tokens.items(), key=lambda entry: int(entry[1]["serial"])))


def _installed(call: SlackCall, agreed: Json, person: str) -> Json:
    """A new installation, or another consent to an old one: its scopes add up.

    A bot has a token where bot scopes were asked for, and a person where scopes of users were.
    """
    account = str(agreed["account"])
    asked = ((None, agreed["scopes"]), (person, agreed.get("user_scopes") or []))
    granted = {user: _with_earlier(call, account, list(scopes), user) for user, scopes in asked if scopes}
    authed_user: Json = {"id": person}
    if person in granted:
        authed_user |= _tokens(call, account, granted[person], person)
        authed_user |= {"scope": ",".join(granted[person]), "token_type": "user"}
    return {**_place(call, account), **_bot(call, account, granted.get(None)), "authed_user": authed_user}


def _with_earlier(call: SlackCall, account: str, scopes: list[str], user: str | None) -> list[str]:
    family = _family(call, account)
    for token in _tokens_of(call, family, "access", user).values():
        scopes = list(dict.fromkeys([*token["scopes"], *scopes]))
    for token in call.simulator.grants.tokens.values():
        if token["family"] == family and token.get("user") == user:
            token["scopes"] = scopes
    return scopes


def _rotated(call: SlackCall) -> Json:
    """New tokens for a refresh token, which is taken for a short while longer."""
    value = call.text("refresh_token")
    token = call.simulator.grants.live(value, "refresh")
    if token is None or token.get("revoked"):
        raise SlackError("invalid_refresh_token")
    call.simulator.grants.shorten(value, ROTATION_GRACE_SECONDS)
    account, scopes, user = str(token["account"]), list(token["scopes"]), token.get("user")
    if user is None:
        person = {"id": next(iter(call.world["users"]))}
        return {**_place(call, account), **_bot(call, account, scopes), "authed_user": person}
    tokens = {**_tokens(call, account, scopes, user), "token_type": "user", "scope": ",".join(scopes)}
    return {**_place(call, account), **tokens, "authed_user": {"id": user}}


def _bot(call: SlackCall, account: str, scopes: list[str] | None) -> Json:
    if scopes is None:
        return {}
    home = call.world["workspaces"].get(account) or next(iter(call.world["workspaces"].values()))
    about = {"token_type": "bot", "scope": ",".join(scopes), "bot_user_id": bot_user(home)}
    return {**_tokens(call, account, scopes, None), **about}


def _place(call: SlackCall, account: str) -> Json:
    organisation, workspaces = call.world["organisation"], call.world["workspaces"]
    everywhere = account == organisation["id"]
    home = None if everywhere else workspaces[account]
    return {
        "app_id": call.world["app"]["id"],
        "team": None if home is None else {"id": home["id"], "name": home["name"]},
        "enterprise": {"id": organisation["id"], "name": organisation["name"]},
        "is_enterprise_install": everywhere,
    }


def _tokens(call: SlackCall, account: str, scopes: list[str], user: str | None) -> Json:
    family, app = _family(call, account), call.world["app"]
    call.world["serial"] += 1
    common: dict[str, Any] = {
        "family": family,
        "account": account,
        "client_id": call.simulator.app_id,
        "scopes": scopes,
        "serial": call.world["serial"],
        **({"user": user} if user else {}),
    }
    grants, kind = call.simulator.grants, "xoxp-" if user else "xoxb-"
    if not app["rotation"]:
        live = _tokens_of(call, family, "access", user)
        token = next(iter(live), None) or grants.issue("access", prefix=kind, lives=None, **common)
        return {"access_token": token}
    token = grants.issue("access", prefix=f"xoxe.{kind}1-", lives=TOKEN_SECONDS, **common)
    for old in list(_tokens_of(call, family, "access", user))[:-LIVE_TOKENS]:
        grants.tokens[old]["revoked"] = True
    lives = PUBLIC_REFRESH_SECONDS if app["pkce"] else None
    refresh = grants.issue("refresh", prefix="xoxe-1-", lives=lives, **common)
    return {"access_token": token, "expires_in": TOKEN_SECONDS, "refresh_token": refresh}


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
