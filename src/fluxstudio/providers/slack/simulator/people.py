"""People of the simulated workspaces, for whoever may read them."""

from __future__ import annotations

from fluxstudio.providers.slack.simulator.api import TIER_4, Json, Method, SlackCall, SlackError


def info(call: SlackCall) -> Json:
    """`users.info`: one person (docs.slack.dev/reference/methods/users.info, read 2026-11-29)."""
    user = call.world["users"].get(call.text("user"))
    if user is None:
        raise SlackError("user_not_found")
    profile = {"real_name": user["real_name"], "display_name": user["real_name"], "title": user["title"]}
    return {
        "user": {
            "id": user["id"],
            "team_id": call.teams[0],
            "name": user["name"],
            "real_name": user["real_name"],
            "deleted": False,
            "profile": profile,
            "is_bot": False,
        }
    }


METHODS = {"users.info": Method(info, TIER_4, scope="users:read")}
