"""Questions that are asked at the same time, answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Batcher(Generic[Asked, Answer]):
    """Gathers what is asked while an answer is under way, so that a round trip serves many.

    Nobody waits for company: what is asked when nothing is under way is answered with what else the same turn
    of the event loop asks, what is asked meanwhile in the next turn or two. `answer` gets what was asked and
    gives an answer to each, in their order; one that is an exception is raised to who asked. What `answer`
    itself raises is raised to all of them.

    Args:
        answer: answers several at once.
        most: how many are answered at once at most.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]],
        *,
        most: int = 200,
    ) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._answering: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def ask(self, item: Asked) -> asyncio.Future[Answer]:
        """The answer to one question, once there is one."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answered))
        if self._answering is None:
            self._begin()
        return answered

    async def close(self) -> None:
        """Wait for what is under way."""
        while self._answering is not None:
            await asyncio.gather(self._answering, return_exceptions=True)

    def _begin(self) -> None:
        self._answering = asyncio.create_task(self._turn())
        self._answering.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._answering = None
        if self._waiting:
            self._begin()

    async def _turn(self) -> None:
        many = len(self._waiting)
        while self._waiting:
            # Where those who were answered ask again, a large turn and a small one would follow each other
            # for long, and leave now whoever answers and now whoever asks with nothing to do.
            many = min((len(self._waiting) + many + 1) // 2, self._most)
            turn, self._waiting = self._waiting[:many], self._waiting[many:]
            await self._answer_all(turn)

    async def _answer_all(self, turn: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._answer([item for item, _ in turn])
        except BaseException as error:
            failure = error if isinstance(error, Exception) else asyncio.CancelledError()
            for _, answered in turn:
                if not answered.done():
                    answered.set_exception(failure)
            if failure is not error:
                raise
            return
        for (_, answered), answer in zip(turn, answers, strict=True):
            if answered.done():
                continue
            if isinstance(answer, Exception):
                answered.set_exception(answer)
            else:
                answered.set_result(answer)
