"""Files on their way to a provider."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import BinaryIO

from anyio import to_thread

# Bytes of a file that are in memory at a time while it is sent.
UPLOAD_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file handed to an operation: its name, media type, and its bytes or the open file that holds them.

    An open file is on disk where it is large, and is never read as a whole.
    """

    filename: str
    content_type: str
    content: bytes | BinaryIO = field(repr=False)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        if isinstance(self.content, bytes):
            return len(self.content)
        return self.content.seek(0, os.SEEK_END)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes from the beginning, `UPLOAD_CHUNK_BYTES` at most at a time."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        await to_thread.run_sync(self.content.seek, 0)
        while chunk := await to_thread.run_sync(self.content.read, UPLOAD_CHUNK_BYTES):
            yield chunk

    async def read(self) -> bytes:
        """All of its bytes, for files that are known to be small."""
        return b"".join([chunk async for chunk in self.chunks()])
