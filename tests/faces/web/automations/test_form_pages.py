"""Rules as forms and as JSON, and what they said before."""

from __future__ import annotations

import json

from tests.faces.web.automations.pages import (
    FILE,
    HOME,
    beside,
    follow,
    kept_of,
    page,
    send,
)
from tests.support.automating import COMMENT, RULE, Automating
from tests.support.browsing import Browser, browser_of, words
from tests.support.forms import form_to


async def test_a_form_that_is_sent_unchanged_makes_no_version(ada: Automating, browser: Browser) -> None:
    conditions = [
        {"field": "comment.*.text", "is": "contains", "value": "good"},
        {"field": "triggered_by.handle", "is": "in", "value": ["Mei Lin", "Ada"]},
        {"field": "retries", "is": "equals", "value": 0},
        {"field": "resolved_at", "is": "exists", "value": False},
    ]
    blocks = [{"type": "divider"}]
    made = await ada.make(
        {
            "when": {"event": "figma.FILE_COMMENT", "conditions": conditions},
            "do": {
                "operation": "slack.message",
                "arguments": {
                    "channel": "#design",
                    "text": "One\ntwo",
                    "blocks": blocks,
                    "reply_broadcast": False,
                },
            },
            "limit": {"runs": 5, "per": "hour"},
        }
    )
    before = await kept_of(ada, made)
    form = form_to(await page(browser, f"{HOME}/{made}/edit"), "/edit")
    answer = await send(browser, form, "save", **{"do.arguments.text": "One\r\ntwo"})
    assert "is saved" in words(await follow(browser, answer))
    after = await kept_of(ada, made)
    assert (after["version"], after["definition"]) == (1, before["definition"])


async def test_what_is_changed_becomes_a_version_and_the_old_one_can_be_had_back(
    ada: Automating, browser: Browser
) -> None:
    made = await ada.make(name="Talk")
    form = form_to(await page(browser, f"{HOME}/{made}/edit"), "/edit")
    changed = {
        "name": "Louder",
        "do.arguments.text": "New: {{ summary }}",
        "when.conditions.1.value": FILE,
    }
    await follow(browser, await send(browser, form, "save", **changed))
    now = await kept_of(ada, made)
    assert (now["name"], now["version"]) == ("Louder", 2)
    assert now["definition"]["when"]["conditions"] == [{"field": "file_key", "is": "equals", "value": FILE}]
    versions = await page(browser, f"{HOME}/{made}/versions")
    assert "New: {{ summary }}" in words(versions)
    text = await follow(browser, await send(browser, form_to(versions, "/versions/1/restore")))
    assert "Restored that version of “Louder”." in words(text)
    now = await kept_of(ada, made)
    assert now["version"] == 3
    assert now["definition"]["do"] == {**RULE["do"], "connection": ada.connections["slack"]}


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    ada: Automating, browser: Browser
) -> None:
    made = await ada.make()
    form = form_to(await page(browser, f"{HOME}/{made}/edit"), "/edit")
    wrong = {
        "do.arguments.text": "{{ colour }}",
        "do.arguments.channel": "",
        "when.conditions.0.field": "two words",
        "limit.runs": "many",
    }
    answer = await send(browser, form, "save", **wrong)
    assert answer.status_code == 400
    assert "Enter a field of the event, such as pull_request.merged." in words(answer.text)
    assert "valid integer" in beside(answer.text, "limit.runs")
    again = form_to(answer.text, "/edit")
    assert {name: again.fields[name] for name in wrong} == wrong
    answer = await send(browser, again, "save", **{"when.conditions.0.field": "", "limit.runs": "6"})
    assert "there is no “colour” here" in beside(answer.text, "do.arguments.text")
    answer = await send(browser, form_to(answer.text, "/edit"), "save", **{"do.arguments.text": "Hello"})
    assert beside(answer.text, "do.arguments.channel") == "Required."
    assert (await kept_of(ada, made))["version"] == 1


async def test_another_operation_brings_its_own_fields_without_javascript(
    ada: Automating, browser: Browser
) -> None:
    made = await ada.make()
    form = form_to(await page(browser, f"{HOME}/{made}/edit"), "/edit")
    assert "look" in form.buttons
    answer = await send(
        browser, form, "look", **{"do.operation": "github.create_issue", "when.event": "schedule"}
    )
    again = form_to(answer.text, "/edit")
    assert {"do.repository", "do.arguments.title", "do.arguments.body", "at"} <= set(again.fields)
    assert "do.arguments.channel" not in again.fields
    assert not [name for name in again.fields if name.startswith("when.conditions")]
    more = await send(browser, form, "more")
    assert "when.conditions.1.field" in form_to(more.text, "/edit").fields


async def test_a_rule_is_made_from_nothing(ada: Automating, browser: Browser) -> None:
    path = f"{HOME}/new"
    form = form_to(await page(browser, path), path)
    chosen = {"when.event": "schedule", "do.operation": "slack.message"}
    form = form_to((await send(browser, form, "look", **chosen)).text, path)
    texts = {
        "name": "Stand-up",
        "repeat": "* * 1-5",
        "at": "09:45",
        "when.timeZone": "Europe/Berlin",
        "do.arguments.channel": "#design",
        "do.arguments.text": "What is on your desk?",
    }
    tried = await send(browser, form, "try", **texts)
    assert "It would run at these times." in words(tried.text)
    text = await follow(browser, await send(browser, form_to(tried.text, path), "save"))
    assert "Every weekday at 09:45 (Europe/Berlin), post a message to #design in Slack." in words(text)


async def test_a_rule_can_be_written_as_json(ada: Automating, browser: Browser) -> None:
    made = await ada.make()
    path = f"{HOME}/{made}/edit"
    await page(browser, path)
    answer = await browser.send(path, then="json", name="Talk", json="{nothing")
    assert answer.status_code == 400
    assert beside(answer.text, "json").startswith("This is no JSON")
    assert "{nothing" in answer.text
    answer = await browser.send(
        path, then="json", name="Talk", json='{"when": {"event": "figma.NONE"}, "do": 1}'
    )
    assert "definition" not in beside(answer.text, "json")
    assert "do: " in beside(answer.text, "json")
    action = {"operation": "slack.message", "arguments": {"channel": "#design"}}
    written = json.dumps({"when": {"event": "figma.PING"}, "do": action})
    await follow(browser, await browser.send(path, then="json", name="Talk", json=written))
    assert (await kept_of(ada, made))["definition"]["when"]["event"] == "figma.PING"


async def test_who_writes_conditions_sees_what_such_an_event_says(ada: Automating, browser: Browser) -> None:
    made = await ada.make()
    page_text = words(await page(browser, f"{HOME}/{made}/edit"))
    assert "Sample event: an example" in page_text
    assert f"file_key {FILE}" in page_text
    await ada.received(payload={**COMMENT, "file_name": "Harbour map"})
    text = await page(browser, f"{HOME}/{made}/edit")
    assert "Sample event: the latest one" in words(text)
    assert '<option value="file_name" data-hint="Harbour map">File name</option>' in text
    other = await browser_of(ada.running, await ada.running.client("mei"))
    await other.open(f"{HOME}/new")
    form = form_to((await other.open(f"{HOME}/new")).text, "/new")
    answer = await send(other, form, "look", **{"when.event": "figma.FILE_COMMENT"})
    assert "Harbour map" not in answer.text


async def test_any_json_can_be_sent_and_is_answered_in_words(ada: Automating, browser: Browser) -> None:
    await page(browser, f"{HOME}/new")
    for text in (
        "[]",
        "1",
        "null",
        '{"when": [], "do": {"operation": 4}}',
        '{"when": {"schedule": 5}}',
        "[" * 900,
    ):
        answer = await browser.send(f"{HOME}/new", then="json", name="Odd", json=text)
        assert answer.status_code == 400, text
        assert beside(answer.text, "json")
