"""The gallery: choose an automation, fill in its blanks, try it, switch it on."""

from __future__ import annotations

import re

import pytest

from tests.faces.web.automations.pages import (
    COMMENTS,
    FILE,
    FILLED,
    GALLERY,
    HOME,
    beside,
    follow,
    kept_of,
    page,
    send,
)
from tests.support.automating import COMMENT, Automating
from tests.support.browsing import Browser, words
from tests.support.forms import form_to


async def test_the_gallery_says_what_has_to_be_connected_first(browser: Browser) -> None:
    text = words(await page(browser, GALLERY))
    assert (
        "Comments to a channel When someone comments on a Figma file, post to a Slack channel. Library"
        in text
    )
    assert (
        "Failed workflows When a workflow fails on the main branch, post to a Slack channel. Connect GitHub"
        in text
    )
    assert "This needs GitHub. You’ll return here once it is connected." in words(
        await page(browser, f"{GALLERY}/failed-workflow?part=form")
    )


async def test_blanks_offer_what_ones_own_accounts_hold(ada: Automating, browser: Browser) -> None:
    form = form_to(await page(browser, f"{COMMENTS}?part=form"), COMMENTS)
    assert form.fields["name"] == "Comments to a channel"
    assert {"#design", "#general"} <= set(form.options["channel"])
    # Nothing is followed in Figma yet, so there is nothing to choose among.
    assert "file" not in form.options
    figma = ada.running.simulators["figma"].url("web")
    await ada.client.post("/api/integrations/figma/teams", json={"url": f"{figma}/file/{FILE}"})
    form = form_to(await page(browser, f"{COMMENTS}?part=form"), COMMENTS)
    assert form.options["file"] == ["", FILE]


async def test_providers_that_take_long_keep_nobody_waiting(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxstudio.faces.web.shell.deferred.SKELETON_AFTER_SECONDS", 0)
    text = await page(browser, COMMENTS)
    assert f'hx-get="{COMMENTS}?part=form" hx-trigger="load"' in text
    assert f'<noscript><p><a class="button button-quiet" href="{COMMENTS}?part=form">' in text


async def test_what_a_provider_does_not_list_in_time_can_be_written(
    ada: Automating, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxstudio.faces.web.automations.gallery.SUGGESTIONS_TIMEOUT_SECONDS", 0)
    form = form_to(await page(browser, f"{COMMENTS}?part=form"), COMMENTS)
    assert form.options == {}
    await follow(browser, await send(browser, form, "keep", **FILLED))
    assert (await ada.client.get("/api/automations")).json()["automations"][0]["name"] == "Talk"


async def test_a_blank_left_open_is_asked_for_beside_it_and_the_rest_is_kept(browser: Browser) -> None:
    form = form_to(await page(browser, f"{COMMENTS}?part=form"), COMMENTS)
    answer = await send(browser, form, "keep", name="Talk", file=FILE)
    assert answer.status_code == 400
    assert beside(answer.text, "channel") == "Choose a channel."
    assert form_to(answer.text, COMMENTS).fields["file"] == FILE
    for button in ("try", "keep"):
        answer = await send(browser, form, button, name=" ", file=FILE)
        assert beside(answer.text, "name") == "Write a name of at most 120 characters."
        assert beside(answer.text, "channel") == "Choose a channel."
    assert "No automations yet" in await page(browser, HOME)


async def test_a_dry_run_shows_which_events_match_and_the_text_and_sends_nothing(
    ada: Automating, browser: Browser
) -> None:
    await ada.received()
    await ada.received(payload={**COMMENT, "file_key": "Elsewhere0000000000001"})
    before = ada.running.seen("slack", "chat.postMessage")
    form = form_to(await page(browser, f"{COMMENTS}?part=form"), COMMENTS)
    answer = await send(browser, form, "try", **FILLED)
    text = words(answer.text)
    assert "Would have posted to #design once last week (2 events checked). Nothing was sent." in text
    assert "Looks good" in text
    assert "1 event skipped" in text
    assert "file_key is “Elsewhere0000000000001”, and the rule asks that it is" in text
    assert form_to(answer.text, COMMENTS).fields["channel"] == "#design"
    assert ada.running.seen("slack", "chat.postMessage") == before
    assert "No automations yet" in await page(browser, HOME)


async def test_where_nothing_has_happened_an_example_shows_what_would_be_sent(browser: Browser) -> None:
    form = form_to(await page(browser, f"{COMMENTS}?part=form"), COMMENTS)
    text = words((await send(browser, form, "try", **FILLED)).text)
    assert "No such events in the last week." in text
    assert "Example message" in text
    assert "*Mei Lin* on" in text


async def test_switched_on_from_the_gallery_it_runs_and_its_log_says_what_it_did(
    ada: Automating, browser: Browser
) -> None:
    form = form_to(await page(browser, f"{COMMENTS}?part=form"), COMMENTS)
    answer = await send(browser, form, "keep", **FILLED)
    assert "“Talk” is on." in words(await follow(browser, answer))
    await ada.happens()
    text = words(await page(browser, answer.headers["location"].partition("?")[0]))
    assert "Worked Mei Lin commented on Tidewater booking flow" in text
    assert "Sent Channel #design Text *Mei Lin* on" in text
    assert '"ok": true' in text


async def test_a_repository_is_one_answer(ada: Automating, browser: Browser) -> None:
    await ada.running.connect(ada.client, "github")
    path = f"{GALLERY}/weekly-digest"
    form = form_to(await page(browser, f"{path}?part=form"), path)
    whole = next(choice for choice in form.options["repository"] if choice.startswith("harbour-pine/"))
    text = await follow(
        browser, await send(browser, form, "keep", repository=whole, timeZone="Europe/Berlin")
    )
    assert f"Every Friday at 16:00 (Europe/Berlin), open an issue in {whole} in GitHub." in words(text)


async def test_a_schedule_shows_its_next_times(browser: Browser) -> None:
    path = f"{GALLERY}/monday-reminder"
    form = form_to(await page(browser, f"{path}?part=form"), path)
    text = words((await send(browser, form, "try", channel="#design", timeZone="UTC")).text)
    assert "It would run at these times." in text
    assert len(re.findall(r"\d{4}, 09:00 UTC", text)) == 5


async def test_who_has_two_workspaces_says_which(ada: Automating, browser: Browser) -> None:
    first = ada.connections["slack"]
    page_of_choices = await ada.running.begin(ada.client, "slack")
    offered = await ada.client.get(page_of_choices)
    other = re.findall(r'name="choice" value="([^"]+)"', offered.text)[-1]
    second = await ada.running.connect(ada.client, "slack", choice=other)
    assert second != first
    form = form_to(await page(browser, f"{COMMENTS}?part=form"), COMMENTS)
    assert set(form.options["account.slack"]) == {"", first, second}
    unchosen = await send(browser, form, "keep", file=FILE, channel="#design")
    assert unchosen.status_code == 400
    assert "Choose which one it uses." in words(unchosen.text)
    again = form_to((await send(browser, form, "look", **{"account.slack": second})).text, COMMENTS)
    channel = next(name for name in again.options["channel"] if name == "#design")
    answer = await send(browser, again, "keep", file=FILE, channel=channel)
    assert answer.status_code == 303, words(answer.text)
    made = await kept_of(ada, answer.headers["location"].split("/")[2].partition("?")[0])
    assert made["definition"]["do"]["connection"] == second
