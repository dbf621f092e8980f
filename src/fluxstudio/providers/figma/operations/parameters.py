"""Parameters that several operations take, and how answers are taken apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from pydantic import Field

from fluxstudio.errors import ProviderUnavailable
from fluxstudio.sdk import Bounds
from fluxstudio.sdk.markup import IDENTITY

Item = TypeVar("Item")
Result = TypeVar("Result")

CALLS_AT_ONCE = 4

# Figma renders for up to 55 s, and reads large files for as long (public reports, read 2026-11-29).
SLOW_CALL_SECONDS = 60.0
IN_PARTS = Bounds(
    seconds=SLOW_CALL_SECONDS,
    advice="Ask for fewer levels of the file with `depth`, or for single layers with `ids`.",
)

Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,128}$"), IDENTITY]
NodeIds = Annotated[
    str,
    Field(pattern=r"^[0-9A-Za-z:;_-]+(,[0-9A-Za-z:;_-]+)*$", max_length=4000),
]
FileKey = Annotated[
    str,
    Field(
        alias="fileKey",
        description="The key of a file: what follows /design/ or /file/ in its address.",
        pattern=r"^[0-9A-Za-z_-]{1,128}$",
    ),
    IDENTITY,
]


def tier1(file_key: str) -> str:
    """The budget of a file's most expensive calls.

    Each file has its own: what Figma grants depends on the plan the file is in, so that one file on a Starter
    plan, closed for days after six calls, does not close those of every other team.
    """
    return f"tier1:{file_key}"


def dig(answer: Any, *path: str) -> Any:
    """What stands at a path of keys in an answer. Raises `ProviderUnavailable` when there is none."""
    for name in path:
        if not isinstance(answer, dict) or name not in answer:
            raise _unreadable()
        answer = answer[name]
    return answer


def listed(answer: Any, *path: str) -> list[Any]:
    """The list at a path of keys in an answer. Raises `ProviderUnavailable` when there is none."""
    value = dig(answer, *path)
    if not isinstance(value, list):
        raise _unreadable()
    return value


@contextmanager
def readable() -> Iterator[None]:
    """Taking an answer apart: what turns out not to be there is an answer that cannot be read."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _unreadable() from None


def _unreadable() -> ProviderUnavailable:
    return ProviderUnavailable("Figma sent an answer that cannot be read. Try again in a minute.")


async def each(items: Iterable[Item], call: Callable[[Item], Awaitable[Result]]) -> list[Result]:
    """The results of a call for every item, in order, a few at once; the first failure ends them all."""
    slots = asyncio.Semaphore(CALLS_AT_ONCE)

    async def one(item: Item) -> Result:
        async with slots:
            return await call(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
