from __future__ import annotations

import pytest

from fluxstudio.kit.pkce import challenge_of
from fluxstudio.providers.slack import slack
from fluxstudio.providers.slack.oauth import read_token
from fluxstudio.providers.slack.simulator import SlackSimulator, seed
from fluxstudio.sdk import OAuthRefused
from fluxstudio.sdk.oauth import TokenEndpointDown
from tests.providers.slack.conftest import EVERYTHING, Sandbox
from tests.support.direct import REDIRECT

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


async def code_of(sandbox: Sandbox, *, challenge: str | None = None) -> str:
    code: str = sandbox.simulator.grants.new_code(
        client_id=sandbox.simulator.app_id,
        redirect_uri=REDIRECT,
        account=seed.HARBOUR,
        scopes=EVERYTHING,
        challenge=challenge,
    )
    return code


def test_pkce_is_the_operators_switch_and_scopes_are_the_least() -> None:  # R8
    assert slack.oauth.pkce == "pkce"
    assert set(slack.oauth.asked_scopes()) == {
        "channels:read",
        "groups:read",
        "channels:history",
        "chat:write",
        "files:write",
    }


async def test_an_installation_gives_a_bot_token_for_twelve_hours_and_a_refresh_token(
    sandbox: Sandbox,
) -> None:
    token = await sandbox.connect()
    assert token.access_token.startswith("xoxe.xoxb-1-")
    assert (token.expires_in, token.scopes) == (43_200, EVERYTHING)
    assert token.refresh_token is not None
    assert token.refresh_token.startswith("xoxe-1-")


async def test_without_rotation_the_token_lasts_and_another_consent_gives_the_same_one(
    sandbox: Sandbox,
) -> None:
    await sandbox.control("app", rotation=False)
    first = await sandbox.connect(scopes=("channels:read",))
    second = await sandbox.connect(scopes=("chat:write",))
    assert first.access_token == second.access_token
    assert first.access_token.startswith("xoxb-")
    assert (first.expires_in, first.refresh_token) == (None, None)
    assert second.scopes == ("channels:read", "chat:write")


async def test_a_refresh_gives_new_tokens_and_the_old_refresh_token_dies_after_a_short_grace(
    sandbox: Sandbox,
) -> None:
    first = await sandbox.connect()
    assert first.refresh_token is not None
    second = await sandbox.app.refresh(first.refresh_token)
    assert second.access_token != first.access_token
    assert second.refresh_token not in {None, first.refresh_token}
    assert (await sandbox.app.refresh(first.refresh_token)).access_token != second.access_token
    await sandbox.control("clock", advance=120)
    with pytest.raises(OAuthRefused) as caught:
        await sandbox.app.refresh(first.refresh_token)
    assert (caught.value.error, caught.value.description) == ("invalid_grant", "invalid_refresh_token")


async def test_at_most_two_access_tokens_are_alive(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    values = [token.access_token]
    for _ in range(2):
        assert token.refresh_token is not None
        token = await sandbox.app.refresh(token.refresh_token)
        values.append(token.access_token)
    answers = [(await sandbox.call("auth.test", value)).get("error") for value in values]
    assert answers == ["token_revoked", None, None]


async def test_an_expired_token_says_so_and_its_refresh_token_still_works(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    await sandbox.control("clock", advance=43_201)
    assert (await sandbox.call("auth.test", token.access_token))["error"] == "token_expired"
    assert token.refresh_token is not None
    renewed = await sandbox.app.refresh(token.refresh_token)
    assert (await sandbox.call("auth.test", renewed.access_token))["ok"]


async def test_an_app_with_pkce_gets_no_bot_scopes_on_this_machine(sandbox: Sandbox) -> None:
    await sandbox.control("app", pkce=True)
    refused = await sandbox.browser.get(
        sandbox.simulator.url("web") + sandbox.simulator.authorize_path,
        params={"client_id": sandbox.simulator.app_id, "redirect_uri": REDIRECT, "scope": "chat:write"},
    )
    assert refused.status_code == 400
    assert "bot scopes" in refused.text
    for address, pkce in ((REDIRECT, True), (REDIRECT, False)):
        assert slack.oauth.redirect_problem(address, pkce)
    assert slack.oauth.redirect_problem("https://flux.example/callback", True) is None


async def test_refresh_tokens_of_a_public_client_die_after_thirty_days(sandbox: Sandbox) -> None:
    code = await code_of(sandbox)
    await sandbox.control("app", pkce=True)
    token = await sandbox.app.exchange(code, REDIRECT, None)
    await sandbox.control("clock", advance=31 * 86_400)
    assert token.refresh_token is not None
    with pytest.raises(OAuthRefused, match="invalid_grant"):
        await sandbox.app.refresh(token.refresh_token)


async def test_a_code_is_taken_once_for_ten_minutes_and_for_its_own_redirect(sandbox: Sandbox) -> None:
    used = await code_of(sandbox)
    await sandbox.app.exchange(used, REDIRECT, None)
    astray = await code_of(sandbox)
    late = await code_of(sandbox)
    with pytest.raises(OAuthRefused, match="invalid_grant"):
        await sandbox.app.exchange(used, REDIRECT, None)
    with pytest.raises(OAuthRefused, match="redirect_uri_mismatch"):
        await sandbox.app.exchange(astray, REDIRECT + "/elsewhere", None)
    await sandbox.control("clock", advance=601)
    with pytest.raises(OAuthRefused, match="invalid_grant"):
        await sandbox.app.exchange(late, REDIRECT, None)


async def test_a_code_asked_for_with_a_challenge_needs_its_verifier(sandbox: Sandbox) -> None:  # R4
    for wrong in (None, "another-verifier-that-is-long-enough-to-be-one"):
        code = await code_of(sandbox, challenge=challenge_of(VERIFIER))
        with pytest.raises(OAuthRefused, match="invalid_grant"):
            await sandbox.app.exchange(code, REDIRECT, wrong)
    code = await code_of(sandbox, challenge=challenge_of(VERIFIER))
    assert (await sandbox.app.exchange(code, REDIRECT, VERIFIER)).access_token


@pytest.mark.parametrize(
    ("client", "secret"), [("somebody-else", "simulated-secret"), ("simulated-slack", "wrong")]
)
async def test_only_the_app_itself_gets_tokens(sandbox: Sandbox, client: str, secret: str) -> None:
    answer = await sandbox.browser.post(
        f"{sandbox.simulator.url('web')}/api/oauth.v2.access",
        data={"code": await code_of(sandbox), "redirect_uri": REDIRECT},
        auth=(client, secret),
    )
    assert answer.status_code == 200
    assert answer.json()["error"] in {"invalid_client_id", "bad_client_secret"}
    with pytest.raises(OAuthRefused, match="invalid_client"):
        read_token(answer.json())


async def test_revoking_a_rotating_token_ends_the_whole_installation(sandbox: Sandbox) -> None:  # R18
    first, second = await sandbox.connect(), await sandbox.connect()
    assert await sandbox.app.revoke(first.access_token)
    for token in (first, second):
        assert (await sandbox.call("auth.test", token.access_token))["ok"] is False
    with pytest.raises(OAuthRefused):
        await sandbox.app.refresh(first.refresh_token or "")


async def test_without_rotation_revoking_ends_the_whole_authorization(sandbox: Sandbox) -> None:  # R18
    await sandbox.control("app", rotation=False)
    token = await sandbox.connect()
    await sandbox.app.revoke(token.access_token)
    assert (await sandbox.call("auth.test", token.access_token))["error"] == "token_revoked"
    assert (await sandbox.connect()).access_token != token.access_token


async def test_revoking_what_is_dead_already_is_no_error(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    await sandbox.app.revoke(token.access_token)
    assert await sandbox.app.revoke(token.access_token)
    assert await sandbox.app.revoke("xoxb-never-issued")


async def test_a_revocation_that_slack_does_not_carry_out_is_reported(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    await sandbox.control(
        "faults", match="apps.uninstall", status=200, body={"ok": False, "error": "internal_error"}
    )
    with pytest.raises(OAuthRefused, match="internal_error"):
        await sandbox.app.revoke(token.access_token)


async def test_uninstalling_the_app_ends_every_token_of_the_workspace(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    answer = await sandbox.call(
        "apps.uninstall",
        token.access_token,
        client_id=sandbox.simulator.app_id,
        client_secret=sandbox.simulator.app_secret,
    )
    assert answer == {"ok": True}
    assert (await sandbox.call("auth.test", token.access_token))["error"] == "token_revoked"
    assert token.refresh_token is not None
    with pytest.raises(OAuthRefused, match="invalid_grant"):
        await sandbox.app.refresh(token.refresh_token)


async def test_someone_who_declines_is_sent_back(sandbox: Sandbox) -> None:
    url = sandbox.app.url(slack.oauth.authorize)
    asked = {
        "client_id": SlackSimulator.app_id,
        "redirect_uri": REDIRECT,
        "state": "s",
        "scope": "chat:write",
    }
    answer = await sandbox.browser.post(url, params=asked, data={"decision": "deny"})
    assert answer.headers["location"] == f"{REDIRECT}?error=access_denied&state=s"
    unknown = await sandbox.browser.get(url, params={**asked, "scope": "chat:write,files:delete"})
    assert (unknown.status_code, "files:delete" in unknown.text) == (400, True)


@pytest.mark.parametrize(
    ("code", "status"),
    [("ratelimited", 429), ("internal_error", 503), ("fatal_error", 503), ("service_unavailable", 503)],
)
def test_a_token_endpoint_out_of_order_never_costs_a_grant(code: str, status: int) -> None:
    with pytest.raises(TokenEndpointDown) as caught:
        read_token({"ok": False, "error": code})
    assert caught.value.status == status


@pytest.mark.parametrize("answer", [{}, {"ok": True}, {"ok": "yes", "access_token": "xoxb-x"}, {"ok": False}])
def test_a_token_answer_that_is_none_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(OAuthRefused, match="invalid_response"):
        read_token(answer)
