"""Settings: one place for everything, one's data to take along, and what one is told, where, and when not."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import httpx2

from fluxstudio.core.identity.preferences import NotificationSettings, Preferences
from fluxstudio.flows import notifications
from fluxstudio.flows.automations.health import failure_notice
from tests.support.automating import Automating
from tests.support.browsing import signed_in
from tests.support.running import Running

PAGE = "/settings/notifications"


async def save(client: httpx2.AsyncClient, **fields: str) -> httpx2.Response:
    """Send the form of notifications."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', (await client.get(PAGE)).text)
    assert csrf is not None
    sent = {"csrf": csrf[1], "timeZone": "UTC", **fields}
    return await client.post(PAGE, data=sent, headers={"authorization": ""})


async def test_settings_lead_to_what_each_may_set_and_give_data_back(running: Running) -> None:
    ada, root = await signed_in(running, "ada"), await signed_in(running, "root", role="admin")
    connection = await running.connect(ada, "figma")
    for path, member in (("/settings/account", True), (PAGE, True), ("/settings/people", False)):
        assert (f'href="{path}"' in (await ada.get("/settings")).text) is member
        assert f'href="{path}"' in (await root.get("/settings")).text

    audit = html.unescape((await ada.get("/settings/audit")).text)
    assert "Connect" in audit
    assert "Figma" in audit
    assert "root" not in audit

    answer = await ada.get("/settings/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    data = json.loads(answer.text)
    assert data["profile"]["id"] == "ada"
    assert [entry["id"] for entry in data["connections"]] == [connection]
    assert set(data) >= {"automations", "runs", "accessTokens", "sessions", "agents", "auditLog"}
    figma = running.simulators["figma"].grants.tokens
    assert figma
    assert not [token for token in figma if token in answer.text]
    assert "data_exported" in json.dumps(data["auditLog"])
    assert (await (await running.client(None)).get("/settings/export")).status_code == 303


async def test_the_form_says_all_that_is_wrong_and_keeps_what_was_typed(running: Running) -> None:
    ada = await signed_in(running, "ada")
    await running.connect(ada, "slack")
    wrong = await save(ada, quietFrom="22:00", digestAt="noon", timeZone="Mars/Base", channel="")
    text = html.unescape(wrong.text)
    assert wrong.status_code == 400
    for message in ("Give both times, or neither.", "Write a time like 18:30.", "Choose a time zone."):
        assert message in text
    assert 'value="22:00"' in text
    assert (await save(ada, channel="#design", digestAt="09:00", failures="on")).status_code == 303
    again = (await ada.get(PAGE)).text
    assert 'value="#design"' in again
    assert 'value="09:00"' in again


async def test_failures_are_told_in_the_chosen_channel_but_not_in_quiet_hours(running: Running) -> None:
    ada = await Automating.begin(running)
    actor = await running.actor("ada")
    posted = running.simulators["slack"].world.data
    await ada.make(name="Comments to driftwood")
    posted["channels"]["C0DESIGN01"]["is_archived"] = True
    await ada.happens()
    now = datetime.now(UTC)
    quiet = NotificationSettings(
        connection=UUID(ada.connections["slack"]),
        channel="#driftwood",
        quiet_from=(now - timedelta(hours=2)).time().replace(microsecond=0),
        quiet_until=(now + timedelta(hours=2)).time().replace(microsecond=0),
        digest_at=time(0, 0),
    )
    store = Preferences(running.services.db)
    await notifications.choose(running.services, actor, quiet, {})
    assert await failure_notice.notify_owners(running.services) == 0
    assert await notifications.send_digests(running.services) == 0

    await store.set_notifications(actor.user_id, replace(quiet, quiet_from=None, quiet_until=None))
    assert await failure_notice.notify_owners(running.services) == 1
    await running.services.db.execute("DELETE FROM provider_budgets WHERE bucket LIKE 'chat.postMessage%'")
    assert await notifications.send_digests(running.services) == 1
    assert await notifications.send_digests(running.services) == 0
    text = str(posted)
    assert "Your automation “Comments to driftwood” failed" in text
    assert "Your daily summary\\n• “Comments to driftwood” failed" in text

    # Who wants to hear nothing of failures hears nothing.
    await running.services.db.execute("UPDATE automations SET failure_notified_at = NULL")
    await store.set_notifications(
        actor.user_id, replace(quiet, failures=False, quiet_from=None, quiet_until=None)
    )
    assert await failure_notice.notify_owners(running.services) == 0
