from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from fluxstudio.kit.pkce import challenge_of, new_verifier
from fluxstudio.providers.github import github
from fluxstudio.providers.github.oauth import read_token
from fluxstudio.providers.github.simulator import GitHubSimulator
from fluxstudio.sdk import OAuthRefused
from fluxstudio.sdk.simulation import Fault
from tests.providers.github.conftest import ADA, Sandbox
from tests.support.direct import REDIRECT, OneToken, api_for, client_of

EIGHT_HOURS = 8 * 3600


def as_github_app(sandbox: Sandbox) -> None:
    sandbox.simulator.world.data["app"]["kind"] = "github_app"


def code_for(simulator: GitHubSimulator, verifier: str, scopes: tuple[str, ...] = ("repo",)) -> str:
    return simulator.grants.new_code(
        client_id=simulator.app_id,
        redirect_uri=REDIRECT,
        account=ADA,
        scopes=scopes,
        challenge=challenge_of(verifier),
    )


async def refused(sandbox: Sandbox, **form: str) -> dict[str, list[str]]:
    """The token endpoint's own words, which come form-encoded unless JSON is asked for, and with HTTP 200."""
    simulator = sandbox.simulator
    form = {"client_id": simulator.app_id, "client_secret": simulator.app_secret, **form}
    url = f"{simulator.url('web')}/login/oauth/access_token"
    plain = await sandbox.browser.post(url, data=form)
    answer = await sandbox.browser.post(url, data=form, headers={"accept": "application/json"})
    assert plain.status_code == answer.status_code == 200
    assert {name: [value] for name, value in answer.json().items()} == parse_qs(plain.text)
    assert answer.json()["error_description"]
    return {"error": [answer.json()["error"]]}


async def test_an_oauth_app_gets_what_it_asked_for_and_a_token_that_stays(sandbox: Sandbox) -> None:  # R8
    token = await sandbox.connect()
    assert token.access_token.startswith("gho_")
    assert token.scopes == ("read:user", "repo")
    assert (token.refresh_token, token.expires_in) == (None, None)
    sandbox.simulator.clock.advance(300 * 86_400)
    assert (await sandbox.raw(token.access_token, "/user")).status == 200


async def test_a_github_app_gets_a_token_for_eight_hours_and_one_to_renew_it(sandbox: Sandbox) -> None:
    as_github_app(sandbox)
    token = await sandbox.connect()
    assert token.access_token.startswith("ghu_")
    assert (token.expires_in, token.refresh_expires_in) == (28_800, 15_811_200)
    assert token.scopes is None
    sandbox.simulator.clock.advance(EIGHT_HOURS + 1)
    assert (await sandbox.raw(token.access_token, "/user")).status == 401


async def test_a_refresh_ends_both_old_tokens(sandbox: Sandbox) -> None:
    as_github_app(sandbox)
    old = await sandbox.connect()
    client = client_of(github, sandbox.simulator)
    assert old.refresh_token is not None
    new = await client.refresh(old.refresh_token)
    assert (await sandbox.raw(old.access_token, "/user")).status == 401
    assert (await sandbox.raw(new.access_token, "/user")).status == 200
    with pytest.raises(OAuthRefused) as again:
        await client.refresh(old.refresh_token)
    assert again.value.error in github.oauth.dead_errors
    assert new.refresh_token is not None
    sandbox.simulator.clock.advance(new.refresh_expires_in or 0)
    with pytest.raises(OAuthRefused, match="bad_refresh_token"):
        await client.refresh(new.refresh_token)


async def test_a_call_in_flight_while_the_token_is_renewed_is_sent_once_more(sandbox: Sandbox) -> None:  # F3
    as_github_app(sandbox)
    old = await sandbox.connect()
    assert old.refresh_token is not None
    new = await client_of(github, sandbox.simulator).refresh(old.refresh_token)
    api = api_for(github, sandbox.simulator, old.access_token)
    api.token = source = OneToken(old.access_token, fresh=new.access_token)
    assert (await api.get("/user"))["login"] == ADA
    assert source.rejected == [old.access_token]


async def test_a_code_works_once_and_only_with_its_verifier(sandbox: Sandbox) -> None:  # R4
    client = client_of(github, sandbox.simulator)
    verifier = new_verifier()
    code = code_for(sandbox.simulator, verifier)
    await client.exchange(code, REDIRECT, verifier)
    with pytest.raises(OAuthRefused, match="bad_verification_code"):
        await client.exchange(code, REDIRECT, verifier)
    for wrong in (new_verifier(), None):
        with pytest.raises(OAuthRefused, match="bad_verification_code"):
            await client.exchange(code_for(sandbox.simulator, verifier), REDIRECT, wrong)


async def test_a_code_dies_after_ten_minutes(sandbox: Sandbox) -> None:
    verifier = new_verifier()
    code = code_for(sandbox.simulator, verifier)
    sandbox.simulator.clock.advance(github.oauth.code_lives.total_seconds() + 1)
    with pytest.raises(OAuthRefused, match="bad_verification_code"):
        await client_of(github, sandbox.simulator).exchange(code, REDIRECT, verifier)


async def test_token_errors_come_with_status_200_and_are_errors_all_the_same(sandbox: Sandbox) -> None:
    assert await refused(sandbox, code="nonsense") == {"error": ["bad_verification_code"]}
    assert await refused(sandbox, client_secret="wrong") == {"error": ["incorrect_client_credentials"]}
    assert await refused(sandbox, grant_type="password") == {"error": ["unsupported_grant_type"]}
    assert await refused(sandbox, grant_type="refresh_token", refresh_token="ghr_no") == {
        "error": ["bad_refresh_token"]
    }
    verifier = new_verifier()
    with pytest.raises(OAuthRefused, match="redirect_uri_mismatch"):
        await client_of(github, sandbox.simulator).exchange(
            code_for(sandbox.simulator, verifier), f"{REDIRECT}/other", verifier
        )


async def test_a_scope_that_another_includes_is_not_listed(sandbox: Sandbox) -> None:
    token = await sandbox.connect(scopes=("user", "user:email", "repo", "public_repo", "unheard:of"))
    assert token.scopes == ("user", "repo")


async def test_an_eleventh_token_ends_the_first(sandbox: Sandbox) -> None:
    verifier = new_verifier()
    client = client_of(github, sandbox.simulator)
    tokens = [
        (await client.exchange(code_for(sandbox.simulator, verifier), REDIRECT, verifier)).access_token
        for _ in range(11)
    ]
    alive = [(await sandbox.raw(token, "/user")).status for token in tokens]
    assert alive == [401] + [200] * 10


async def test_a_disconnect_ends_every_token_and_can_be_repeated(sandbox: Sandbox) -> None:  # R18
    first, second = await sandbox.connect(), await sandbox.connect()
    other = await sandbox.connect("jonah-reed")
    client = client_of(github, sandbox.simulator)
    assert await client.revoke(first.access_token) is True
    assert [(await sandbox.raw(token.access_token, "/user")).status for token in (first, second, other)] == [
        401,
        401,
        200,
    ]
    assert await client.revoke(first.access_token) is True
    assert sandbox.pinned.seen[0].startswith("DELETE /applications/simulated-github/grant 204")


async def test_a_disconnect_with_a_wrong_secret_says_that_it_failed(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    sandbox.simulator.app_secret = "another"
    client = client_of(github, sandbox.simulator)
    sandbox.simulator.app_secret = "simulated-secret"
    with pytest.raises(OAuthRefused, match="401"):
        await client.revoke(token.access_token)
    assert (await sandbox.raw(token.access_token, "/user")).status == 200


async def test_a_disconnect_that_github_knows_nothing_of_counts_only_if_the_token_is_dead(  # R18
    loose: Sandbox,
) -> None:
    token = await loose.connect()
    loose.simulator.faults.active.append(Fault(match="/applications/", status=404, body={}, times=1))
    with pytest.raises(OAuthRefused, match="404"):
        await client_of(github, loose.simulator).revoke(token.access_token)


async def test_somebody_who_declines_is_sent_back_with_the_reason(sandbox: Sandbox) -> None:
    query = {"client_id": sandbox.simulator.app_id, "redirect_uri": REDIRECT, "state": "s", "scope": "repo"}
    url = f"{sandbox.simulator.url('web')}/login/oauth/authorize"
    answer = await sandbox.browser.post(url, params=query, data={"decision": "deny"})
    assert answer.headers["location"].startswith(f"{REDIRECT}?error=access_denied")


def test_an_oauth_app_without_scopes_is_told_from_a_github_app_that_has_none() -> None:
    assert read_token({"access_token": "gho_planted", "scope": ""}).scopes == ()
    assert read_token({"access_token": "ghu_planted", "scope": ""}).scopes is None
    assert read_token({"access_token": "gho_planted", "scope": "repo,gist"}).scopes == ("repo", "gist")
    with pytest.raises(OAuthRefused, match="bad_verification_code: expired"):
        read_token({"error": "bad_verification_code", "error_description": "expired"})


def test_only_what_is_needed_is_asked_for_and_said_in_plain_words() -> None:  # R8
    assert github.oauth.asked_scopes() == ("read:user", "repo")
    asked = {scope for operation in github.operations.values() for scope in operation.scopes}
    assert asked <= set(github.oauth.asked_scopes())
    repo = next(scope for scope in github.oauth.described_scopes() if scope.name == "repo")
    assert repo.kind == "write"
    assert "private" in repo.means
