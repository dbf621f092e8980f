"""The runs of an automation are found by how they ended and by words, on the page and by the API."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.faces.web.automations.pages import HOME, page
from tests.support.automating import COMMENT, Automating
from tests.support.browsing import Browser, words

FAIL = """
UPDATE automation_runs SET status = 'dead', problem = jsonb_build_object(
    'code', 'NOT_FOUND', 'message', 'There is no channel #harbour.', 'mend', 'Choose another one.'
)
WHERE id = $1
"""
SEARCH = "fluxstudio.flows.automations.authoring.run_search"


async def happened(ada: Automating) -> tuple[str, list[str]]:
    """An automation with a run that worked, one that failed, and one that worked, and their ids."""
    made = await ada.make()
    for text in ("Calm sea", "Storm ahead", "Calm again"):
        await ada.happens(payload={**COMMENT, "comment": [{"text": text}]})
    ids = [run["id"] for run in reversed(await ada.all_runs())]
    await ada.running.services.db.execute(FAIL, ids[1])
    return made, ids


async def runs_page(ada: Automating, made: str, **query: str) -> dict[str, Any]:
    answer = await ada.client.get(f"/api/automations/{made}/runs", params=query)
    assert answer.status_code == 200, answer.text
    runs = answer.json()
    return {"ids": [run["id"] for run in runs["runs"]], "next": runs["nextCursor"]}


async def test_runs_are_found_by_state_and_words(ada: Automating) -> None:
    made, [first, failed, last] = await happened(ada)
    assert (await runs_page(ada, made, status="failed"))["ids"] == [failed]
    assert (await runs_page(ada, made, status="done"))["ids"] == [last, first]
    assert (await runs_page(ada, made, q="CALM"))["ids"] == [last, first]
    assert (await runs_page(ada, made, q="harbour channel"))["ids"] == [failed]
    assert (await runs_page(ada, made, q="storm", status="done"))["ids"] == []
    refused = await ada.client.get(f"/api/automations/{made}/runs", params={"status": "odd"})
    assert refused.status_code == 400


async def test_a_search_looks_at_so_many_runs_and_goes_on_from_there(
    ada: Automating, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{SEARCH}.MAX_SEARCHED_RUNS", 2)
    monkeypatch.setattr(f"{SEARCH}.SEARCH_BATCH_SIZE", 1)
    made, [first, _, _] = await happened(ada)
    some = await runs_page(ada, made, q="sea")
    assert some["ids"] == []
    assert (await runs_page(ada, made, q="sea", cursor=some["next"]))["ids"] == [first]
    [older] = re.findall(r'href="([^"]+)">Search older runs', await page(browser, f"{HOME}/{made}?q=sea"))
    assert f'id="run-{first}"' in await page(browser, older.replace("&amp;", "&"))


async def test_the_page_narrows_runs_by_links_and_a_form(ada: Automating, browser: Browser) -> None:
    made, [first, failed, last] = await happened(ada)
    text = await page(browser, f"{HOME}/{made}?state=failed")
    assert re.findall(r'<li id="run-([^"]+)"', text) == [failed]
    assert '<input type="hidden" name="state" value="failed">' in text
    text = await page(browser, f"{HOME}/{made}?q=calm")
    assert re.findall(r'<li id="run-([^"]+)"', text) == [last, first]
    assert f'href="{HOME}/{made}?state=failed&amp;q=calm"' in text
    assert "No matching runs" in words(await page(browser, f"{HOME}/{made}?state=skipped"))
