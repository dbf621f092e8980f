"""Files in the simulated Slack: an address to send the bytes to, then the word where to share them."""

from __future__ import annotations

import base64
import mimetypes
import secrets

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fluxstudio.providers.slack.simulator.api import TIER_3, TIER_4, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.channels import visible_channel
from fluxstudio.providers.slack.simulator.posting import join_thread, keep, new_message, writable_channel
from fluxstudio.sdk.simulation import Simulator

KEPT_BYTES = 1_000_000
# What a file is kept with that its object does not show.
HIDDEN = frozenset({"content", "account"})
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


async def take(simulator: Simulator, request: Request) -> Response:
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
        message = {**new_message(call, channel), "text": call.text("initial_comment"), "files": files}
        if call.text("thread_ts"):
            join_thread(call, channel, message, call.text("thread_ts"), broadcast=False)
        keep(call.simulator, channel, message)
    for upload, file in zip(uploads, files, strict=True):
        call.world["files"][file["id"]] = {
            **file,
            "content": upload["content"],
            "account": upload["account"],
        }
    sent = {upload["id"] for upload in uploads}
    call.world["uploads"] = {
        key: upload for key, upload in call.world["uploads"].items() if upload["id"] not in sent
    }
    return {"files": files}


async def show(simulator: Simulator, request: Request) -> Response:
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


def info(call: SlackCall) -> Json:
    """`files.info`: one file that was shared."""
    return {
        "file": _shared(call, call.text("file")),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


def listed(call: SlackCall) -> Json:
    """`files.list`: what was shared, page by number."""
    size, page = call.number("count", 100, 1000), call.number("page", 1, 1 << 30)
    files = [
        {name: value for name, value in file.items() if name not in HIDDEN}
        for file in call.world["files"].values()
        if file.get("account", call.grant["account"]) == call.grant["account"]
        and call.text("user") in {"", file["user"]}
    ]
    paging = {"count": size, "total": len(files), "page": page, "pages": max(1, -(-len(files) // size))}
    return {"files": files[(page - 1) * size : page * size], "paging": paging}


def delete(call: SlackCall) -> Json:
    """`files.delete`: a file of one's own, with its places in messages."""
    file = _shared(call, call.text("file"))
    if file["user"] != call.member(call.teams[0]):
        raise SlackError("cant_delete_file")
    del call.world["files"][file["id"]]
    for messages in call.world["messages"].values():
        for message in messages:
            if "files" in message:
                message["files"] = [entry for entry in message["files"] if entry["id"] != file["id"]]
    return {}


def _shared(call: SlackCall, file_id: str) -> Json:
    file = call.world["files"].get(file_id)
    if file is None or file.get("account", call.grant["account"]) != call.grant["account"]:
        raise SlackError("file_not_found")
    return {name: value for name, value in file.items() if name not in HIDDEN}


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
        "user": call.member(call.teams[0]),
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
    "files.info": Method(info, TIER_4, scope="files:read"),
    "files.list": Method(listed, TIER_3, scope="files:read"),
    "files.delete": Method(delete, TIER_3, scope="files:write"),
}
