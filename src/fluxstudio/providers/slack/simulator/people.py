"""People, bots and workspaces of the simulated Slack, for whoever may read them."""

from __future__ import annotations

from fluxstudio.providers.slack.simulator.api import (
    TIER_2,
    TIER_3,
    TIER_4,
    Json,
    Method,
    SlackCall,
    SlackError,
)
from fluxstudio.providers.slack.simulator.channels import is_member
from fluxstudio.providers.slack.simulator.conversations import team_of
from fluxstudio.providers.slack.simulator.paging import page_of
from fluxstudio.providers.slack.simulator.seed import bot_id, bot_user

EMAIL_DOMAIN = "harbourandpine.example"


def info(call: SlackCall) -> Json:
    """`users.info`: one person (docs.slack.dev/reference/methods/users.info, read 2026-11-29)."""
    return {"user": user_object(call, _user(call, call.text("user")))}


def listed(call: SlackCall) -> Json:
    """`users.list`: everybody, the app's bot last."""
    team = team_of(call)
    entries = [user_object(call, user) for user in call.world["users"].values()]
    entries.append(_bot_object(call, team))
    page, cursor = page_of(call, entries, default=1000, most=1000)
    now = int(call.simulator.clock.now())
    return {"members": page, "cache_ts": now, "response_metadata": {"next_cursor": cursor}}


def by_email(call: SlackCall) -> Json:
    """`users.lookupByEmail`: whose address that is."""
    for user in call.world["users"].values():
        if email_of(user) == call.text("email").lower():
            return {"user": user_object(call, user)}
    raise SlackError("users_not_found")


def profile(call: SlackCall) -> Json:
    """`users.profile.get`: what somebody says of themselves; of the token's person where nobody is named."""
    user = _user(call, call.text("user") or call.member(call.teams[0]))
    return {"profile": {name: value for name, value in _profile(call, user).items() if name != "team"}}


def presence(call: SlackCall) -> Json:
    """`users.getPresence`: everybody is at work."""
    _user(call, call.text("user") or call.member(call.teams[0]))
    return {"presence": "active"}


def team(call: SlackCall) -> Json:
    """`team.info`: the token's workspace, or one of its organisation."""
    wanted = call.text("team")
    if wanted and wanted not in call.teams:
        raise SlackError("team_not_found")
    workspace = call.world["workspaces"][wanted or call.teams[0]]
    organisation = call.world["organisation"]
    web = call.simulator.url("web")
    return {
        "team": {
            "id": workspace["id"],
            "name": workspace["name"],
            "url": f"https://{workspace['domain']}.{call.simulator.hosts['web']}/",
            "domain": workspace["domain"],
            "email_domain": EMAIL_DOMAIN,
            "icon": {"image_default": False, "image_132": f"{web}/avatars/{workspace['id']}.svg"},
            "enterprise_id": organisation["id"],
            "enterprise_name": organisation["name"],
            "enterprise_domain": organisation["domain"],
        }
    }


def bot(call: SlackCall) -> Json:
    """`bots.info`: the app's bot."""
    workspace = call.world["workspaces"][team_of(call)]
    if call.text("bot") not in {"", bot_id(workspace)}:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": bot_id(workspace),
            "deleted": False,
            "name": "FluxStudio",
            "updated": 1_700_000_000,
            "app_id": call.world["app"]["id"],
            "user_id": bot_user(workspace),
            "icons": {"image_48": _picture(call, bot_user(workspace))},
        }
    }


def emoji(call: SlackCall) -> Json:
    """`emoji.list`: none of their own."""
    return {"emoji": {}, "cache_ts": f"{call.simulator.clock.now():.6f}"}


def user_object(call: SlackCall, user: Json) -> Json:
    """Somebody as `users.info` shows them."""
    return {
        "id": user["id"],
        "team_id": call.teams[0],
        "name": user["name"],
        "deleted": False,
        "color": str(user["colour"]).lstrip("#"),
        "real_name": user["real_name"],
        "tz": "Europe/Lisbon",
        "tz_label": "Western European Time",
        "tz_offset": 0,
        "profile": _profile(call, user),
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }


def email_of(user: Json) -> str:
    """Somebody's address."""
    return f"{user['name']}@{EMAIL_DOMAIN}"


def _profile(call: SlackCall, user: Json) -> Json:
    sees_email = "users:read.email" in call.grant["scopes"]
    first, _, last = str(user["real_name"]).partition(" ")
    return {
        "title": user["title"],
        "real_name": user["real_name"],
        "real_name_normalized": user["real_name"],
        "display_name": user["real_name"],
        "display_name_normalized": user["real_name"],
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        "image_48": _picture(call, user["id"]),
        "team": call.teams[0],
        **({"email": email_of(user)} if sees_email else {}),
    }


def _bot_object(call: SlackCall, workspace_id: str) -> Json:
    workspace = call.world["workspaces"][workspace_id]
    in_channels = any(is_member(call.world, channel) for channel in call.world["channels"].values())
    return {
        "id": bot_user(workspace),
        "team_id": workspace_id,
        "name": "fluxstudio",
        "deleted": not in_channels,
        "real_name": "FluxStudio",
        "profile": {"real_name": "FluxStudio", "bot_id": bot_id(workspace), "team": workspace_id},
        "is_bot": True,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }


def _user(call: SlackCall, user_id: str) -> Json:
    user: Json | None = call.world["users"].get(user_id)
    if user is None:
        raise SlackError("user_not_found")
    return user


def _picture(call: SlackCall, key: str) -> str:
    return f"{call.simulator.url('web')}/avatars/{key}.svg"


METHODS = {
    "users.info": Method(info, TIER_4, scope="users:read"),
    "users.list": Method(listed, TIER_2, scope="users:read"),
    "users.lookupByEmail": Method(by_email, TIER_3, scope="users:read.email"),
    "users.profile.get": Method(profile, TIER_4, scope="users.profile:read"),
    "users.getPresence": Method(presence, TIER_3, scope="users:read"),
    "team.info": Method(team, TIER_3, scope="team:read"),
    "bots.info": Method(bot, TIER_3, scope="users:read"),
    "emoji.list": Method(emoji, TIER_2, scope="emoji:read"),
}
