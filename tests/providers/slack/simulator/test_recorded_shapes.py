"""The simulator's answers hold what recorded answers of the real Slack hold.

Recorded in `json-logs/samples/api` of slackapi/java-slack-sdk, read 2026-11-22: for each method names and
types of the fields that our operations or their results rely on. The records mask every value and merge many
answers into one, so only names and types count.
"""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.providers.slack.shapes import Channel, Message
from fluxstudio.sdk import Upload
from tests.providers.slack.conftest import DESIGN, Sandbox, run

TEXT: dict[str, Any] = {"type": str, "text": str}
BLOCK: dict[str, Any] = {"type": str, "block_id": str, "text": TEXT}
FILE: dict[str, Any] = {
    "id": str,
    "created": int,
    "name": str,
    "title": str,
    "mimetype": str,
    "filetype": str,
    "user": str,
    "size": int,
    "url_private": str,
    "permalink": str,
}
CHANNEL: dict[str, Any] = {
    "id": str,
    "name": str,
    "is_channel": bool,
    "is_group": bool,
    "is_im": bool,
    "is_mpim": bool,
    "is_private": bool,
    "is_archived": bool,
    "is_general": bool,
    "is_member": bool,
    "is_shared": bool,
    "created": int,
    "creator": str,
    "name_normalized": str,
    "shared_team_ids": [str],
    "topic": {"value": str, "creator": str, "last_set": int},
    "purpose": {"value": str, "creator": str, "last_set": int},
    "previous_names": [str],
    "num_members": int,
}
RECORDED: dict[str, dict[str, Any]] = {
    "oauth.v2.access": {
        "ok": bool,
        "app_id": str,
        "authed_user": {"id": str},
        "scope": str,
        "token_type": str,
        "access_token": str,
        "bot_user_id": str,
        "team": {"id": str, "name": str},
        "enterprise": {"id": str, "name": str},
    },
    "auth.test": {
        "ok": bool,
        "url": str,
        "team": str,
        "user": str,
        "team_id": str,
        "user_id": str,
        "bot_id": str,
        "is_enterprise_install": bool,
        "enterprise_id": str,
    },
    "auth.teams.list": {
        "ok": bool,
        "teams": [{"id": str, "name": str}],
        "response_metadata": {"next_cursor": str},
    },
    "conversations.list": {"ok": bool, "channels": [CHANNEL], "response_metadata": {"next_cursor": str}},
    "conversations.history": {
        "ok": bool,
        "messages": [{"type": str, "text": str, "user": str, "ts": str}],
        "has_more": bool,
        "pin_count": int,
        "response_metadata": {"next_cursor": str},
    },
    "conversations.info": {
        "ok": bool,
        "channel": {name: kind for name, kind in CHANNEL.items() if name != "num_members"},
    },
    "conversations.replies": {
        "ok": bool,
        "messages": [{"type": str, "text": str, "user": str, "ts": str, "thread_ts": str}],
        "has_more": bool,
        "response_metadata": {"next_cursor": str},
    },
    "chat.postMessage": {
        "ok": bool,
        "channel": str,
        "ts": str,
        "message": {
            "type": str,
            "text": str,
            "ts": str,
            "user": str,
            "bot_id": str,
            "thread_ts": str,
            "blocks": [BLOCK],
        },
    },
    "files.getUploadURLExternal": {"ok": bool, "upload_url": str, "file_id": str},
    "files.completeUploadExternal": {"ok": bool, "files": [{"id": str, "title": str}]},
}
REFUSED = {"ok": bool, "error": str, "needed": str, "provided": str}


def missing(wanted: Any, arguments: Any, at: str = "") -> list[str]:
    """The places where an answer lacks a recorded field or has another type there."""
    if isinstance(wanted, dict):
        if not isinstance(arguments, dict):
            return [at]
        return [
            place
            for name, inner in wanted.items()
            for place in (
                missing(inner, arguments[name], f"{at}.{name}") if name in arguments else [f"{at}.{name}"]
            )
        ]
    if isinstance(wanted, list):
        if not isinstance(arguments, list):
            return [at]
        return [place for item in arguments for place in missing(wanted[0], item, f"{at}[]")]
    return [] if type(arguments) is wanted else [at]


def test_the_comparison_sees_what_is_missing_and_what_has_another_type() -> None:
    wanted = {"a": {"b": str}, "c": [{"d": int}], "e": bool}
    assert missing(wanted, {"a": {}, "c": [{"d": 1}, {"d": "1"}], "e": 1}) == [".a.b", ".c[].d", ".e"]


async def answers(sandbox: Sandbox) -> dict[str, Any]:
    """One answer of each method, as the simulator gives it."""
    token = await sandbox.connect()
    value = token.access_token
    parent = (await sandbox.call("chat.postMessage", value, channel=DESIGN, text="x"))["ts"]
    await sandbox.call("chat.postMessage", value, channel=DESIGN, text="y", thread_ts=parent)
    ticket = await sandbox.call("files.getUploadURLExternal", value, filename="a.txt", length=1)
    await sandbox.browser.post(ticket["upload_url"], content=b"x")
    return {
        "oauth.v2.access": token.raw,
        "auth.test": await sandbox.call("auth.test", value),
        "auth.teams.list": await sandbox.call("auth.teams.list", value),
        "conversations.list": await sandbox.call(
            "conversations.list", value, types="public_channel,private_channel"
        ),
        "conversations.history": await sandbox.call("conversations.history", value, channel=DESIGN, limit=2),
        "conversations.info": await sandbox.call("conversations.info", value, channel=DESIGN),
        "conversations.replies": await sandbox.call(
            "conversations.replies", value, channel=DESIGN, ts=parent, limit=1
        ),
        "chat.postMessage": await sandbox.call(
            "chat.postMessage",
            value,
            channel=DESIGN,
            thread_ts=parent,
            text="x",
            blocks='[{"type":"section","text":{"type":"mrkdwn","text":"x"}}]',
        ),
        "files.getUploadURLExternal": ticket,
        "files.completeUploadExternal": await sandbox.call(
            "files.completeUploadExternal",
            value,
            channel_id=DESIGN,
            files=f'[{{"id":"{ticket["file_id"]}","title":"A"}}]',
        ),
    }


async def test_every_answer_has_the_recorded_fields_with_their_types(sandbox: Sandbox) -> None:
    arguments = await answers(sandbox)
    assert {method: missing(RECORDED[method], answer) for method, answer in arguments.items()} == {
        method: [] for method in RECORDED
    }


async def test_a_refusal_has_the_recorded_fields_with_their_types(sandbox: Sandbox) -> None:
    token = await sandbox.connect(scopes=("team:read",))
    answer = await sandbox.call("conversations.list", token.access_token)
    assert missing(REFUSED, answer) == []


async def test_a_shared_file_has_the_recorded_fields_with_their_types(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    shared = await run(api, "files", channel=DESIGN, file=Upload("a.txt", "text/plain", b"x"))
    history = await run(api, "history", id=DESIGN, limit=1)
    assert missing([FILE], shared["files"]) == []
    assert missing([FILE], history["messages"][0]["files"]) == []


@pytest.mark.parametrize("name", ["id", "name", "is_private", "is_archived", "is_member", "num_members"])
def test_what_we_pass_on_of_a_channel_is_recorded(name: str) -> None:
    assert name in CHANNEL
    assert name in Channel.__annotations__


def test_what_we_promise_of_a_message_is_recorded() -> None:
    recorded = RECORDED["chat.postMessage"]["message"]
    assert set(recorded) <= set(Message.__annotations__)
