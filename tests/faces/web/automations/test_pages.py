"""The list of automations, and one with its runs, its dry run and the question before it is deleted."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest

from fluxstudio.flows import directory
from tests.faces.web.automations.pages import (
    COMMENTS,
    FILE,
    FILLED,
    GALLERY,
    HOME,
    follow,
    kept_of,
    page,
    send,
)
from tests.support.automating import COMMENT, RULE, Automating
from tests.support.browsing import Browser, browser_of, words
from tests.support.forms import form_to
from tests.support.running import Running

SPOILED = """
INSERT INTO automation_versions (automation_id, version, definition)
SELECT automation_id, 2, jsonb_set(definition, '{do,arguments,colour}', '"red"')
FROM automation_versions WHERE automation_id = $1
"""
AS_SPOILED = "UPDATE automations SET version = 2 WHERE id = $1"


async def test_who_has_none_is_led_to_the_gallery(browser: Browser) -> None:
    text = await page(browser, HOME)
    assert "No automations yet" in text
    assert f'href="{GALLERY}"' in text
    assert re.search(r'<a href="/automations" aria-current="page">', text)


async def test_the_list_says_what_each_does_and_how_it_went_last(ada: Automating, browser: Browser) -> None:
    condition = {"field": "file_key", "is": "equals", "value": FILE}
    await ada.make({**RULE, "when": {**RULE["when"], "conditions": [condition]}}, name="Talk")
    assert "Has not run yet" in await page(browser, HOME)
    await ada.happens()
    text = words(await page(browser, HOME))
    assert "When someone comments on a file in Figma, post a message to C0DESIGN01 in Slack." in text
    assert f"Only if file_key is “{FILE}”." in text
    assert "Worked just now" in text


async def test_a_file_in_a_condition_is_called_by_its_name(ada: Automating, browser: Browser) -> None:
    condition = {"field": "file_key", "is": "equals", "value": FILE}
    await ada.make({**RULE, "when": {**RULE["when"], "conditions": [condition]}}, name="Talk")
    assert f"“{FILE}”" in words(await page(browser, HOME))
    await directory.look_up(ada.running.services)
    text = words(await page(browser, HOME))
    assert FILE not in text
    assert "Only if file_key is “Tidewater" in text


async def test_a_run_says_the_name_of_where_it_sent(ada: Automating, browser: Browser) -> None:
    made = await ada.make(name="Talk")
    await ada.happens()
    # Whoever looks first has the name asked for.
    assert "C0DESIGN01" in await page(browser, f"{HOME}/{made}")
    await directory.look_up(ada.running.services)
    [run] = await ada.all_runs()
    for path in (f"{HOME}/{made}", f"{HOME}/{made}/runs/{run['id']}"):
        assert '<dd>#design <code class="quiet">C0DESIGN01</code></dd>' in await page(browser, path)


async def test_a_switch_is_a_form_that_works_by_itself(ada: Automating, browser: Browser) -> None:
    made = await ada.make(name="Talk")
    text = await page(browser, HOME)
    assert 'role="switch" aria-checked="true" aria-label="Talk"' in text
    text = await follow(browser, await send(browser, form_to(text, "/switch")))
    assert "“Talk” is off." in words(text)
    assert not (await kept_of(ada, made))["enabled"]
    assert await ada.start(await ada.received()) == []
    text = await follow(browser, await send(browser, form_to(text, "/switch")))
    assert "“Talk” is on." in words(text)
    assert (await kept_of(ada, made))["enabled"]


async def test_nothing_changes_without_the_proof_that_our_own_page_sent_it(
    ada: Automating, browser: Browser
) -> None:
    made = await ada.make()
    for path in ("switch", "edit", "delete", "versions/1/restore"):
        answer = await browser.client.post(f"{HOME}/{made}/{path}", data={"on": "no", "then": "save"})
        assert answer.status_code == 403, path
    assert (await browser.client.post(COMMENTS, data={**FILLED, "then": "keep"})).status_code == 403
    assert (await kept_of(ada, made))["enabled"]
    assert len((await ada.client.get("/api/automations")).json()["automations"]) == 1


async def test_one_that_cannot_work_any_more_stays_off_and_its_form_says_why(
    ada: Automating, browser: Browser
) -> None:
    made = await ada.make(name="Talk", enabled=False)
    await ada.running.services.db.execute(SPOILED, UUID(made))
    await ada.running.services.db.execute(AS_SPOILED, UUID(made))
    answer = await send(browser, form_to(await page(browser, HOME), "/switch"))
    assert answer.headers["location"].startswith(f"{HOME}/{made}/edit")
    shown = await browser.open(answer.headers["location"])
    assert "slack.message has no such argument; it takes channel" in words(shown.text)
    assert not (await kept_of(ada, made))["enabled"]


async def test_a_failed_run_says_why_and_what_mends_it(ada: Automating, browser: Browser) -> None:
    arguments = {"channel": "C0DESIGN01", "text": "{{ event.nothing_here }}"}
    made = await ada.make({**RULE, "do": {**RULE["do"], "arguments": arguments}})
    await ada.happens()
    text = await page(browser, f"{HOME}/{made}")
    assert "the event has no event.nothing_here" in words(text)
    assert "Edit the automation, then run it again." in words(text)
    assert f'<a href="{HOME}/{made}/edit">' in text
    assert re.search(r'<details class="disclosure run" open>', text)


async def test_runs_come_in_pages(ada: Automating, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluxstudio.faces.web.automations.automation.RUNS_PAGE_SIZE", 2)
    made = await ada.make()
    for _ in range(3):
        await ada.happens()
    first = await page(browser, f"{HOME}/{made}")
    assert len(re.findall(r'<li id="run-', first)) == 2
    [older] = re.findall(r'href="([^"]+)">Older', first)
    second = await page(browser, older)
    assert len(re.findall(r'<li id="run-', second)) == 1
    assert f'href="{HOME}/{made}">Newest' in second
    assert not set(re.findall(r'id="(run-[^"]+)"', first)) & set(re.findall(r'id="(run-[^"]+)"', second))


async def test_the_kept_rule_can_be_tried_again(ada: Automating, browser: Browser) -> None:
    made = await ada.make(enabled=False)
    await ada.received()
    text = words(await page(browser, f"{HOME}/{made}/try"))
    assert "last week (1 event checked)." in text
    assert "Channel C0DESIGN01" in text


async def test_what_keeps_it_from_working_now_is_said_with_the_dry_run(
    ada: Automating, browser: Browser
) -> None:
    made = await ada.make()
    await ada.received()
    await ada.client.delete("/api/integrations/slack")
    text = await page(browser, f"{HOME}/{made}/try")
    assert "Harbour & Pine in Slack is disconnected. Reconnect it" in words(text)
    assert "Open Integrations" in words(text)


async def test_deleting_asks_first_and_names_what_is_lost(ada: Automating, browser: Browser) -> None:
    made = await ada.make(name="Talk")
    asked = await page(browser, f"{HOME}/{made}/delete")
    page_text = words(asked)
    assert "You lose It stops right away, and queued runs are cancelled." in page_text
    assert "“Talk”, with its one version. Its run history." in page_text
    text = await follow(browser, await send(browser, form_to(asked, "/delete")))
    assert "Automation deleted." in words(text)
    assert "No automations yet" in text
    assert (await browser.open(f"{HOME}/{made}")).status_code == 404


async def test_automations_of_others_do_not_exist(ada: Automating, browser: Browser) -> None:
    made = await ada.make(name="Talk")
    other = await browser_of(ada.running, await ada.running.client("mei"))
    await other.open(HOME)
    for which in (made, str(uuid4()), "none"):
        for path in ("", "/try", "/edit", "/versions", "/delete"):
            answer = await other.open(f"{HOME}/{which}{path}")
            assert answer.status_code == 404, path
            assert "Your others are under Automations." in words(answer.text)
        for path in ("switch", "edit", "delete", "versions/1/restore"):
            assert (await other.send(f"{HOME}/{which}/{path}", on="no", then="save")).status_code == 404, path
    assert (await kept_of(ada, made))["enabled"]
    assert "Talk" not in (await other.open(HOME)).text


async def test_words_of_providers_and_people_stay_words(ada: Automating, browser: Browser) -> None:
    evil = "<script>alert(1)</script>"
    made = await ada.make(name=evil)
    await ada.happens(payload={**COMMENT, "file_name": evil, "comment": [{"text": evil}]})
    for path in (
        HOME,
        f"{HOME}/{made}",
        f"{HOME}/{made}/try",
        f"{HOME}/{made}/edit",
        f"{HOME}/{made}/delete",
    ):
        text = await page(browser, path)
        assert evil not in text, path
    assert evil in words(await page(browser, f"{HOME}/{made}")).replace("&lt;", "<")


async def test_a_stranger_signs_in_first_and_comes_back(automating_product: Running) -> None:
    for path in (HOME, GALLERY, f"{HOME}/new"):
        answer = await (await Browser.new(automating_product)).open(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?returnTo={path}")


async def test_a_rule_that_hears_of_nothing_listens_by_one_click(ada: Automating, browser: Browser) -> None:
    made = await ada.make(name="Talk")
    here = f"{HOME}/{made}"
    text = await page(browser, here)
    assert "no events reach it" in words(text)
    text = await follow(browser, await send(browser, form_to(text, "/listen")))
    assert "Figma lists nothing that Ada Park may listen to." in words(text)
    await ada.client.post(
        "/api/integrations/figma/teams",
        json={"url": "https://www.figma.com/files/team/1174201358246917205"},
    )
    text = await follow(browser, await send(browser, form_to(text, "/listen")))
    assert "“Talk” is listening." in words(text)
    assert "Listening to" in words(text)
    assert "/listen" not in text
