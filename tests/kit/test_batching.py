"""Questions that are asked at the same time and answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from fluxstudio.kit.batching import Batcher


class Answering:
    """Answers with ten times the number, when it is let; `turns` is what was asked at once."""

    def __init__(self) -> None:
        self.turns: list[list[int]] = []
        self.let = asyncio.Event()
        self.let.set()

    async def __call__(self, asked: Sequence[int]) -> list[int | Exception]:
        self.turns.append(list(asked))
        await self.let.wait()
        if 1000 in asked:
            raise RuntimeError("no luck")
        return [ValueError(number) if number < 0 else 10 * number for number in asked]


async def test_everybody_gets_the_answer_to_their_own_question() -> None:
    together = Batcher(Answering())
    assert await asyncio.gather(*(together.ask(number) for number in range(50))) == [
        10 * number for number in range(50)
    ]


async def test_nobody_waits_for_company() -> None:
    answering = Answering()
    assert await Batcher(answering).ask(4) == 40
    assert answering.turns == [[4]]


async def test_what_is_asked_meanwhile_shares_its_turns() -> None:
    answering = Answering()
    together = Batcher(answering)
    answering.let.clear()
    asked = [together.ask(0)]
    await asyncio.sleep(0.01)
    asked += [together.ask(number) for number in range(1, 5)]
    await asyncio.sleep(0.01)
    assert together.waiting == 4
    answering.let.set()
    assert await asyncio.gather(*asked) == [0, 10, 20, 30, 40]
    assert answering.turns == [[0], [1, 2, 3], [4]]


async def test_a_turn_has_its_most() -> None:
    answering = Answering()
    together = Batcher(answering, most=2)
    await asyncio.gather(*(together.ask(number) for number in range(5)))
    assert [len(turn) for turn in answering.turns] == [2, 2, 1]


async def test_one_that_cannot_be_answered_spoils_no_other() -> None:
    together = Batcher(Answering())
    good, bad = await asyncio.gather(together.ask(1), together.ask(-1), return_exceptions=True)
    assert good == 10
    assert isinstance(bad, ValueError)


async def test_when_no_answer_comes_everybody_hears_why_and_the_next_are_answered() -> None:
    together = Batcher(Answering())
    failed = await asyncio.gather(together.ask(1000), together.ask(1), return_exceptions=True)
    assert [type(error) for error in failed] == [RuntimeError, RuntimeError]
    assert await together.ask(2) == 20


async def test_who_gives_up_takes_nobody_along() -> None:
    answering = Answering()
    together = Batcher(answering)
    answering.let.clear()
    leaving, staying = (together.ask(number) for number in (1, 2))
    await asyncio.sleep(0.01)
    leaving.cancel()
    answering.let.set()
    assert await staying == 20
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_closing_waits_for_what_is_under_way() -> None:
    answering = Answering()
    together = Batcher(answering)
    answering.let.clear()
    asked = together.ask(1)
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(together.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    answering.let.set()
    await closing
    assert await asked == 10


async def test_turns_become_alike_where_those_who_were_answered_ask_again() -> None:
    turns: list[int] = []

    async def answer(asked: Sequence[int]) -> Sequence[int | Exception]:
        turns.append(len(asked))
        await asyncio.sleep(0.001)
        return asked

    together = Batcher(answer)

    async def ask_again_and_again() -> None:
        for number in range(20):
            await together.ask(number)

    first = asyncio.create_task(ask_again_and_again())
    await asyncio.sleep(0)
    await asyncio.gather(first, *(ask_again_and_again() for _ in range(9)))
    assert turns[:12] == [1, *[5] * 11]
