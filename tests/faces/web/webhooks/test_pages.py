"""Settings → Webhooks: what providers tell us, whether all of it arrives, and how that begins and ends."""

from __future__ import annotations

import html
import re
from uuid import UUID

import httpx2
import pytest

from fluxstudio.flows import directory
from fluxstudio.flows.webhooks.reconcile import reconcile
from fluxstudio.sdk.simulation.faults import Fault
from tests.faces.web.activity.pages import following
from tests.support.browsing import Browser, browser_of, words
from tests.support.reconciling import NOW, happen, hooked
from tests.support.running import Running

HERE = "/settings/webhooks"
FILE = "TidewaterBookingFlow01"
COUNT = "SELECT count(*) FROM webhook_subscriptions"


async def connected(running: Running, provider: str, choice: str | None = None) -> tuple[Browser, str]:
    """Ada in a browser, and the id of a connection of hers."""
    ada = await running.client()
    connection = await running.connect(ada, provider, choice=choice)
    return await browser_of(running, ada), connection


async def add(browser: Browser, connection: str, where: str, **fields: str) -> httpx2.Response:
    """Fill in the form for another webhook and send it; the page that follows."""
    assert (await browser.open(f"{HERE}/new?connection={connection}")).status_code == 200
    sent = await browser.send(f"{HERE}/new", connection=connection, where=where, **fields)
    return await browser.open(sent.headers["location"]) if sent.status_code == 303 else sent


async def test_a_repository_tells_from_now_on_what_was_chosen(running: Running) -> None:
    ada, connection = await connected(running, "github", "ada-park")
    page = await add(ada, connection, "ada-park/sketchbook", **{"type.issues": "on", "type.push": "on"})
    text = words(page.text)
    assert "Events will show up in Activity." in text
    assert "ada-park/sketchbook Repository When an issue changes or someone pushes commits Active" in text
    await happen(running)
    assert "last event just now" in words((await ada.open(HERE)).text)
    assert await running.services.db.fetchval(
        "SELECT count(*) FROM integration_webhooks WHERE event_type = 'issues'"
    )


async def test_a_file_is_named_by_its_address_and_shown_by_its_name(running: Running) -> None:
    ada, connection = await connected(running, "figma")
    web = running.simulators["figma"].url("web")
    page = await add(ada, connection, f"{web}/design/{FILE}/Tidewater", type="FILE_COMMENT")
    assert "Tidewater · Booking flow File When someone comments on a file" in words(page.text)
    assert f'href="{web}/file/{FILE}" target="_blank" rel="noopener noreferrer"' in page.text


@pytest.mark.parametrize(
    ("provider", "where", "fields", "says"),
    [
        ("figma", "nonsense", {"type": "FILE_COMMENT"}, "copy the address from your browser"),
        ("github", "https://evil.example/a/b", {"type.push": "on"}, "Write it as owner/name"),
        ("github", "ada-park/sketchbook", {}, "Choose at least one."),
        ("github", "nonsense", {}, "Choose at least one."),
        ("github", "nonsense", {}, "Write it as owner/name"),
        ("github", "ada-park/no-such-thing", {"type.push": "on"}, "GitHub"),
    ],
)
async def test_what_is_wrong_is_said_where_it_is_mended_and_nothing_typed_is_lost(
    running: Running, provider: str, where: str, fields: dict[str, str], says: str
) -> None:
    ada, connection = await connected(running, provider, "ada-park" if provider == "github" else None)
    page = await add(ada, connection, where, **fields)
    assert says in words(page.text)
    assert f'value="{html.escape(where)}"' in page.text
    for name, value in fields.items():
        assert re.search(rf'name="{re.escape(name)}" value="{value}" checked', page.text)
    assert await running.services.db.fetchval(COUNT) == 0


async def test_what_was_not_allowed_is_granted_from_where_it_is_missing(running: Running) -> None:
    ada, connection = await connected(running, "figma")
    await running.services.db.execute(
        "UPDATE oauth_tokens SET scopes = array_remove(scopes, 'webhooks:write')"
    )
    for path in (HERE, f"{HERE}/new?connection={connection}"):
        page = await ada.open(path)
        assert "has not been allowed to do this: get notified when your files change" in words(page.text)
        assert 'action="/settings/integrations/figma/connect"' in page.text
        assert f'name="connection" value="{connection}"' in page.text
        assert "Grant access" in words(page.text)
        assert "Add the webhook" not in words(page.text)


async def test_an_account_that_does_not_work_says_so_and_is_reconnected_from_here(running: Running) -> None:
    ada, connection = await connected(running, "github", "ada-park")
    await add(ada, connection, "ada-park/sketchbook", **{"type.push": "on"})
    await running.services.db.execute(
        "UPDATE oauth_tokens SET status = 'reauthorize', problem = $1, problem_since = now()",
        {"code": "ended", "message": "GitHub ended it."},
    )
    text = words((await ada.open(HERE)).text)
    assert "GitHub no longer accepts our access to ada-park. Reconnect" in text
    assert "Account not working" in text


async def test_a_file_is_called_by_its_name_where_the_webhook_has_its_key_only(running: Running) -> None:
    ada, connection = await connected(running, "figma")
    web = running.simulators["figma"].url("web")
    await add(ada, connection, f"{web}/file/{FILE}", type="FILE_COMMENT")
    await running.services.db.execute("UPDATE webhook_subscriptions SET details = details - 'name'")
    assert f"file {FILE}" in words((await ada.open(HERE)).text)
    await directory.look_up(running.services)
    text = words((await ada.open(HERE)).text)
    assert "Tidewater" in text
    assert FILE not in text


async def test_what_did_not_arrive_is_shown_until_it_has_and_after(running: Running) -> None:
    client, _ = await hooked(running)
    ada = await browser_of(running, client)
    assert "Active" in words((await ada.open(HERE)).text)
    await happen(running, 2, lost=4)
    await reconcile(running.services, rest=NOW, settle_seconds=0)
    await running.simulators["github"].deliveries.settled()
    text = words((await ada.open(HERE)).text)
    assert "Events are missing" in text
    assert "2 events have not arrived yet. GitHub is asked to send them again." in text
    await reconcile(running.services, rest=NOW)
    text = words((await ada.open(HERE)).text)
    # The ping is a third one where it was on its way before its webhook was kept.
    sent_again = r"checked just now [23] events did not arrive at first; (both|all of them) were sent again"
    assert re.search(sent_again, text)
    assert "Events are missing" not in text


async def test_a_provider_that_cannot_be_asked_for_what_is_missing_is_shown_with_why(
    running: Running,
) -> None:
    client, _ = await hooked(running)
    ada = await browser_of(running, client)
    fault = Fault(match="GET .*/deliveries", status=403, body={"message": "Must have admin rights"})
    running.simulators["github"].faults.active.append(fault)
    await reconcile(running.services, rest=NOW, settle_seconds=0)
    assert "Not checked" in words((await ada.open(HERE)).text)


async def test_a_webhook_is_removed_at_the_provider_once_one_has_said_so(running: Running) -> None:
    ada, connection = await connected(running, "github", "ada-park")
    page = await add(ada, connection, "ada-park/sketchbook", **{"type.push": "on"})
    asked = await ada.open(following(page, "Remove"))
    assert (
        "GitHub will no longer notify FluxStudio when someone pushes commits in ada-park/sketchbook"
        in words(asked.text)
    )
    [hook] = re.findall(r'name="id" value="(\d+)"', asked.text)
    unproven = await ada.client.post(f"{HERE}/remove", data={"connection": connection, "id": hook})
    assert unproven.status_code == 403
    sent = await ada.send(f"{HERE}/remove", connection=connection, id=hook)
    assert "The webhook is removed." in words((await ada.open(sent.headers["location"])).text)
    assert running.seen("github", r"^DELETE .*/hooks/")
    assert await running.services.db.fetchval(COUNT) == 0


async def test_a_webhook_that_is_gone_at_the_provider_is_removed_here(running: Running) -> None:
    ada, connection = await connected(running, "figma")
    web = running.simulators["figma"].url("web")
    page = await add(ada, connection, f"{web}/file/{FILE}", type="FILE_COMMENT")
    running.simulators["figma"].world.data["webhooks"].clear()
    [hook] = re.findall(r'name="id" value="(\d+)"', page.text)
    sent = await ada.send(f"{HERE}/remove", connection=connection, id=hook)
    assert "was gone already" in words((await ada.open(sent.headers["location"])).text)
    assert await running.services.db.fetchval(COUNT) == 0


async def test_a_webhook_that_cannot_be_removed_now_stays_and_says_why(running: Running) -> None:
    ada, connection = await connected(running, "github", "ada-park")
    page = await add(ada, connection, "ada-park/sketchbook", **{"type.push": "on"})
    [hook] = re.findall(r'name="id" value="(\d+)"', page.text)
    running.simulators["github"].faults.active.append(Fault(match="DELETE ", status=503))
    answer = await ada.send(f"{HERE}/remove", connection=connection, id=hook)
    assert "GitHub is not working right now (503). Try again in a minute." in words(answer.text)
    assert "Keep it" in words(answer.text)
    assert await running.services.db.fetchval(COUNT) == 1


async def test_webhooks_and_accounts_of_others_do_not_exist(running: Running) -> None:  # R26
    ada, connection = await connected(running, "github", "ada-park")
    page = await add(ada, connection, "ada-park/sketchbook", **{"type.push": "on"})
    [hook] = re.findall(r'name="id" value="(\d+)"', page.text)
    mei = await browser_of(running, await running.client("mei"))
    assert "ada-park" not in (await mei.open(HERE)).text
    for path in (f"{HERE}/new?connection={connection}", f"{HERE}/remove?connection={connection}&id={hook}"):
        assert (await mei.open(path)).status_code == 404
    fields = {"connection": connection, "id": hook, "where": "ada-park/sketchbook", "type.push": "on"}
    for path in (f"{HERE}/new", f"{HERE}/remove"):
        assert (await mei.send(path, **fields)).status_code == 404
    assert await running.services.db.fetchval(COUNT) == 1


async def test_repositories_that_one_administers_are_suggested_when_they_are_known(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, connection = await connected(running, "github", "ada-park")
    form = f"{HERE}/new?connection={connection}"
    page = await ada.open(f"{form}&part=places")
    places = re.findall(r'<option value="([^"]+)">', page.text)
    assert "ada-park/sketchbook" in places
    monkeypatch.setattr("fluxstudio.faces.web.shell.deferred.SKELETON_AFTER_SECONDS", 0)
    assert f'hx-get="{html.escape(form)}&amp;part=places"' in (await ada.open(form)).text


async def test_a_card_leads_to_the_webhooks_of_its_account(running: Running) -> None:
    ada, connection = await connected(running, "github", "ada-park")
    page = await ada.open("/settings/integrations")
    assert f'href="{HERE}#account-{connection}"' in page.text
    assert f'id="account-{connection}"' in (await ada.open(HERE)).text


async def test_who_has_no_webhooks_learns_what_they_are_for(running: Running) -> None:
    mei = await browser_of(running, await running.client("mei"))
    assert "choose which events to receive" in words((await mei.open(HERE)).text)
    ada, connection = await connected(running, "slack")
    page = await ada.open(HERE)
    assert "Slack sends events in Harbour & Pine automatically" in words(page.text)
    assert (await ada.open(f"{HERE}/new?connection={connection}")).status_code == 404


async def test_a_webhook_is_checked_by_a_button(running: Running) -> None:
    ada, connection = await connected(running, "github", "ada-park")
    page = await add(ada, connection, "ada-park/sketchbook", **{"type.push": "on"})
    [action] = re.findall(r'action="(/settings/webhooks/check[^"]*)"', page.text)
    sent = await ada.send(html.unescape(action))
    assert sent.status_code == 303
    text = words((await ada.open(sent.headers["location"])).text)
    assert "Checked just now." in text
    assert "checked just now" in text


MANY = """
INSERT INTO webhook_subscriptions (provider, webhook_id, user_id, connection_id, passcode_hash, details)
SELECT provider, n::text, user_id, id, decode(repeat('00', 32), 'hex'),
       jsonb_build_object('owner', 'ada-park', 'repo', 'r-' || lpad(n::text, 3, '0'), 'events', '{}'::text[])
FROM connections, generate_series(1, 120) AS n WHERE id = $1
"""


async def test_many_webhooks_come_fifty_to_a_page_and_are_found_by_their_place(running: Running) -> None:
    ada, connection = await connected(running, "github", "ada-park")
    await running.services.db.execute(MANY, UUID(connection))
    page = (await ada.open(HERE)).text
    assert (page.count('class="row hook"'), "1–50 of 120 webhooks" in page) == (50, True)
    last = (await ada.open(f"{HERE}?page=3")).text
    assert (last.count('class="row hook"'), "101–120 of 120 webhooks" in last) == (20, True)
    assert 'rel="next"' not in last
    result = (await ada.open(f"{HERE}?q=R-01")).text
    assert (result.count('class="row hook"'), "10 webhooks match “R-01”" in html.unescape(result)) == (
        10,
        True,
    )
    nothing = html.unescape((await ada.open(f"{HERE}?q=no+such+place")).text)
    assert "No webhook matches “no such place”" in nothing
