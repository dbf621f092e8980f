"""Files shared in channels: whole, with title and comment, and sent to Slack alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxstudio.errors import InvalidRequest, ProviderUnavailable
from fluxstudio.sdk import Upload
from tests.providers.slack.conftest import (
    DESIGN,
    RANDOM,
    UNINVITED,
    Sandbox,
    run,
)


async def test_a_file_is_shared_in_a_channel_the_app_has_just_joined(sandbox: Sandbox) -> None:
    upload = Upload("tide.svg", "image/svg+xml", b"<svg/>")
    shared = await run(await sandbox.api(), "files", channel=RANDOM, file=upload)
    assert shared["channel"] == RANDOM


async def test_a_file_arrives_with_its_bytes_title_and_comment(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    picture = Upload("tide.gif", "image/gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
    shared = await run(api, "files", channel="#design", file=picture, title="Tide", comment="Look")
    assert (shared["ok"], shared["channel"]) == (True, DESIGN)
    assert shared["files"][0]["title"] == "Tide"
    message = sandbox.simulator.world.data["messages"][DESIGN][-1]
    assert (message["text"], message["files"][0]["name"]) == ("Look", "tide.gif")
    served = await sandbox.browser.get(shared["files"][0]["url_private"])
    assert served.content == picture.content


async def test_a_file_on_disk_arrives_in_pieces_and_whole(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "tide.gif"
    path.write_bytes(b"GIF89a" + bytes(range(256)) * 4096)
    with path.open("rb") as opened:
        opened.seek(100)
        file = Upload("tide.gif", "image/gif", opened)
        shared = await run(await sandbox.api(), "files", channel=DESIGN, file=file)
    uploaded = sandbox.simulator.world.data["files"][shared["files"][0]["id"]]
    assert uploaded["size"] == path.stat().st_size


async def test_a_file_can_answer_a_message(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    first = await run(api, "message", channel=DESIGN, text="Which one?")
    file = Upload("notes.txt", "text/plain", b"This one.")
    await run(api, "files", channel=DESIGN, file=file, thread_ts=first["ts"])
    assert sandbox.simulator.world.data["messages"][DESIGN][-1]["thread_ts"] == first["ts"]


async def test_an_empty_file_is_refused_before_slack_is_asked(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(InvalidRequest, match="empty"):
        await run(api, "files", channel=DESIGN, file=Upload("a.txt", "text/plain", b""))
    assert sandbox.seen("files.getUploadURLExternal") == 0


async def test_a_file_for_a_channel_without_the_app_says_so_by_name(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidRequest, match=r"not in #random"):
        await run(
            await sandbox.api(scopes=UNINVITED),
            "files",
            channel="#random",
            file=Upload("a", "text/plain", b"x"),
        )


async def test_bytes_are_sent_to_no_host_but_slacks(sandbox: Sandbox) -> None:  # R37
    api = await sandbox.api()
    elsewhere = {"ok": True, "upload_url": "https://files.example/upload", "file_id": "F1"}
    await sandbox.control("faults", match="getUploadURLExternal", status=200, body=elsewhere)
    with pytest.raises(ProviderUnavailable, match="none of its hosts"):
        await run(api, "files", channel=DESIGN, file=Upload("a.txt", "text/plain", b"secret plans"))
