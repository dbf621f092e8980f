"""Workers as the event loop sees them: asked in turn, by owner, and replaced when they end."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from fluxstudio.kit.worker_pool.frames import (
    FAILED,
    LENGTH,
    OVER_BUDGET,
    READY,
    OverBudget,
    WorkRequest,
    encoder,
    framed,
    head_of,
)

# A template has to import everything first; an answer that is this late will not come.
START_SECONDS, GRACE_SECONDS = 60.0, 2.0
# After a request this long, or after so many, a new worker with clean memory takes the place of one.
RENEWED_AFTER_BYTES, RENEWED_AFTER = 1_000_000, 500
MAX_ANSWER_BYTES = 8 * 1024 * 1024
# Bytes handed to a worker at a time.
SLICE_BYTES = 256 * 1024


class QueueFull(Exception):
    """Too much of one owner's work, or of everybody's, is waiting already."""


@dataclass(slots=True)
class _Worker:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answers: int = 0


@dataclass(frozen=True, slots=True)
class WorkBudget:
    """What a piece of work may take: seconds of a processor and by the clock, and bytes of its answer."""

    cpu: float = 1.0
    wall: float = 10.0
    answer: int = MAX_ANSWER_BYTES


class WorkerPool:
    """A few processes that work for everybody, each owner in turn and one piece of an owner's at a time.

    Nothing is started before there is work, and a worker that ends is replaced when it is needed.

    Args:
        entry: `module:function`; called with `argument` in the template process, it returns the handler.
        workers: processes at work at the same time.
        memory: bytes that a worker may take beyond what it starts with.
        waiting_each, waiting_all: pieces of work that may wait, of one owner and together.
    """

    def __init__(
        self,
        entry: str,
        argument: Any = None,
        *,
        workers: int = 2,
        memory: int = 384 * 1024 * 1024,
        waiting_each: int = 16,
        waiting_all: int = 512,
    ) -> None:
        self._options = msgspec.json.encode({"entry": entry, "argument": argument, "memory": memory})
        self._template: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        # Those that have yielded to others once do so for good.
        self._idle: dict[bool, list[_Worker]] = {True: [], False: []}
        self._free = workers
        self._waiting_each, self._waiting_all = waiting_each, waiting_all
        # Owners whose work waits, whoever has waited longest first; and those whose work is being done.
        self._queues: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()
        self._active: set[Hashable] = set()
        self._waiting = 0
        self._apart = asyncio.Lock()

    async def run(
        self, owner: Hashable, task: str, argument: bytes | Sequence[bytes], budget: WorkBudget
    ) -> bytes:
        """What the handler makes of an argument, or of its parts in a row.

        Raises `OverBudget`, `QueueFull`, and `RuntimeError` where the handler failed or no worker can be had.
        """
        await self._turn(owner)
        try:
            return await self._answer(task, argument, budget, yielding=True)
        finally:
            self._end_turn(owner)

    async def run_apart(self, task: str, argument: bytes | Sequence[bytes], budget: WorkBudget) -> bytes:
        """As `run`, for the product's own work: one piece after the other, behind nobody's in the queue."""
        async with self._apart:
            return await self._answer(task, argument, budget, yielding=False)

    async def _answer(
        self, task: str, argument: bytes | Sequence[bytes], budget: WorkBudget, *, yielding: bool
    ) -> bytes:
        request = encoder.encode(WorkRequest(budget.cpu, budget.wall, task, yielding))
        parts = [argument] if isinstance(argument, bytes) else argument
        answer = await self._ask([framed(request) + head_of(parts), *parts], budget, self._idle[yielding])
        if answer[:1] == OVER_BUDGET:
            raise OverBudget
        if answer[:1] == FAILED:
            raise RuntimeError(f"the work failed ({answer[1:].decode()})")
        return answer[1:]

    async def close(self) -> None:
        """End every process."""
        for idle in self._idle.values():
            while idle:
                idle.pop().writer.close()
        if self._template is not None:
            process, control = self._template
            self._template = None
            control.close()
            process.kill()
            await asyncio.to_thread(process.wait)

    async def _turn(self, owner: Hashable) -> None:
        if self._free and owner not in self._active:
            self._free -= 1
            self._active.add(owner)
            return
        queue = self._queues.setdefault(owner, deque())
        if len(queue) >= self._waiting_each or self._waiting >= self._waiting_all:
            raise QueueFull
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._end_turn(owner)
            raise
        finally:
            self._waiting -= 1

    def _end_turn(self, owner: Hashable) -> None:
        self._active.discard(owner)
        self._free += 1
        for other in list(self._queues):
            if not self._free:
                return
            if other not in self._active:
                self._begin_next(other)

    def _begin_next(self, owner: Hashable) -> None:
        queue = self._queues.pop(owner)
        while queue:
            turn = queue.popleft()
            if not turn.done():
                self._free -= 1
                self._active.add(owner)
                turn.set_result(None)
                break
        if queue:
            # Behind all others.
            self._queues[owner] = queue

    async def _ask(self, parts: Sequence[bytes], budget: WorkBudget, idle: list[_Worker]) -> bytes:
        worker = _at_hand(idle) or await self._start()
        reader, writer = worker.reader, worker.writer
        try:
            async with asyncio.timeout(budget.wall + GRACE_SECONDS):
                await _send(writer, parts)
                (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                if length > budget.answer:
                    raise OverBudget
                answer = await reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            # Its own timers have ended it, or the system has, for want of memory.
            writer.close()
            raise OverBudget from None
        except BaseException:
            writer.close()
            raise
        worker.answers += 1
        if worker.answers >= RENEWED_AFTER or sum(map(len, parts)) > RENEWED_AFTER_BYTES:
            writer.close()
        else:
            idle.append(worker)
        return answer

    async def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            try:
                socket.send_fds(self._control(), [b"w"], [theirs.fileno()])
            except OSError:
                ours.close()
                await self.close()
                raise RuntimeError("no worker can be started") from None
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        try:
            async with asyncio.timeout(START_SECONDS):
                await reader.readexactly(len(READY))
        except BaseException as error:
            writer.close()
            if not isinstance(error, asyncio.IncompleteReadError | ConnectionError | TimeoutError):
                raise
            await self.close()
            raise RuntimeError("no worker can be started") from None
        return _Worker(reader, writer)

    def _control(self) -> socket.socket:
        if self._template is None:
            ours, theirs = socket.socketpair()
            with theirs:
                process = subprocess.Popen(  # noqa: S603 - this very program
                    [
                        sys.executable,
                        "-m",
                        "fluxstudio.kit.worker_pool.template",
                        str(theirs.fileno()),
                        self._options.decode(),
                    ],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    # Nothing secret: where modules are, and no more.
                    env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
                )
            self._template = (process, ours)
        return self._template[1]


def _at_hand(idle: list[_Worker]) -> _Worker | None:
    while idle:
        worker = idle.pop()
        if not worker.reader.at_eof() and not worker.writer.is_closing():
            return worker
        worker.writer.close()
    return None


async def _send(writer: asyncio.StreamWriter, parts: Sequence[bytes]) -> None:
    """Hand over what is large piece by piece, so that others have their turns in between."""
    for part in parts:
        if len(part) <= SLICE_BYTES:
            writer.write(part)
            continue
        whole = memoryview(part)
        for place in range(0, len(part), SLICE_BYTES):
            writer.write(whole[place : place + SLICE_BYTES])
            await writer.drain()
    await writer.drain()
