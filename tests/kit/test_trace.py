"""What led to a piece of work goes with it, whoever does it later."""

from __future__ import annotations

import asyncio

from fluxstudio.kit.trace import (
    begin_request,
    current_ids,
    current_origin,
    current_request,
    current_text,
    read_origin,
    step,
)

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


async def test_what_is_left_to_others_leads_back_to_its_request() -> None:
    async def request() -> str | None:
        begin_request(f"00-{TRACE}-{CALLER}-01", "POST", {})
        with step("call", {}):
            return current_text()

    text = await asyncio.create_task(request())
    origin = read_origin(text)
    assert origin is not None
    assert (origin.trace, origin.sampled) == (TRACE, True)
    assert origin.request == origin.span != CALLER
    assert current_ids() == {}
    with step("run", {}, origin=text):
        assert current_ids() == {"request": origin.request, "trace": TRACE}
    assert current_request() == ""


def test_work_that_nobody_asked_for_has_a_trace_of_its_own() -> None:
    with step("sweep", {}) as outer, step("call", {}) as inner:
        assert inner.origin == outer.origin == current_origin()
        assert list(current_ids()) == ["trace"]
    assert read_origin(outer.origin.text) == outer.origin


def test_a_row_without_an_origin_leads_nowhere() -> None:
    assert [read_origin(text) for text in (None, "", "00-short", ";abc")] == [None] * 4
