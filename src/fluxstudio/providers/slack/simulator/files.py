"""Files in the simulated Slack: an address to send the bytes to, then the word where to share them."""

from __future__ import annotations

import base64
import mimetypes
import secrets
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fluxstudio.providers.slack.simulator.api import TIER_4, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.conversations import visible_channel
from fluxstudio.providers.slack.simulator.posting import append, join_thread, new_message, writable_channel
from fluxstudio.providers.slack.simulator.seed import bot_user

if TYPE_CHECKING:
    from fluxstudio.providers.slack.simulator import SlackSimulator

KEPT_BYTES = 1_000_000
MAX_FILE_BYTES = 64 * 1024 * 1024
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def ticket(call: SlackCall) -> Json:
    """`files.getUploadURLExternal`: where to send a file of that name and length."""
    name = call.text("filename")
    if not name or not call.text("length"):
        raise SlackError("missing_argument")
    length = call.number("length", 0, MAX_FILE_BYTES, "file_upload_size_restricted")
    call.world["serial"] += 1
    file_id = f"F0FILE{call.world['serial']:05d}"
    key = secrets.token_urlsafe(18)
    call.world["uploads"][key] = {
        "id": file_id,
        "name": name,
        "length": length,
        "account": call.grant["account"],
        "content": None,
    }
    return {"upload_url": f"{call.simulator.url('files')}/upload/v1/{key}", "file_id": file_id}


async def take(simulator: SlackSimulator, request: Request) -> Response:
    """The bytes themselves, as they are or as a form's file."""
    upload = simulator.world.data["uploads"].get(request.path_params["key"])
    if upload is None:
        return PlainTextResponse("invalid upload ticket", 404)
    content = await _content(request)
    if len(content) != upload["length"]:
        return PlainTextResponse("length does not match", 400)
    upload["content"] = base64.b64encode(content).decode() if len(content) <= KEPT_BYTES else ""
    simulator.world.save()
    return PlainTextResponse(f"OK - {len(content)}")


def complete(call: SlackCall) -> Json:
    """`files.completeUploadExternal`: share what was sent."""
    file_entries = call.listed("files", "invalid_arguments")
    if not file_entries:
        raise SlackError("invalid_arguments")
    target = call.text("channel_id") or call.text("channels").partition(",")[0]
    if target and target not in call.world["users"]:
        target = visible_channel(call, target)["id"]
    channel = writable_channel(call, target) if target else None
    uploads = [_sent(call, entry) for entry in file_entries]
    files = [_file(call, upload, entry) for upload, entry in zip(uploads, file_entries, strict=True)]
    if channel is not None:
        message = new_message(call, channel, call.text("initial_comment"))
        message["files"] = files
        if call.text("thread_ts"):
            join_thread(call, channel, message, call.text("thread_ts"), broadcast=False)
        append(call, channel, message)
    for upload, file in zip(uploads, files, strict=True):
        call.world["files"][file["id"]] = {**file, "content": upload["content"]}
    sent = {upload["id"] for upload in uploads}
    call.world["uploads"] = {
        key: upload for key, upload in call.world["uploads"].items() if upload["id"] not in sent
    }
    return {"files": files}


async def show(simulator: SlackSimulator, request: Request) -> Response:
    """A shared file; pictures may be shown, everything else is saved."""
    file = simulator.world.data["files"].get(request.path_params["file"])
    if file is None or not file["content"]:
        return PlainTextResponse("No such file here.", 404)
    picture = file["mimetype"] in PICTURES
    return Response(
        base64.b64decode(file["content"]),
        media_type=file["mimetype"] if picture else "application/octet-stream",
        headers={
            "content-disposition": "inline" if picture else "attachment",
            "content-security-policy": "sandbox; default-src 'none'",
            "x-content-type-options": "nosniff",
        },
    )


def _sent(call: SlackCall, entry: object) -> Json:
    file_id = entry.get("id") if isinstance(entry, dict) else None
    for upload in call.world["uploads"].values():
        if upload["id"] == file_id and upload["account"] == call.grant["account"]:
            if upload["content"] is None:
                raise SlackError("file_not_found")
            return dict(upload)
    raise SlackError("file_not_found")


def _file(call: SlackCall, upload: Json, entry: Json) -> Json:
    name = str(upload["name"])
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    now, address = int(call.simulator.clock.now()), f"{call.simulator.url('files')}/files-pri/{upload['id']}"
    return {
        "id": upload["id"],
        "created": now,
        "timestamp": now,
        "name": name,
        "title": str(entry.get("title") or name),
        "mimetype": mimetype,
        "filetype": name.rpartition(".")[2].lower() or "text",
        "user": bot_user(call.world["workspaces"][call.teams[0]]),
        "editable": False,
        "size": upload["length"],
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "url_private": address,
        "permalink": address,
    }


async def _content(request: Request) -> bytes:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        for value in (await request.form()).values():
            if isinstance(value, UploadFile):
                return await value.read()
    return await request.body()


METHODS = {
    "files.getUploadURLExternal": Method(ticket, TIER_4, scope="files:write"),
    "files.completeUploadExternal": Method(complete, TIER_4, scope="files:write"),
}
