from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fluxstudio.providers.slack import slack
from fluxstudio.providers.slack.simulator import METHODS, SlackSimulator, seed
from fluxstudio.providers.slack.simulator.blockkit import complaints
from fluxstudio.providers.slack.simulator.mrkdwn import html
from fluxstudio.sdk import Upload
from fluxstudio.sdk.simulation import simulation
from tests.providers.slack.conftest import DESIGN, LAUNCH, RANDOM, Sandbox, run
from tests.support.direct import consent
from tests.support.serving import serving

NEEDS: dict[str, tuple[str, dict[str, Any]]] = {
    "conversations.list": ("channels:read", {}),
    "conversations.history": ("channels:history", {"channel": DESIGN}),
    "chat.postMessage": ("chat:write", {"channel": DESIGN, "text": "x"}),
    "files.getUploadURLExternal": ("files:write", {"filename": "a", "length": 1}),
    "files.completeUploadExternal": ("files:write", {"files": '[{"id":"F1"}]'}),
}


@pytest.mark.parametrize("method", sorted(NEEDS))
async def test_a_method_without_its_scope_says_what_is_needed_and_what_there_is(
    sandbox: Sandbox, method: str
) -> None:
    scope, fields = NEEDS[method]
    token = (await sandbox.connect(scopes=("team:read",))).access_token
    answer = await sandbox.call(method, token, **fields)
    assert answer == {"ok": False, "error": "missing_scope", "needed": scope, "provided": "team:read"}


@pytest.mark.parametrize("method", sorted(name for name, method in METHODS.items() if not method.open))
async def test_no_method_answers_without_a_live_token(sandbox: Sandbox, method: str) -> None:
    assert (await sandbox.call(method, ""))["error"] == "not_authed"
    assert (await sandbox.call(method, "xoxb-made-up"))["error"] == "invalid_auth"


async def test_a_refresh_token_is_no_access_token(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    assert (await sandbox.call("auth.test", str(token.refresh_token)))["error"] == "invalid_auth"


async def test_a_workspace_sees_nothing_of_another(sandbox: Sandbox) -> None:
    token = (await sandbox.connect(seed.LABS)).access_token
    listed = await sandbox.call("conversations.list", token, types="public_channel,private_channel")
    assert {channel["context_team_id"] for channel in listed["channels"]} == {seed.LABS}
    assert (await sandbox.call("chat.postMessage", token, channel=DESIGN, text="x"))["error"] == (
        "channel_not_found"
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"limit": 0}, "invalid_limit"),
        ({"limit": 1001}, "invalid_limit"),
        ({"limit": "many"}, "invalid_limit"),
        ({"cursor": "nonsense"}, "invalid_cursor"),
        ({"cursor": "cGxhY2U6eA=="}, "invalid_cursor"),
        ({"types": "public_channel,rooms"}, "invalid_types"),
        ({"types": "im"}, "missing_scope"),
    ],
)
async def test_wrong_arguments_of_a_list_are_refused(
    sandbox: Sandbox, fields: dict[str, Any], code: str
) -> None:
    token = (await sandbox.connect(scopes=("channels:read",))).access_token
    assert (await sandbox.call("conversations.list", token, **fields))["error"] == code


async def test_messages_of_one_instant_still_have_their_own_ts_in_order(sandbox: Sandbox) -> None:
    token = (await sandbox.connect()).access_token
    await sandbox.control("clock", advance=-3600)
    stamps = [
        (await sandbox.call("chat.postMessage", token, channel=DESIGN, text=str(number)))["ts"]
        for number in range(5)
    ]
    assert len(set(stamps)) == 5
    assert stamps == sorted(stamps)


async def test_an_upload_needs_its_ticket_its_length_and_its_bytes(sandbox: Sandbox) -> None:
    token = (await sandbox.connect()).access_token
    ticket = await sandbox.call("files.getUploadURLExternal", token, filename="a.txt", length=3)
    early = await sandbox.call(
        "files.completeUploadExternal", token, files=f'[{{"id":"{ticket["file_id"]}"}}]'
    )
    assert early["error"] == "file_not_found"
    assert (await sandbox.browser.post(ticket["upload_url"], content=b"four")).status_code == 400
    assert (await sandbox.browser.post(ticket["upload_url"] + "x", content=b"abc")).status_code == 404
    assert (await sandbox.browser.post(ticket["upload_url"], files={"file": b"abc"})).text == "OK - 3"
    other = (await sandbox.connect(seed.LABS)).access_token
    wanted = f'[{{"id":"{ticket["file_id"]}","title":"A"}}]'
    assert (await sandbox.call("files.completeUploadExternal", other, files=wanted))["error"] == (
        "file_not_found"
    )
    assert (await sandbox.call("files.completeUploadExternal", token, files=wanted))["ok"]


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "section"}, "text or fields"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": ""}}, "more than 0"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}, "less than 3001"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}, "no more than 10"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "plain_text"),
        ({"type": "context", "elements": []}, "at least 1"),
        ({"type": "actions", "elements": [{"type": "button", "text": "x"}]}, "text object"),
        ({"type": "carousel2"}, "unsupported type"),
        ("words", "must be an object"),
    ],
)
def test_blocks_outside_the_limits_are_named_with_their_place(block: Any, complaint: str) -> None:
    result = complaints([block])
    assert any(complaint in entry and "/blocks/0" in entry for entry in result), result


async def test_everything_said_and_every_token_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "slack.json"
    first = SlackSimulator(file)
    async with serving(lambda base: simulation([first], base)):
        token = await consent(slack, first, seed.HARBOUR, ("chat:write",))
        first.world.data["messages"][DESIGN].append(
            {"type": "message", "user": seed.ADA, "text": "Still here", "ts": "1.000000"}
        )
        first.world.save()
    second = SlackSimulator(file)
    assert token.access_token in second.grants.tokens
    assert second.world.data["messages"][DESIGN][-1]["text"] == "Still here"


def test_rotation_can_be_off_from_the_start() -> None:
    assert not SlackSimulator(rotation=False).world.data["app"]["rotation"]


async def test_a_person_finds_a_posted_message_on_the_pages(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    web = sandbox.simulator.url("web")
    posted = await run(api, "message", channel=DESIGN, text="Find *me* <https://d.example|here>")
    await run(api, "files", channel=DESIGN, file=Upload("plan.txt", "text/plain", b"x"))
    await run(
        api,
        "project_update",
        channel=DESIGN,
        projectName="Tide & Co",
        updateType="created",
        url="https://d.example/p",
    )
    for address in (f"{web}/", f"{web}/archives/{DESIGN}"):
        page = await sandbox.browser.get(address)
        assert page.status_code == 200
        assert 'Find <strong>me</strong> <a href="https://d.example" rel="noreferrer">here</a>' in page.text
        assert "plan.txt" in page.text
        assert "<h3>Tide &amp; Co</h3>" in page.text
        assert 'href="https://d.example/p"' in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    link = await sandbox.browser.get(f"{web}/archives/{DESIGN}/p{posted['ts'].replace('.', '')}")
    assert link.headers["location"].endswith(f"{DESIGN}#p{posted['ts'].replace('.', '')}")


async def test_the_bare_address_leads_to_the_latest_messages(sandbox: Sandbox) -> None:
    web = sandbox.simulator.url("web")
    assert (await sandbox.browser.get(web)).headers["location"] == f"{web}/"


async def test_inviting_the_app_on_the_page_lets_it_post(sandbox: Sandbox) -> None:
    token = (await sandbox.connect()).access_token
    room = f"{sandbox.simulator.url('web')}/archives/{RANDOM}"
    assert "/invite @FluxStudio" in (await sandbox.browser.get(room)).text
    assert (await sandbox.browser.post(f"{room}/invite")).status_code == 303
    assert "/invite @FluxStudio" not in (await sandbox.browser.get(room)).text
    assert (await sandbox.call("chat.postMessage", token, channel=RANDOM, text="Hello"))["ok"]


async def test_what_is_not_there_is_404(sandbox: Sandbox) -> None:
    web, files = sandbox.simulator.url("web"), sandbox.simulator.url("files")
    for address in (f"{web}/archives/C0NOWHERE1", f"{web}/avatars/U0NOBODY01.svg", f"{files}/files-pri/F1"):
        assert (await sandbox.browser.get(address)).status_code == 404


async def test_everybody_has_a_picture(sandbox: Sandbox) -> None:
    world = sandbox.simulator.world.data
    for key in (*world["users"], *world["workspaces"], "U0FLUXHP01", "U0FLUXPL01"):
        picture = await sandbox.browser.get(f"{sandbox.simulator.url('web')}/avatars/{key}.svg")
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert picture.text.startswith("<svg")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "script"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;"),
        ("<javascript:alert(1)|click>", "click"),
        ('<https://a.example/"onclick="x|y>', "&#34;onclick="),
    ],
)
def test_nothing_said_becomes_markup_of_the_page(text: str, shown: str) -> None:
    page = str(html(text, {}))
    assert shown in page
    assert "<script" not in page
    assert "javascript:" not in page.replace("javascript:alert(1)|", "")
    assert '"onclick' not in page


def test_mentions_and_styles_are_shown_as_slack_shows_them() -> None:
    page = str(
        html(f"<@{seed.MEI}> in <#{LAUNCH}>: *a* _b_ ~c~ `d` 2*3*4", {seed.MEI: "Mei", LAUNCH: "launch"})
    )
    assert '<span class="mention">@Mei</span>' in page
    assert '<span class="mention">#launch</span>' in page
    assert "<strong>a</strong> <em>b</em> <s>c</s> <code>d</code> 2*3*4" in page


async def test_a_code_is_good_for_one_exchange(sandbox: Sandbox) -> None:
    """As in outline/outline#1239."""
    code = sandbox.simulator.grants.new_code(
        client_id=sandbox.simulator.app_id,
        redirect_uri="http://127.0.0.1:9/callback",
        account=seed.HARBOUR,
        scopes=["chat:write"],
        challenge=None,
    )
    app = {"client_id": sandbox.simulator.app_id, "client_secret": sandbox.simulator.app_secret}
    form = {**app, "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    assert (await sandbox.call("oauth.v2.access", "", **form))["ok"] is True
    assert (await sandbox.call("oauth.v2.access", "", **form))["error"] == "code_already_used"


async def test_a_channel_is_read_by_its_id_only(sandbox: Sandbox) -> None:
    """As in meltaxa/slackview#6."""
    token = (await sandbox.connect()).access_token
    by_name = await sandbox.call("conversations.history", token, channel="#design")
    assert by_name["error"] == "channel_not_found"
    assert (await sandbox.call("conversations.history", token, channel=DESIGN))["ok"] is True
