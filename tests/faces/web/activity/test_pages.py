"""Activity: what happened in one's accounts, what came of it, and replaying it."""

from __future__ import annotations

import html
import re
from uuid import UUID

import pytest

from fluxstudio.core.jobs import queue
from fluxstudio.flows.webhooks.process import Processing
from tests.faces.web.activity.pages import HERE, connected, following, shown
from tests.support.browsing import browser_of, words
from tests.support.receiving import arrived, broken, nothing, send, state
from tests.support.running import Running
from tests.support.webhooks import github_event

ATTEMPTED = "UPDATE integration_webhooks SET attempts = $2 WHERE id = $1"


async def given_up(running: Running, **event: str) -> UUID:
    """An event that could not be handled however often it was tried."""
    event_id = await arrived(running, **event)
    await running.services.db.execute(ATTEMPTED, event_id, queue.MOST_ATTEMPTS - 1)
    await Processing(running.services, broken).event(event_id)
    return event_id


async def test_people_read_in_words_what_happened_in_their_accounts_and_nobody_elses(
    running: Running,
) -> None:  # R26
    ada, team = await connected(running)
    mine = await arrived(running, team=team, text="The tide table is calm")
    elsewhere = await arrived(running, team="T0ELSEWHERE", text="Not for Ada")
    page = await ada.open(HERE)
    assert shown(page) == [str(mine)]
    assert "The tide table is calm" in words(page.text)
    assert "Harbour & Pine" in words(page.text)
    for path in (f"{HERE}/{elsewhere}", f"{HERE}/not-an-id", f"{HERE}?before=not-an-id", f"{HERE}?from=none"):
        assert (await ada.open(path)).status_code == 404, path
    assert (await ada.send(f"{HERE}/{elsewhere}/replay")).status_code == 404
    admin = await browser_of(running, await running.client("root", role="admin"))
    assert shown(await admin.open(HERE)) == [str(elsewhere), str(mine)]


async def test_the_list_is_narrowed_by_provider_and_state(running: Running) -> None:
    admin = await browser_of(running, await running.client("root", role="admin"))
    dead, done = await given_up(running), await arrived(running)
    await Processing(running.services, nothing).event(done)
    waiting = await arrived(running)
    await send(await running.client(None), "github", github_event("issues", {"action": "opened"}))
    slack = f"{HERE}?from=slack"
    assert len(shown(await admin.open(HERE))) == 4
    assert shown(await admin.open(slack)) == [str(waiting), str(done), str(dead)]
    assert shown(await admin.open(f"{HERE}?state=dead")) == [str(dead)]
    assert shown(await admin.open(f"{slack}&state=handled")) == [str(done)]
    nothing_fits = await admin.open(f"{HERE}?from=github&state=dead")
    assert shown(nothing_fits) == []
    assert "No failed events" in words(nothing_fits.text)
    narrowed = await admin.open(f"{slack}&state=dead")
    assert following(narrowed, "Handled") == f"{slack}&state=handled"
    assert following(narrowed, "GitHub") == f"{HERE}?from=github&state=dead"


async def test_pages_lead_from_the_newest_to_the_oldest(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxstudio.faces.web.activity.routes.EVENTS_PAGE_SIZE", 2)
    admin = await browser_of(running, await running.client("root", role="admin"))
    events = [str(await arrived(running)) for _ in range(5)][::-1]
    page = await admin.open(f"{HERE}?from=slack")
    seen = shown(page)
    while "Older" in words(page.text):
        page = await admin.open(following(page, "Older"))
        seen += shown(page)
        assert following(page, "Newest") == f"{HERE}?from=slack"
        assert "data-live=" not in page.text
    assert seen == events


async def test_an_event_shows_what_was_sent_each_attempt_and_when_the_next_is(running: Running) -> None:
    ada, team = await connected(running)
    event_id = await arrived(running, team=team, text="<b>Calm</b>")
    with pytest.raises(queue.Retry):
        await Processing(running.services, broken).event(event_id)
    await running.services.db.execute("UPDATE jobs SET status = 'later', due_at = now() + interval '1 hour'")
    page = await ada.open(f"{HERE}/{event_id}")
    text = words(page.text)
    assert "Attempt 1 failed" in text
    assert "It could not be handled (ValueError)." in text
    assert re.search(r"Next attempt in (1 hour|59 minutes)", text)
    assert "<b>Calm</b>" not in page.text
    [copied] = re.findall(r'data-copy="([^"]*)"', page.text)
    assert f'"team_id": "{team}"' in html.unescape(copied)
    await Processing(running.services, nothing).event(event_id)
    text = words((await ada.open(f"{HERE}/{event_id}")).text)
    assert "State Handled" in text
    assert "Attempt 2 succeeded" in text


async def test_one_event_is_replayed_and_leads_back_to_where_one_was(running: Running) -> None:
    ada, team = await connected(running)
    event_id = await given_up(running, team=team)
    page = await ada.open(f"{HERE}?state=dead")
    assert f'action="{HERE}/{event_id}/replay"' in page.text
    unproven = await ada.client.post(f"{HERE}/{event_id}/replay", data={"returnTo": HERE})
    assert unproven.status_code == 403
    assert await state(running, event_id) == ("dead", queue.MOST_ATTEMPTS)
    sent = await ada.send(f"{HERE}/{event_id}/replay", returnTo=f"{HERE}?state=dead")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{HERE}?state=dead&done=1")
    assert await state(running, event_id) == ("failed", 0)
    assert "Replaying 1 event." in words((await ada.open(sent.headers["location"])).text)
    assert "Replaying" in words((await ada.open(f"{HERE}/{event_id}")).text)
    away = await ada.send(f"{HERE}/{event_id}/replay", returnTo="https://evil.example")
    assert away.headers["location"].startswith("/?")


async def test_all_that_was_given_up_on_is_replayed_once_one_knows_how_many(running: Running) -> None:  # R54
    ada, team = await connected(running)
    mine = [await given_up(running, team=team) for _ in range(2)]
    other = await given_up(running, team="T0ELSEWHERE")
    page = await ada.open(f"{HERE}?from=slack&state=dead")
    assert "Replay all 2 events" in words(page.text)
    asked = words((await ada.open(following(page, "Replay all"))).text)
    assert "2 events from Slack failed after every retry" in asked
    sent = await ada.send(f"{HERE}/replay", **{"from": "slack"})
    assert sent.headers["location"] == f"{HERE}?from=slack&done=2"
    assert [await state(running, event_id) for event_id in mine] == [("failed", 0)] * 2
    assert (await state(running, other))[0] == "dead"
    asked_again = await ada.open(f"{HERE}/replay")
    assert (asked_again.status_code, asked_again.headers["location"]) == (303, f"{HERE}?state=dead")
    log = "SELECT details ->> 'events' FROM audit_log WHERE action = 'replay'"
    assert await running.services.db.fetchval(log) == "2"


async def test_only_the_oldest_are_replayed_where_there_are_too_many_for_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxstudio.flows.webhooks.replay.MAX_REPLAYED_AT_ONCE", 1)
    ada, team = await connected(running)
    for _ in range(2):
        await given_up(running, team=team)
    asked = words((await ada.open(f"{HERE}/replay")).text)
    assert "2 events failed after every retry. The oldest 1 will be processed again" in asked
    assert "Replay 1 event" in asked


async def test_nothing_there_yet_says_what_will_be_and_how_to_get_it(running: Running) -> None:
    ada = await browser_of(running, await running.client())
    page = await ada.open(HERE)
    assert "Connect a tool your team works in" in words(page.text)
    assert following(page, "Open Integrations") == "/settings/integrations"
    mei, _ = await connected(running, "mei")
    assert "as they happen" in words((await mei.open(HERE)).text)
