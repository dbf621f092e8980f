"""Bodies on their way in from senders who have proven nothing yet: bounded, and shared between them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from starlette.types import Message, Receive

from fluxstudio.errors import InvalidRequest, TooLarge, Unavailable

KILOBYTE, MEGABYTE = 1024, 1024 * 1024
# Closing while the other side still sends resets the connection, and the answer may be lost with it
# (RFC 9112, section 9.6). So what is left is thrown away first: at most so many bytes, for so long, and
# in silence.
MOST_DISCARDED = 16 * MEGABYTE
DISCARD_SECONDS, SILENT_SECONDS = 5.0, 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a body may take, in seconds, and from `grace` on how many bytes a second it has to average."""

    grace: float
    longest: float
    rate: float

    def deadline(self, size: int) -> float:
        """After how many seconds a body has to be complete or larger than it is now."""
        return min(self.longest, max(self.grace, size / self.rate))


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """How many bytes may be held at once.

    Bodies of up to `small` are held in memory, `memory` of them together. Larger ones go to disk: `disk`
    together, `of_source` from one source and `of_target` for one target. One at a time is brought back.
    """

    small: int = 64 * KILOBYTE
    memory: int = 8 * MEGABYTE
    disk: int = 256 * MEGABYTE
    of_source: int = 128 * MEGABYTE
    of_target: int = 160 * MEGABYTE


class SenderGone(Exception):
    """Whoever sent a body has hung up."""


@dataclass(eq=False, slots=True)
class _Upload:
    source: str
    target: str
    began: float
    size: int = 0
    parts: list[bytes] = field(default_factory=list)
    on_disk: bool = False
    file: IO[bytes] | None = None
    # None once the body is complete: it is not dropped any more.
    timer: asyncio.Timeout | None = None
    dropped: bool = False

    def rate(self, now: float) -> float:
        return self.size / max(now - self.began, 0.05)

    # The rest is for the one thread that reads and writes files, one after the other.

    def write(self, folder: Path | None, part: bytes) -> None:
        if self.dropped:
            return
        if self.file is None:
            # Nameless, and gone with this process.
            self.file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by `close`
        view = memoryview(part)
        while view:
            view = view[self.file.write(view) :]

    def read(self) -> bytes:
        assert self.file is not None
        self.file.seek(0)
        return self.file.read()

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


class Intake:
    """Takes bodies in piece by piece.

    Where there is no room, the slowest body is dropped of the source that holds most: what others hold is
    never in the way of a sender who comes to an end. A body that is complete at once needs no room at all.
    """

    def __init__(self, folder: Path, pace: Pace, room: IntakeLimits | None = None) -> None:
        self._folder = folder if folder.is_dir() else None
        self._pace = pace
        self._room = room or IntakeLimits()
        self._uploads: set[_Upload] = set()
        self._one_large = asyncio.Lock()
        # A disk that is slow keeps nobody waiting but those whose bodies go there.
        self._disk = ThreadPoolExecutor(1, "intake")

    @asynccontextmanager
    async def body(
        self, first: Message, receive: Receive, *, source: str, target: str, largest: int
    ) -> AsyncIterator[bytes]:
        """The body that begins with this message, held for as long as this lasts.

        Raises `TooLarge`, `InvalidRequest` where it is too slow, `Unavailable` where there is no room for it,
        and `SenderGone`.
        """
        upload = _Upload(source, target, asyncio.get_running_loop().time())
        self._uploads.add(upload)
        try:
            await self._arrive(upload, first, receive, largest)
            if not upload.on_disk:
                yield b"".join(upload.parts)
                return
            async with self._one_large:
                yield await asyncio.get_running_loop().run_in_executor(self._disk, upload.read)
        finally:
            self._uploads.discard(upload)
            self._release(upload)

    async def _arrive(self, upload: _Upload, message: Message, receive: Receive, largest: int) -> None:
        try:
            async with asyncio.timeout(None) as upload.timer:
                await self._take(upload, message, largest)
                while message.get("more_body", False):
                    message = await receive()
                    await self._take(upload, message, largest)
        except TimeoutError:
            raise _no_room() if upload.dropped else _too_slow() from None
        except OSError as error:
            raise _no_room() from error
        finally:
            upload.timer = None
        if upload.dropped:
            raise _no_room()

    async def _take(self, upload: _Upload, message: Message, largest: int) -> None:
        """Hold a message's bytes. Raises `TooLarge`, `SenderGone`, or `OSError` where the disk is full."""
        if message["type"] == "http.disconnect":
            raise SenderGone
        part: bytes = message.get("body", b"")
        if upload.dropped:
            return
        if upload.size + len(part) > largest:
            raise too_large(largest)
        upload.size += len(part)
        upload.parts.append(part)
        upload.on_disk = upload.size > self._room.small
        if upload.timer is not None:
            upload.timer.reschedule(upload.began + self._pace.deadline(upload.size))
        self._make_room(upload)
        if upload.on_disk:
            whole, upload.parts = b"".join(upload.parts), []
            write = partial(upload.write, self._folder, whole)
            await asyncio.get_running_loop().run_in_executor(self._disk, write)

    def _make_room(self, upload: _Upload) -> None:
        room = self._room
        if not upload.on_disk:
            self._shrink(lambda other: not other.on_disk, room.memory)
            return
        self._shrink(lambda other: other.on_disk and other.source == upload.source, room.of_source)
        self._shrink(lambda other: other.on_disk and other.target == upload.target, room.of_target)
        self._shrink(lambda other: other.on_disk, room.disk)

    def _shrink(self, among: Callable[[_Upload], bool], most: int) -> None:
        """Drop bodies of these until they fit, and a little more, so that this is seldom."""
        uploads = [upload for upload in self._uploads if among(upload)]
        total_bytes = sum(upload.size for upload in uploads)
        if total_bytes <= most:
            return
        for victim in _slowest_of_the_greediest(uploads):
            total_bytes -= victim.size
            self._drop(victim)
            if total_bytes <= 0.9 * most:
                return

    def _drop(self, upload: _Upload) -> None:
        upload.dropped = True
        self._release(upload)
        if upload.timer is not None and not upload.timer.expired():
            upload.timer.reschedule(upload.began)

    def _release(self, upload: _Upload) -> None:
        upload.size, upload.parts = 0, []
        if upload.on_disk:
            self._disk.submit(upload.close)


def _slowest_of_the_greediest(uploads: Iterable[_Upload]) -> list[_Upload]:
    """Bodies that are still arriving, those first which are to be dropped first."""
    bytes_by_source: Counter[str] = Counter()
    for upload in uploads:
        bytes_by_source[upload.source] += upload.size
    now = asyncio.get_running_loop().time()
    arriving = [upload for upload in uploads if upload.timer is not None and upload.size]
    return sorted(arriving, key=lambda upload: (-bytes_by_source[upload.source], upload.rate(now)))


async def discard(receive: Receive) -> None:
    """Throw away what still arrives of a body, within bounds, so that its sender can read the answer."""
    size, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_SECONDS):
            while more and size < MOST_DISCARDED:
                async with asyncio.timeout(SILENT_SECONDS):
                    message = await receive()
                more = message.get("more_body", False)
                size += len(message.get("body", b""))


def too_large(largest: int) -> TooLarge:
    """What is said of a body of more bytes."""
    size = f"{largest // MEGABYTE} MB" if largest >= MEGABYTE else f"{largest // KILOBYTE} KB"
    return TooLarge(f"This is larger than {size}. Send less.")


def _too_slow() -> InvalidRequest:
    return InvalidRequest("The body arrived too slowly. Send it again, all at once.")


def _no_room() -> Unavailable:
    return Unavailable("Too much is arriving at once. Send this again in a minute.")
