"""Modals and Home tabs of the simulated Slack.

Nobody presses anything here: `/_control/trigger` gives the `trigger_id` that a press would, valid for three
seconds and for one view (docs.slack.dev/surfaces/modals, read 2026-11-30).
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgspec

from fluxstudio.providers.slack.simulator.api import TIER_4, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.blockkit import VIEW_BLOCKS, complaints, with_ids
from fluxstudio.providers.slack.simulator.channels import new_id
from fluxstudio.providers.slack.simulator.seed import bot_id
from fluxstudio.sdk.simulation import Simulator
from fluxstudio.sdk.simulation.bodies import read_json

TRIGGER_SECONDS = 3
MAX_VIEW_BYTES = 250_000
MAX_MODAL_TITLE_CHARACTERS = 24
MAX_STACKED = 3
MAX_FIELD_CHARACTERS = {"callback_id": 255, "private_metadata": 3000, "external_id": 255}


def new_trigger(simulator: Simulator, user: str) -> str:
    """A `trigger_id`, as a press of somebody's would bring it."""
    trigger = f"{simulator.clock.now():.0f}.{secrets.token_hex(12)}"
    simulator.world.data.setdefault("triggers", {})[trigger] = {"user": user, "at": simulator.clock.now()}
    return trigger


def opened(call: SlackCall) -> Json:
    """`views.open`: a modal for whoever pressed."""
    user = _pressed(call)
    return {"view": _opened(call, user, _view(call, "modal"), [])}


def pushed(call: SlackCall) -> Json:
    """`views.push`: another modal on top of those somebody has open."""
    user = _pressed(call)
    stack = [view["id"] for view in _views(call).values() if view["user"] == user and view["type"] == "modal"]
    if len(stack) >= MAX_STACKED:
        raise SlackError("push_limit_reached")
    return {"view": _opened(call, user, _view(call, "modal"), stack)}


def updated(call: SlackCall) -> Json:
    """`views.update`: other content for a view, by its id or by the app's own."""
    fields = _view(call, "modal", "home")
    wanted = {call.text("view_id"), call.text("external_id")} - {""}
    for view_id, view in _views(call).items():
        if wanted & {view_id, view["external_id"]}:
            if call.text("hash") not in {"", view["hash"]}:
                raise SlackError("hash_conflict")
            view |= {**fields, "hash": _hash(fields)}
            return {"view": _shown(call, view)}
    raise SlackError("not_found")


def published(call: SlackCall) -> Json:
    """`views.publish`: the app's Home tab of somebody."""
    user = call.text("user_id")
    if user not in call.world["users"]:
        raise SlackError("user_not_found")
    fields = _view(call, "home")
    earlier = next(
        (one for one in _views(call).values() if (one["user"], one["type"]) == (user, "home")), None
    )
    if earlier is None:
        return {"view": _opened(call, user, fields, [])}
    if call.text("hash") not in {"", earlier["hash"]}:
        raise SlackError("hash_conflict")
    earlier |= {**fields, "hash": _hash(fields)}
    return {"view": _shown(call, earlier)}


def _pressed(call: SlackCall) -> str:
    triggers: dict[str, Json] = call.world.setdefault("triggers", {})
    trigger = triggers.get(call.text("trigger_id"))
    if trigger is None:
        raise SlackError("invalid_trigger_id" if call.text("trigger_id") else "invalid_arguments")
    if trigger.get("is_used"):
        raise SlackError("exchanged_trigger_id")
    if call.simulator.clock.now() - trigger["at"] > TRIGGER_SECONDS:
        raise SlackError("expired_trigger_id")
    trigger["is_used"] = True
    return str(trigger["user"])


def _view(call: SlackCall, *types: str) -> Json:
    """The view of a call, as far as it is one."""
    value: Any = call.args.get("view")
    if isinstance(value, str):
        try:
            value = read_json(value.encode("utf-8", "replace"))
        except ValueError:
            raise SlackError("invalid_arguments") from None
    if not isinstance(value, dict):
        raise SlackError("invalid_arguments")
    wrong = list(_problems(value, types))
    if wrong:
        messages = [f"[ERROR] {problem}" for problem in wrong]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    if len(msgspec.json.encode(value)) > MAX_VIEW_BYTES:
        raise SlackError("view_too_large")
    texts = {name: value.get(name) or "" for name in MAX_FIELD_CHARACTERS}
    parts = {name: value.get(name) for name in ("title", "submit", "close")}
    return {**texts, **parts, "type": value["type"], "blocks": with_ids(value["blocks"])}


def _problems(view: Json, types: tuple[str, ...]) -> list[str]:
    problems = []
    if view.get("type") not in types:
        problems.append(f"must be one of {', '.join(types)} [json-pointer:/view/type]")
    title = view.get("title")
    words = title.get("text") if isinstance(title, dict) else None
    if view.get("type") == "modal" and (
        not isinstance(words, str) or not 0 < len(words) <= MAX_MODAL_TITLE_CHARACTERS
    ):
        problems.append(f"must be 1 to {MAX_MODAL_TITLE_CHARACTERS} characters [json-pointer:/view/title]")
    for name, longest in MAX_FIELD_CHARACTERS.items():
        text = view.get(name)
        if text is not None and (not isinstance(text, str) or len(text) > longest):
            problems.append(f"must be less than {longest + 1} characters [json-pointer:/view/{name}]")
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        return [*problems, "missing required field: blocks [json-pointer:/view]"]
    return [
        *problems,
        *(
            problem.replace("[json-pointer:", "[json-pointer:/view")
            for problem in complaints(blocks, VIEW_BLOCKS)
        ),
    ]


def _opened(call: SlackCall, user: str, fields: Json, stack: list[str]) -> Json:
    taken = {view["external_id"] for view in _views(call).values()} - {""}
    if fields["external_id"] in taken:
        raise SlackError("duplicate_external_id")
    view_id = new_id(call, "V0")
    root = stack[0] if stack else view_id
    view = {**fields, "id": view_id, "user": user, "hash": _hash(fields)}
    view |= {"root_view_id": root, "previous_view_id": stack[-1] if stack else None}
    _views(call)[view_id] = view
    return _shown(call, view)


def _shown(call: SlackCall, view: Json) -> Json:
    workspace = call.world["workspaces"][call.teams[0]]
    return {
        **{name: value for name, value in view.items() if name != "user"},
        "team_id": workspace["id"],
        "state": {"values": {}},
        "clear_on_close": False,
        "notify_on_close": False,
        "app_id": call.world["app"]["id"],
        "bot_id": bot_id(workspace),
    }


def _hash(fields: Json) -> str:
    digest = hashlib.sha256(msgspec.json.encode(fields)).hexdigest()
    return f"{int(digest[:8], 16)}.{digest[8:16]}"


def _views(call: SlackCall) -> dict[str, Json]:
    views: dict[str, Json] = call.world.setdefault("views", {})
    return views


METHODS = {
    "views.open": Method(opened, TIER_4),
    "views.push": Method(pushed, TIER_4),
    "views.update": Method(updated, TIER_4),
    "views.publish": Method(published, TIER_4),
}
