"""The simulator answers Slack's own Python client as Slack does."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation import TokenRotator
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web import WebClient
from slack_sdk.web.async_client import AsyncWebClient

from fluxstudio.providers.slack.simulator import SlackSimulator, seed
from fluxstudio.providers.slack.updates import project_update
from tests.providers.slack.conftest import ARCHIVED, DESIGN, RANDOM, Sandbox
from tests.support.direct import REDIRECT

APP = {"client_id": SlackSimulator.app_id, "client_secret": SlackSimulator.app_secret}


def base_url(sandbox: Sandbox) -> str:
    return f"{sandbox.simulator.url('web')}/api/"


def no_retries() -> list[AsyncRetryHandler]:
    return []


async def client_of(sandbox: Sandbox, where: str = seed.HARBOUR) -> AsyncWebClient:
    token = await sandbox.connect(where)
    return AsyncWebClient(token.access_token, base_url(sandbox), retry_handlers=no_retries())


def bot_of(answer: Any) -> Bot:
    return Bot(
        bot_token=answer["access_token"],
        bot_id="B0FLUXHP01",
        bot_user_id=answer["bot_user_id"],
        bot_refresh_token=answer["refresh_token"],
        bot_token_expires_at=int(time.time()) + answer["expires_in"],
        installed_at=time.time(),
    )


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_the_official_flow_from_authorize_url_to_call_and_rotation(sandbox: Sandbox) -> None:
    generator = AuthorizeUrlGenerator(
        client_id=APP["client_id"],
        scopes=["chat:write", "channels:read"],
        redirect_uri=REDIRECT,
        authorization_url=f"{sandbox.simulator.url('web')}/oauth/v2/authorize",
    )
    allowed = await sandbox.browser.post(
        generator.generate("state-1"), data={"choice": seed.HARBOUR, "decision": "allow"}
    )
    code = allowed.headers["location"].partition("code=")[2].partition("&")[0]

    def use() -> tuple[Bot, Bot]:
        client = WebClient(base_url=base_url(sandbox))
        answer = client.oauth_v2_access(**APP, code=code, redirect_uri=REDIRECT)
        assert answer["scope"] == "chat:write,channels:read"
        assert (answer["token_type"], answer["team"]["id"]) == ("bot", seed.HARBOUR)
        first = bot_of(answer)
        assert client.auth_test(token=first.bot_token)["team_id"] == seed.HARBOUR
        rotator = TokenRotator(**APP, client=client)
        assert rotator.perform_bot_token_rotation(bot=first) is None
        second = rotator.perform_bot_token_rotation(bot=first, minutes_before_expiration=13 * 60)
        assert second is not None
        assert client.auth_test(token=second.bot_token)["ok"]
        return first, second

    first, second = await asyncio.to_thread(use)
    assert first.bot_refresh_token != second.bot_refresh_token
    await sandbox.control("clock", advance=120)
    client = AsyncWebClient(base_url=base_url(sandbox), retry_handlers=no_retries())
    with pytest.raises(SlackTokenRotationError, match="invalid_refresh_token"):
        await AsyncTokenRotator(**APP, client=client).perform_bot_token_rotation(
            bot=first, minutes_before_expiration=13 * 60
        )


async def test_channels_are_walked_with_cursors_by_both_clients(sandbox: Sandbox) -> None:
    client = await client_of(sandbox)
    walked = [
        channel["id"]
        async for page in await client.conversations_list(limit=2)
        for channel in page["channels"]
    ]
    whole = (await client.conversations_list(limit=999))["channels"]
    assert walked == [channel["id"] for channel in whole]

    def walk() -> list[str]:
        official = WebClient(client.token, base_url(sandbox))
        pages = official.conversations_list(limit=3, types="public_channel,private_channel")
        return [channel["id"] for page in pages for channel in page["channels"]]

    assert set(walked) < set(await asyncio.to_thread(walk))


async def test_history_is_walked_with_cursors(sandbox: Sandbox) -> None:
    client = await client_of(sandbox)
    for number in range(5):
        await client.chat_postMessage(channel=DESIGN, text=str(number))
    pages = await client.conversations_history(channel=DESIGN, limit=2)
    texts = [message["text"] async for page in pages for message in page["messages"]]
    assert texts[:5] == ["4", "3", "2", "1", "0"]


async def test_a_message_with_our_blocks_is_taken_and_threaded(sandbox: Sandbox) -> None:
    client = await client_of(sandbox)
    text, blocks = project_update(
        "Tidewater", "created", "A booking app.", {"Screens": 3}, "https://d.example"
    )
    posted = await client.chat_postMessage(
        channel=DESIGN, text=text, blocks=[dict(block) for block in blocks]
    )
    assert [block["type"] for block in posted["message"]["blocks"]] == [block["type"] for block in blocks]
    reply = await client.chat_postMessage(
        channel=DESIGN, text="Nice", thread_ts=posted["ts"], reply_broadcast=True
    )
    assert reply["message"]["subtype"] == "thread_broadcast"


@pytest.mark.parametrize(
    ("channel", "code"),
    [(RANDOM, "not_in_channel"), (ARCHIVED, "is_archived"), ("C0NOWHERE1", "channel_not_found")],
)
async def test_a_refusal_raises_the_clients_own_error(sandbox: Sandbox, channel: str, code: str) -> None:
    client = await client_of(sandbox)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=channel, text="Hello")
    assert caught.value.response["error"] == code
    assert caught.value.response.status_code == 200


async def test_files_upload_v2_shares_one_and_several_files(sandbox: Sandbox) -> None:
    token = (await sandbox.connect()).access_token
    client = AsyncWebClient(token, base_url(sandbox), retry_handlers=no_retries())
    several = await client.files_upload_v2(
        channel=DESIGN,
        file_uploads=[
            {"content": "first", "filename": "a.txt"},
            {"content": b"\x00\x01", "filename": "b.bin", "title": "B"},
        ],
        initial_comment="Two files",
    )
    assert [file["title"] for file in several["files"]] == ["a.txt", "B"]

    def one() -> Any:
        return WebClient(token, base_url(sandbox)).files_upload_v2(
            channel=DESIGN, content="tide", filename="t.txt"
        )

    assert (await asyncio.to_thread(one))["file"]["name"] == "t.txt"
    assert len(sandbox.simulator.world.data["messages"][DESIGN][-2]["files"]) == 2


async def test_a_limit_is_http_429_with_retry_after(sandbox: Sandbox) -> None:
    client = await client_of(sandbox)
    await sandbox.control("limits", bucket="conversations.list", calls=2, seconds=60)
    await client.conversations_list()
    await client.conversations_list()
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_list()
    response = caught.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert 55 <= int(response.headers["Retry-After"]) <= 60
    await sandbox.control("clock", advance=61)
    assert (await client.conversations_list())["ok"]


async def test_an_organisations_token_lists_its_workspaces_and_must_name_one(sandbox: Sandbox) -> None:
    client = await client_of(sandbox, seed.GROUP)
    assert (await client.auth_test())["is_enterprise_install"]
    teams = (await client.auth_teams_list())["teams"]
    assert [team["id"] for team in teams] == [seed.HARBOUR, seed.LABS]
    assert (await client.conversations_list(team_id=seed.LABS))["channels"]
    with pytest.raises(SlackApiError, match="missing_argument"):
        await client.conversations_list()


async def test_revoking_with_a_test_flag_revokes_nothing(sandbox: Sandbox) -> None:
    client = await client_of(sandbox)
    assert not (await client.auth_revoke(test=True))["revoked"]
    assert (await client.auth_revoke())["revoked"]
    with pytest.raises(SlackApiError, match="token_revoked"):
        await client.auth_test()
