"""Files on their way to Slack: an address to send them to, the bytes, and the word where they belong.

docs.slack.dev/reference/methods, files.getUploadURLExternal and files.completeUploadExternal; checked
2026-11-22.
"""

from __future__ import annotations

from fluxstudio.errors import ProviderUnavailable
from fluxstudio.kit.http import origin
from fluxstudio.providers.slack.failure import expected
from fluxstudio.providers.slack.shapes import File
from fluxstudio.sdk import Api, Upload


async def sent(api: Api, file: Upload) -> str:
    """Send a file; the id it has at Slack."""
    ticket = await api.post(
        "/api/files.getUploadURLExternal",
        form={"filename": file.filename, "length": file.size},
        limit="files.getUploadURLExternal",
    )
    address, ref = expected(ticket, "upload_url", str), expected(ticket, "file_id", str)
    if origin(address) not in {origin(host) for host in api.hosts.values()}:
        raise ProviderUnavailable(
            "Slack named an upload address that is none of its hosts, so nothing was sent. Try again later."
        )
    await api.request(
        "POST",
        "",
        url=address,
        upload=file,
        limit="files.upload",
    )
    return ref


async def completed(api: Api, channel: str, ref: str, title: str, **more: str | None) -> list[File]:
    """Share a file that was sent; `more` are `initial_comment` and `thread_ts`."""
    answer = await api.post(
        "/api/files.completeUploadExternal",
        json={
            "files": [{"id": ref, "title": title}],
            "channel_id": channel,
            **{name: value for name, value in more.items() if value is not None},
        },
        limit="files.completeUploadExternal",
    )
    shared: list[File] = expected(answer, "files", list)
    return shared
