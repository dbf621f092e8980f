"""The editor of automations: pickers, variables, and a preview of what will be sent."""

from __future__ import annotations

from tests.faces.web.automations.pages import FILE, HOME, kept_of, page, send
from tests.support.automating import COMMENT, Automating
from tests.support.browsing import Browser, words
from tests.support.forms import form_to


async def test_the_preview_shows_a_real_event_as_the_target_draws_it(
    ada: Automating, browser: Browser
) -> None:
    event = await ada.received(payload={**COMMENT, "file_name": "Harbour map"})
    made = await ada.make()
    form = form_to(await page(browser, f"{HOME}/{made}/edit"), "/edit")
    assert form.fields["sample"] == str(event["id"])
    path = f"{HOME}/{made}/edit/preview"
    text = {"do.arguments.text": "*New* in {{ event.file_name }}", "do.arguments.channel": "#design"}
    shown = await browser.client.post(path, data={**form.fields, **text})
    assert "<strong>New</strong> in Harbour map" in shown.text
    assert "Message in #design" in words(shown.text)
    other = await browser.client.post(
        path, data={**form.fields, **text, "when.conditions.1.value": "Another"}
    )
    assert "Wouldn’t run for this event: file_key" in words(other.text)
    wrong = await browser.client.post(path, data={**form.fields, "do.arguments.text": "{{ event.colour }}"})
    assert "Text: the event has no event.colour" in words(wrong.text)
    assert (await kept_of(ada, made))["version"] == 1


async def test_an_issue_is_previewed_with_its_title_before_anything_is_saved(browser: Browser) -> None:
    path = f"{HOME}/new"
    chosen = {"when.event": "figma.LIBRARY_PUBLISH", "do.operation": "github.create_issue"}
    form = form_to(
        (await send(browser, form_to(await page(browser, path), path), "look", **chosen)).text, path
    )
    filled = {
        "do.repository": "https://github.com/harbour-pine/tidewater-web",
        "do.arguments.title": "Update",
    }
    shown = await browser.client.post(f"{path}/preview", data={**form.fields, **filled})
    assert "Issue in harbour-pine/tidewater-web" in words(shown.text)
    assert "Update" in words(shown.text)


async def test_the_file_is_one_field_and_a_condition_goes_by_its_own_button(
    ada: Automating, browser: Browser
) -> None:
    conditions = [
        {"field": "triggered_by.handle", "is": "equals", "value": "Mei Lin"},
        {"field": "file_key", "is": "equals", "value": FILE},
    ]
    when = {"event": "figma.FILE_COMMENT", "conditions": conditions}
    action = {"operation": "slack.message", "arguments": {"channel": "#design", "text": "Look"}}
    made = await ada.make({"when": when, "do": action})
    form = form_to(await page(browser, f"{HOME}/{made}/edit"), "/edit")
    assert form.fields["when.place"] == "1"
    form = form_to((await send(browser, form, "remove.0")).text, "/edit")
    assert "Mei Lin" not in form.fields.values()
    await send(browser, form, "save", **{f"when.conditions.{form.fields['when.place']}.value": ""})
    assert (await kept_of(ada, made))["definition"]["when"]["conditions"] == []


async def test_values_of_a_field_are_those_of_recent_events(ada: Automating, browser: Browser) -> None:
    await ada.received(payload=COMMENT)
    query = "event=figma.FILE_COMMENT&field=triggered_by.handle&q=mei"
    answer = await browser.open(f"{HOME}/field-values?{query}")
    assert answer.json() == {"suggestions": [{"value": "Mei Lin", "words": "Mei Lin"}]}
