"""The methods of the simulated Web API that other clients need, each with what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.providers.slack.simulator import seed
from fluxstudio.providers.slack.simulator.scopes import BOT_SCOPES, USER_SCOPES
from tests.providers.slack.conftest import DESIGN, LAUNCH, RANDOM, Sandbox


class Bot:
    """The app's bot in a workspace, or a person in it, who may do everything."""

    def __init__(self, sandbox: Sandbox, user: str | None = None) -> None:
        self.sandbox = sandbox
        account = {"family": "tests", "account": seed.HARBOUR, "client_id": sandbox.simulator.app_id}
        scopes = USER_SCOPES if user else BOT_SCOPES
        more: dict[str, Any] = {"serial": 1, **({"user": user} if user else {})}
        self.token = sandbox.simulator.grants.issue(
            "access", prefix="x", scopes=sorted(scopes), lives=None, **account, **more
        )

    async def __call__(self, method: str, error: str = "", **fields: Any) -> dict[str, Any]:
        """An answer that is `ok`, or the expected refusal."""
        answer = await self.sandbox.call(method, self.token, **fields)
        assert (answer["ok"], answer.get("error", "")) == (not error, error), (method, answer)
        return answer


@pytest.fixture
def bot(sandbox: Sandbox) -> Bot:
    return Bot(sandbox)


async def test_a_message_is_changed_and_deleted_by_who_wrote_it(bot: Bot) -> None:
    ts = (await bot("chat.postMessage", channel=DESIGN, text="One"))["ts"]
    changed = await bot("chat.update", channel=DESIGN, ts=ts, text="Two & three")
    assert changed["message"]["text"] == "Two &amp; three"
    place = await bot("chat.getPermalink", channel=DESIGN, message_ts=ts)
    assert place["permalink"].endswith(f"/archives/{DESIGN}/p{ts.replace('.', '')}")
    other = bot.sandbox.simulator.world.data["messages"][DESIGN][0]["ts"]
    await bot("chat.update", "cant_update_message", channel=DESIGN, ts=other, text="x")
    await bot("chat.delete", "cant_delete_message", channel=DESIGN, ts=other)
    await bot("chat.delete", channel=DESIGN, ts=ts)
    await bot("chat.delete", "message_not_found", channel=DESIGN, ts=ts)
    assert (await bot("chat.meMessage", channel=DESIGN, text="waves"))["channel"] == DESIGN


async def test_a_message_for_one_person_is_kept_nowhere(bot: Bot) -> None:
    before = len(bot.sandbox.simulator.world.data["messages"][DESIGN])
    await bot("chat.postEphemeral", channel=DESIGN, user=seed.ADA, text="Only you")
    await bot("chat.postEphemeral", "user_not_in_channel", channel=DESIGN, user="U0NOBODY01", text="x")
    assert len(bot.sandbox.simulator.world.data["messages"][DESIGN]) == before


async def test_a_scheduled_message_is_posted_when_its_time_has_come(bot: Bot) -> None:
    now = int(bot.sandbox.simulator.clock.now())
    await bot("chat.scheduleMessage", "time_in_past", channel=DESIGN, text="x", post_at=now - 1)
    await bot("chat.scheduleMessage", "time_too_far", channel=DESIGN, text="x", post_at=now + 121 * 86_400)
    made = await bot("chat.scheduleMessage", channel=DESIGN, text="Later", post_at=now + 600)
    gone = await bot("chat.scheduleMessage", channel=DESIGN, text="Never", post_at=now + 600)
    gone_id = {"channel": DESIGN, "scheduled_message_id": gone["scheduled_message_id"]}
    await bot("chat.deleteScheduledMessage", **gone_id)
    await bot("chat.deleteScheduledMessage", "invalid_scheduled_message_id", **gone_id)
    listed = (await bot("chat.scheduledMessages.list"))["scheduled_messages"]
    assert [entry["id"] for entry in listed] == [made["scheduled_message_id"]]
    await bot.sandbox.control("clock", advance=601)
    newest = (await bot("conversations.history", channel=DESIGN, limit=1))["messages"][0]
    assert newest["text"] == "Later"
    assert (await bot("chat.scheduledMessages.list"))["scheduled_messages"] == []


async def test_a_channel_is_made_filled_described_and_put_away(bot: Bot) -> None:
    channel = (await bot("conversations.create", name="harbour-lights"))["channel"]["id"]
    await bot("conversations.create", "name_taken", name="harbour-lights")
    await bot("conversations.create", "invalid_name_specials", name="Harbour Lights")
    await bot("conversations.create", "invalid_name_maxlength", name="x" * 81)
    await bot("conversations.invite", channel=channel, users=f"{seed.ADA},{seed.MEI}")
    await bot("conversations.invite", "already_in_channel", channel=channel, users=seed.ADA)
    await bot("conversations.invite", "user_not_found", channel=channel, users="U0NOBODY01")
    assert seed.MEI in (await bot("conversations.members", channel=channel))["members"]
    await bot("conversations.kick", channel=channel, user=seed.MEI)
    await bot("conversations.kick", "not_in_channel", channel=channel, user=seed.MEI)
    await bot("conversations.setTopic", channel=channel, topic="Lamps")
    await bot("conversations.setPurpose", channel=channel, purpose="To be seen")
    renamed = await bot("conversations.rename", channel=channel, name="lights")
    assert (renamed["channel"]["name"], renamed["channel"]["purpose"]["value"]) == ("lights", "To be seen")
    await bot("conversations.archive", channel=channel)
    await bot("chat.postMessage", "is_archived", channel=channel, text="x")
    await bot("conversations.unarchive", channel=channel)
    await bot("conversations.unarchive", "not_archived", channel=channel)
    await bot("conversations.leave", channel=channel)
    assert (await bot("conversations.leave", channel=channel))["not_in_channel"] is True
    await bot("conversations.leave", "cant_leave_general", channel="C0GENERAL1")
    await bot("conversations.join", channel=RANDOM)
    await bot("conversations.join", "method_not_supported_for_channel_type", channel=LAUNCH)


async def test_direct_messages_are_opened_once(bot: Bot) -> None:
    first = await bot("conversations.open", users=seed.PRIYA)
    again = await bot("conversations.open", users=seed.PRIYA, return_im=True)
    assert (again["channel"]["id"], again["already_open"]) == (first["channel"]["id"], True)
    assert again["channel"]["is_im"] is True
    group = await bot("conversations.open", users=f"{seed.PRIYA},{seed.JONAH}")
    await bot("chat.postMessage", channel=group["channel"]["id"], text="Both of you")
    await bot("conversations.close", channel=group["channel"]["id"])
    await bot("conversations.open", "user_not_found", users="U0NOBODY01")
    await bot("conversations.open", "users_list_not_supplied")


async def test_people_and_their_workspace_are_looked_up(bot: Bot) -> None:
    listed = await bot("users.list", limit=2)
    assert [user["id"] for user in listed["members"]] == [seed.ADA, seed.TOMAS]
    assert listed["response_metadata"]["next_cursor"]
    ada = (await bot("users.info", user=seed.ADA))["user"]
    result = await bot("users.lookupByEmail", email=ada["profile"]["email"])
    assert result["user"]["id"] == seed.ADA
    await bot("users.lookupByEmail", "users_not_found", email="nobody@harbourandpine.example")
    assert (await bot("users.profile.get", user=seed.MEI))["profile"]["real_name"] == "Mei Lin"
    assert (await bot("users.getPresence", user=seed.MEI))["presence"] == "active"
    assert (await bot("team.info"))["team"]["name"] == "Harbour & Pine"
    await bot("team.info", "team_not_found", team="T0NOWHERE1")
    assert (await bot("bots.info"))["bot"]["name"] == "FluxStudio"
    await bot("bots.info", "bot_not_found", bot="B0NOBODY01")
    assert (await bot("emoji.list"))["emoji"] == {}


async def test_reactions_come_once_each_and_go(bot: Bot) -> None:
    ts = (await bot("chat.postMessage", channel=DESIGN, text="Look"))["ts"]
    place = {"channel": DESIGN, "timestamp": ts}
    await bot("reactions.add", **place, name="eyes")
    await bot("reactions.add", "already_reacted", **place, name="eyes")
    await bot("reactions.add", "invalid_name", **place, name="Two Eyes")
    await Bot(bot.sandbox, seed.MEI)("reactions.add", **place, name="eyes")
    [reaction] = (await bot("reactions.get", **place))["message"]["reactions"]
    assert (reaction["count"], seed.MEI in reaction["users"]) == (2, True)
    assert [entry["message"]["ts"] for entry in (await bot("reactions.list"))["items"]] == [ts]
    await bot("reactions.remove", **place, name="eyes")
    await bot("reactions.remove", "no_reaction", **place, name="eyes")
    await bot("pins.add", **place)
    await bot("pins.add", "already_pinned", **place)
    assert [entry["message"]["ts"] for entry in (await bot("pins.list", channel=DESIGN))["items"]] == [ts]
    await bot("pins.remove", **place)
    await bot("pins.remove", "no_pin", **place)


async def test_a_view_needs_a_press_that_was_not_used(bot: Bot) -> None:
    async def press() -> str:
        answer = await bot.sandbox.browser.post(
            f"{bot.sandbox.simulator.url('web')}/_control/trigger", json={}
        )
        return str(answer.json()["trigger_id"])

    blocks = '[{"type": "divider"}]'
    view = f'{{"type": "modal", "title": {{"type": "plain_text", "text": "T"}}, "blocks": {blocks}}}'
    trigger = await press()
    opened = (await bot("views.open", trigger_id=trigger, view=view))["view"]
    await bot("views.open", "exchanged_trigger_id", trigger_id=trigger, view=view)
    await bot("views.open", "invalid_trigger_id", trigger_id="1.2", view=view)
    late = await press()
    await bot.sandbox.control("clock", advance=4)
    await bot("views.open", "expired_trigger_id", trigger_id=late, view=view)
    pushed = (await bot("views.push", trigger_id=await press(), view=view))["view"]
    assert (pushed["root_view_id"], pushed["previous_view_id"]) == (opened["id"], opened["id"])
    changed = view.replace('"T"', '"Other"')
    await bot("views.update", view_id=opened["id"], hash=opened["hash"], view=changed)
    await bot("views.update", "hash_conflict", view_id=opened["id"], hash=opened["hash"], view=view)
    await bot("views.update", "not_found", view_id="V0NOWHERE1", view=view)
    await bot("views.open", "invalid_arguments", trigger_id=await press(), view='{"type": "modal"}')
    home = f'{{"type": "home", "blocks": {blocks}}}'
    first = (await bot("views.publish", user_id=seed.ADA, view=home))["view"]
    assert (await bot("views.publish", user_id=seed.ADA, view=home))["view"]["id"] == first["id"]


async def test_files_are_found_and_deleted(bot: Bot) -> None:
    ticket = await bot("files.getUploadURLExternal", filename="tide.txt", length=3)
    await bot.sandbox.browser.post(ticket["upload_url"], content=b"abc")
    await bot("files.completeUploadExternal", files=f'[{{"id":"{ticket["file_id"]}"}}]', channel_id=DESIGN)
    assert (await bot("files.info", file=ticket["file_id"]))["file"]["name"] == "tide.txt"
    assert (await bot("files.list"))["paging"]["total"] == 1
    await bot("files.delete", file=ticket["file_id"])
    await bot("files.info", "file_not_found", file=ticket["file_id"])
