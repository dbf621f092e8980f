from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fluxstudio.errors import ReauthorizationRequired
from fluxstudio.kit.pkce import challenge_of, new_verifier
from fluxstudio.providers.figma import figma
from fluxstudio.providers.figma.simulator import FigmaSimulator
from fluxstudio.providers.figma.simulator.seed import ADA, TOMAS
from fluxstudio.sdk import OAuthRefused
from tests.providers.figma.conftest import Sandbox, run
from tests.support.direct import REDIRECT, api_for, client_of

VERIFIER = new_verifier()
DAY = 86400


async def ask(sandbox: Sandbox, decision: str = "allow", **changed: str) -> str:
    """Decide on the consent page: the address that leads to, or the page it ends on."""
    query = {
        "client_id": sandbox.simulator.app_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "state": "as it was",
        "scope": " ".join(figma.oauth.asked_scopes()),
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    url = f"{sandbox.simulator.url('web')}/oauth?{urlencode(query | changed)}"
    answer = await sandbox.browser.post(url, data={"choice": ADA, "decision": decision})
    return answer.headers.get("location") or answer.text


async def code(sandbox: Sandbox) -> str:
    return parse_qs(urlsplit(await ask(sandbox)).query)["code"][0]


async def works(sandbox: Sandbox, token: str) -> bool:
    answer = await sandbox.browser.get(
        f"{sandbox.simulator.url('api')}/v1/me", headers={"authorization": f"Bearer {token}"}
    )
    return answer.status_code == 200


async def test_a_sign_in_yields_the_account_of_the_person_who_allowed_it(sandbox: Sandbox) -> None:
    token = await sandbox.connect(TOMAS)
    account = await figma.identity.identify(api_for(figma, sandbox.simulator, token.access_token), token)
    assert (account.id, account.name, account.email) == (TOMAS, "Tomas Ruiz", "tomas@harbourandpine.example")
    assert account.avatar_url is not None
    assert token.expires_in == 90 * DAY
    assert token.refresh_token
    assert token.scopes is None


async def test_only_the_asked_scopes_are_granted(sandbox: Sandbox) -> None:  # R8
    asked = figma.oauth.asked_scopes()
    assert "file_variables:read" not in asked
    assert "files:read" not in asked
    token = await sandbox.connect()
    assert sandbox.simulator.grants.tokens[token.access_token]["scopes"] == list(asked)


async def test_a_code_is_good_once(sandbox: Sandbox) -> None:
    client, value = client_of(figma, sandbox.simulator), await code(sandbox)
    await client.exchange(value, REDIRECT, VERIFIER)
    with pytest.raises(OAuthRefused) as refused:
        await client.exchange(value, REDIRECT, VERIFIER)
    assert refused.value.error == "invalid_grant"


async def test_a_code_lives_thirty_seconds(sandbox: Sandbox) -> None:
    client, value = client_of(figma, sandbox.simulator), await code(sandbox)
    await sandbox.control("clock", {"advance": 31})
    with pytest.raises(OAuthRefused):
        await client.exchange(value, REDIRECT, VERIFIER)
    assert figma.oauth.code_lives.total_seconds() == 30


async def test_a_code_needs_its_own_verifier_and_redirect_uri(sandbox: Sandbox) -> None:  # R4
    client = client_of(figma, sandbox.simulator)
    for redirect, verifier in ((REDIRECT, new_verifier()), (REDIRECT, None), (f"{REDIRECT}/x", VERIFIER)):
        with pytest.raises(OAuthRefused) as refused:
            await client.exchange(await code(sandbox), redirect, verifier)
        assert refused.value.error == "invalid_grant"


async def test_wrong_app_credentials_are_not_a_dead_grant(sandbox: Sandbox) -> None:
    client = replace(client_of(figma, sandbox.simulator), client_secret="not the one")
    with pytest.raises(OAuthRefused) as refused:
        await client.refresh("figur_made_up_for_tests")
    assert refused.value.error == "invalid_client"


async def test_a_refresh_sends_only_the_refresh_token_and_gets_none_back(sandbox: Sandbox) -> None:
    assert figma.oauth.refresh_form("kept") == {"refresh_token": "kept"}
    client, first = client_of(figma, sandbox.simulator), await sandbox.connect()
    assert first.refresh_token is not None
    second = await client.refresh(first.refresh_token)
    assert second.refresh_token is None
    assert not await works(sandbox, first.access_token)
    third = await client.refresh(first.refresh_token)
    assert not await works(sandbox, second.access_token)
    assert await works(sandbox, third.access_token)


async def test_a_second_sign_in_ends_the_first_and_nobody_elses(sandbox: Sandbox) -> None:
    first, other = await sandbox.connect(), await sandbox.connect(TOMAS)
    second = await sandbox.connect()
    assert [await works(sandbox, token.access_token) for token in (first, other, second)] == [
        False,
        True,
        True,
    ]
    assert first.refresh_token is not None
    third = await client_of(figma, sandbox.simulator).refresh(first.refresh_token)
    assert await works(sandbox, third.access_token)


async def test_a_refresh_token_that_was_withdrawn_is_a_dead_grant(sandbox: Sandbox) -> None:  # F9
    token = await sandbox.connect()
    sandbox.simulator.grants.remove(kind="refresh")
    assert token.refresh_token is not None
    with pytest.raises(OAuthRefused) as refused:
        await client_of(figma, sandbox.simulator).refresh(token.refresh_token)
    assert refused.value.error in figma.oauth.dead_errors


async def test_an_access_token_lives_ninety_days(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    await sandbox.control("clock", {"advance": 90 * DAY - 60})
    assert await works(sandbox, token.access_token)
    await sandbox.control("clock", {"advance": 120})
    assert not await works(sandbox, token.access_token)


async def test_a_person_who_declines_stays_where_they_are(sandbox: Sandbox) -> None:
    page = await ask(sandbox, "deny")
    assert "<h1>Access was not granted</h1>" in page
    assert REDIRECT not in page
    assert figma.oauth.declines_silently


async def test_scopes_figma_does_not_have_end_the_sign_in(sandbox: Sandbox) -> None:
    assert "Invalid scopes: file_read" in await ask(sandbox, scope="file_read current_user:read")


async def test_the_consent_page_lets_one_choose_between_people(sandbox: Sandbox) -> None:
    query = {
        "client_id": sandbox.simulator.app_id,
        "redirect_uri": REDIRECT,
        "state": "x",
        "scope": "current_user:read",
    }
    page = await sandbox.browser.get(f"{sandbox.simulator.url('web')}/oauth", params=query)
    assert re.findall(r"<span>(\w+ \w+)<", page.text) == ["Ada Park", "Tomas Ruiz", "Mei Lin"]


async def test_a_token_without_a_successor_asks_for_a_new_sign_in(sandbox: Sandbox) -> None:
    class Spent:
        async def current(self) -> str:
            return "figu_made_up_for_tests"

        async def renewed(self, rejected: str) -> str:
            raise ReauthorizationRequired("Reconnect Figma.")

    api = await sandbox.api()
    api.token = Spent()
    with pytest.raises(ReauthorizationRequired):
        await run(api, "comments", fileKey="TidewaterBookingFlow01")


def test_grants_and_comments_survive_a_restart(tmp_path: Path) -> None:
    stored = tmp_path / "figma.json"
    before = FigmaSimulator(stored)
    details = {"account": ADA, "client_id": before.app_id, "scopes": ["current_user:read"], "lives": None}
    value = before.grants.issue("refresh", prefix="figur_", family="x", **details)  # type: ignore[arg-type]
    before.world.data["files"]["TidewaterBookingFlow01"]["name"] = "Renamed"
    before.world.save()
    after = FigmaSimulator(stored)
    assert after.grants.live(value, "refresh")
    assert after.world.data["files"]["TidewaterBookingFlow01"]["name"] == "Renamed"
