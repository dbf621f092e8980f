"""The simulated Slack as a person sees it: workspaces, channels, messages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from fluxstudio.providers.slack.simulator import mrkdwn, pictures, webhook_sender
from fluxstudio.providers.slack.simulator.channels import is_member, is_shown
from fluxstudio.providers.slack.simulator.posting import keep, next_moment
from fluxstudio.providers.slack.simulator.seed import bot_user
from fluxstudio.providers.slack.simulator.texts import typed
from fluxstudio.sdk.simulation import Simulator, message_page, pages

Json = dict[str, Any]
LATEST = 12
SHOWN = 200

HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


async def home(simulator: Simulator, request: Request) -> Response:
    """Every workspace with its channels, and the latest messages of all."""
    world = simulator.world.data
    latest = sorted(
        (
            (message, channel)
            for channel, messages in world["messages"].items()
            for message in messages
            if channel in world["channels"]
        ),
        key=lambda entry: float(entry[0]["ts"]),
        reverse=True,
    )[:LATEST]
    message_views = [
        {**_message_view(simulator, message), "channel": world["channels"][channel]}
        for message, channel in latest
    ]
    return _page(simulator, "home.html", latest=message_views, current=None)


async def room(simulator: Simulator, request: Request) -> Response:
    """A channel with its messages, oldest first, replies below what they reply to."""
    channel = simulator.world.data["channels"].get(request.path_params["channel"])
    if channel is None:
        return message_page("Slack", "No such channel", "Choose one from the list.", status=404)
    messages = simulator.world.data["messages"].get(channel["id"], [])[-SHOWN:]
    message_views = [
        {
            **_message_view(simulator, message),
            "replies": [
                _message_view(simulator, reply)
                for reply in messages
                if reply.get("thread_ts") == message["ts"] and reply is not message
            ],
        }
        for message in messages
        if is_shown(message)
    ]
    return _page(
        simulator,
        "channel.html",
        channel=channel,
        messages=message_views,
        invited=is_member(simulator.world.data, channel),
        people=_people(simulator, channel),
        current=channel["id"],
    )


async def permalink(simulator: Simulator, request: Request) -> Response:
    """The address of one message leads to its place in the channel."""
    channel, place = request.path_params["channel"], request.path_params["place"]
    return RedirectResponse(f"{simulator.url('web')}/archives/{channel}#{place}", 302)


async def invite(simulator: Simulator, request: Request) -> Response:
    """What `/invite @FluxStudio` does."""
    world = simulator.world.data
    channel = world["channels"].get(request.path_params["channel"])
    if channel is None:
        return message_page("Slack", "No such channel", "Choose one from the list.", status=404)
    if not is_member(world, channel):
        bot = bot_user(world["workspaces"][channel["team"]])
        channel["members"].append(bot)
        webhook_sender.moved(simulator, channel, bot, joined=True)
        simulator.world.save()
    return RedirectResponse(f"{simulator.url('web')}/archives/{channel['id']}", 303)


async def say(simulator: Simulator, request: Request) -> Response:
    """What a person writes in a channel."""
    channel = simulator.world.data["channels"].get(request.path_params["channel"])
    form = await request.form()
    who, text = str(form.get("who", "")), str(form.get("text", "")).strip()
    if channel is None or channel["is_archived"] or who not in _people(simulator, channel) or not text:
        return message_page("Slack", "Not said", "Choose who says it, and write something.", status=400)
    message = {"type": "message", "user": who, "text": typed(text), "ts": next_moment(simulator, channel)}
    keep(simulator, channel, {**message, "team": channel["team"]})
    simulator.world.save()
    return RedirectResponse(f"{simulator.url('web')}/archives/{channel['id']}", 303)


def _people(simulator: Simulator, channel: Json) -> dict[str, str]:
    """Who is in a channel, by id."""
    users = simulator.world.data["users"]
    return {who: users[who]["real_name"] for who in channel["members"] if who in users}


async def avatar(simulator: Simulator, request: Request) -> Response:
    """The picture of a user, a bot or a workspace."""
    world, key = simulator.world.data, request.path_params["key"]
    if key in world["users"]:
        drawing = pictures.portrait(key, world["users"][key]["colour"])
    elif key in world["workspaces"]:
        drawing = pictures.workspace_mark(key)
    elif key in {bot_user(team) for team in world["workspaces"].values()}:
        drawing = pictures.app_face()
    else:
        return PlainTextResponse("No such picture.", 404)
    return Response(drawing, media_type="image/svg+xml", headers={"cache-control": "max-age=3600"})


def _page(simulator: Simulator, template: str, **fields: Any) -> Response:
    world = simulator.world.data
    html = (
        pages(__package__)
        .get_template(template)
        .render(
            provider="Slack",
            web=simulator.url("web"),
            workspaces=[
                {
                    **team,
                    "channels": [
                        entry for entry in world["channels"].values() if entry["team"] == team["id"]
                    ],
                }
                for team in world["workspaces"].values()
            ],
            **fields,
        )
    )
    return HTMLResponse(html, headers=HEADERS)


def _message_view(simulator: Simulator, message: Json) -> Json:
    """A message ready for the page."""
    world = simulator.world.data
    user = world["users"].get(
        message["user"], {"id": message["user"], "real_name": "FluxStudio", "title": ""}
    )
    names = {who["id"]: who["real_name"] for who in world["users"].values()} | {
        channel["id"]: channel["name"] for channel in world["channels"].values()
    }
    at = datetime.fromtimestamp(float(message["ts"]), UTC)
    return {
        "anchor": "p" + message["ts"].replace(".", ""),
        "ts": message["ts"],
        "user": user,
        "app": message["user"] not in world["users"],
        "iso": at.isoformat(timespec="seconds"),
        "time": f"{at.day} {at:%b, %H:%M}",
        "text": mrkdwn.html(message["text"], names),
        "blocks": [_block(block, names) for block in message.get("blocks", [])],
        "files": [
            {**file, "is_picture": file["mimetype"].startswith("image/") and "svg" not in file["mimetype"]}
            for file in message.get("files", [])
        ],
        "reactions": message.get("reactions", []),
        "replies": [],
    }


def _block(block: Json, names: dict[str, str]) -> Json:
    """A block with its texts turned into HTML."""

    def words(text: Json | None) -> Markup | str:
        if not text:
            return ""
        return mrkdwn.html(text["text"], names) if text["type"] == "mrkdwn" else str(text["text"])

    parts = block.get("elements") if isinstance(block.get("elements"), list) else []
    elements = [entry for entry in parts or () if isinstance(entry, dict)]
    accessory = block.get("accessory") or {}
    return {
        "type": block["type"],
        "text": words(block.get("text") if isinstance(block.get("text"), dict) else None),
        "fields": [words(text) for text in block.get("fields", [])],
        "small": [words(entry) for entry in elements if entry.get("type") in {"mrkdwn", "plain_text"}],
        "buttons": [
            {"label": entry["text"]["text"], "url": entry.get("url", "")}
            for entry in [*elements, accessory]
            if entry.get("type") == "button" and block["type"] in {"actions", "section"}
        ],
    }
