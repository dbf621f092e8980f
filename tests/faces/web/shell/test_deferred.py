"""A page waits a moment for others, and shows a skeleton that asks again; all pages do it alike."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fluxstudio.faces.web.shell.deferred import in_time, waits_for_all
from fluxstudio.faces.web.shell.templating import WEB


async def answer(after: asyncio.Event | None = None, error: Exception | None = None) -> str:
    if after is not None:
        await after.wait()
    if error is not None:
        raise error
    return "ten files"


async def test_what_is_there_at_once_is_shown_at_once() -> None:
    asked = await in_time(answer())
    assert asked is not None
    assert asked.result() == "ten files"


async def test_what_takes_longer_goes_on_without_the_page() -> None:
    arrives = asyncio.Event()
    assert await in_time(answer(arrives, ValueError("refused late")), seconds=0.01) is None
    arrives.set()
    await asyncio.sleep(0)


async def test_a_page_that_waits_has_all_of_it() -> None:
    arrives = asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, arrives.set)
    asked = await in_time(answer(arrives), waits=waits_for_all({"part": "results"}), seconds=0.001)
    assert asked is not None
    assert asked.result() == "ten files"


async def test_what_went_wrong_in_time_is_raised_where_it_is_read() -> None:
    asked = await in_time(answer(error=ValueError("no such file")))
    assert asked is not None
    with pytest.raises(ValueError, match="no such file"):
        asked.result()


@pytest.mark.parametrize(
    ("suffix", "words", "home"),
    [("py", "asyncio.wait(", "shell/deferred.py"), ("html", 'hx-trigger="load"', "components/skeleton.html")],
)
def test_there_is_one_way_to_load_later(suffix: str, words: str, home: str) -> None:
    pages = [path for path in WEB.rglob(f"*.{suffix}") if words in path.read_text("utf-8")]
    assert pages == [WEB / Path(home)]
