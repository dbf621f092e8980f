"""`oidc-provider`, known to the product only from a declaration: strict, rotating and impatient."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from fluxstudio.kit.pkce import challenge_of, new_verifier
from fluxstudio.sdk import OAuthRefused
from tests.support.browsing import Browser
from tests.support.forms import form_to
from tests.support.openid import logout_url_of
from tests.support.running import NO_TLS, Running, Start, outcome_of
from tests.witnesses.node import node

SERVER = Path(__file__).with_name("oidc") / "server.mjs"
REDIRECT = "http://127.0.0.1:9/callback"
APP = {"CLIENT_ID": "fluxstudio", "CLIENT_SECRET": "not-a-real-client-secret-at-all"}

StartHere = Callable[[], Awaitable[Running]]


@pytest.fixture
async def issuer(tmp_path: Path) -> AsyncIterator[str]:
    """The address of the running OpenID provider."""
    async with node(SERVER, tmp_path / "oidc.log", **APP, REDIRECT_URI=REDIRECT) as text:
        yield text["issuer"]


@pytest.fixture
def instance(start: Start, issuer: str, monkeypatch: pytest.MonkeyPatch) -> StartHere:
    """Starts instances of the product, all over one database, that know the provider."""
    for name, value in (*APP.items(), ("WEB_URL", issuer), ("REDIRECT_URI", REDIRECT)):
        monkeypatch.setenv(f"OIDC_{name}", value)
    return lambda: start(packages=("tests.witnesses",), rate_limit_user="100000/minute")


async def events_of(issuer: str) -> Counter[str]:
    """What has happened at the provider, counted by its own names of events."""
    async with httpx2.AsyncClient(verify=NO_TLS) as client:
        return Counter((await client.get(f"{issuer}/events")).json())


async def allowed(authorization_url: str) -> dict[str, str]:
    """Go through the provider's pages as a browser; the fields it sends the person back with."""
    async with httpx2.AsyncClient(verify=NO_TLS, follow_redirects=False) as browser:
        url = authorization_url
        while not url.startswith(REDIRECT):
            answer = await browser.get(url)
            assert answer.is_redirect, answer.text
            url = str(answer.url.join(answer.headers["location"]))
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def back(client: httpx2.AsyncClient, fields: dict[str, str]) -> dict[str, str]:
    """Come back to the product with these fields; how it ended."""
    answer = await client.get(
        f"/api/integrations/oidc/callback?{urlencode(fields)}", headers={"authorization": ""}
    )
    return outcome_of(answer)


async def connected(running: Running, client: httpx2.AsyncClient) -> None:
    outcome = await back(client, await allowed(await running.begin(client, "oidc")))
    assert outcome["status"] == "success", outcome


async def test_a_declared_provider_connects_and_is_called(instance: StartHere, issuer: str) -> None:
    running = await instance()
    ada = await running.client("ada")
    await connected(running, ada)
    assert (await ada.get("/api/integrations/oidc/me")).json() == {"sub": "p-ada", "name": "Ada Park"}
    assert (await events_of(issuer))["grant.success"] == 1


async def test_a_code_is_worth_nothing_without_its_verifier(instance: StartHere, issuer: str) -> None:  # R4
    running = await instance()
    ada = await running.client("ada")
    ours = await running.begin(ada, "oidc")
    query = {name: values[0] for name, values in parse_qs(urlsplit(ours).query).items()}
    assert query["code_challenge_method"] == "S256"
    query["code_challenge"] = challenge_of(new_verifier())
    outcome = await back(ada, await allowed(f"{issuer}/auth?{urlencode(query)}"))
    assert (outcome["status"], outcome["code"]) == ("error", "EXCHANGE_REFUSED")
    assert (await events_of(issuer))["grant.error"] == 1


@pytest.mark.parametrize("iss", ["https://another.example", None])
async def test_an_answer_of_another_issuer_ends_the_connect_before_the_code_is_used(  # R6
    instance: StartHere, issuer: str, iss: str | None
) -> None:
    running = await instance()
    ada = await running.client("ada")
    fields = await allowed(await running.begin(ada, "oidc"))
    assert fields["iss"] == issuer
    outcome = await back(ada, {name: value for name, value in {**fields, "iss": iss}.items() if value})
    assert (outcome["status"], outcome["code"]) == ("error", "ISSUER_MISMATCH")
    assert not {"grant.success", "grant.error"} & (await events_of(issuer)).keys()


async def test_a_refusal_of_another_issuer_is_not_taken_for_the_persons_own(  # R6
    instance: StartHere, issuer: str
) -> None:
    running = await instance()
    ada = await running.client("ada")
    state = (await allowed(await running.begin(ada, "oidc")))["state"]
    refusal = {"state": state, "error": "access_denied", "iss": "https://another.example"}
    assert (await back(ada, refusal))["code"] == "ISSUER_MISMATCH"


async def test_tokens_of_three_seconds_never_fail_a_call_nor_cost_the_family_its_life(
    instance: StartHere, issuer: str
) -> None:
    first, second = await instance(), await instance()
    clients = [await running.client("ada") for running in (first, second) for _ in range(3)]
    await connected(first, clients[0])
    statuses: Counter[int] = Counter()

    async def calls(client: httpx2.AsyncClient, until: float) -> None:
        while time.monotonic() < until:
            answer = await client.get("/api/integrations/oidc/me")
            statuses[answer.status_code] += 1
            assert answer.status_code == 200, answer.text
            await asyncio.sleep(0.4)

    until = time.monotonic() + 10
    await asyncio.gather(*(calls(client, until) for client in clients for _ in range(2)))
    happened = await events_of(issuer)
    assert happened["refresh_token.consumed"] >= 3
    assert happened["grant.error"] == happened["grant.revoked"] == 0
    assert happened["grant.success"] == happened["refresh_token.consumed"] + 1
    assert statuses[200] > 100


async def test_a_disconnect_ends_the_whole_family_at_the_provider(
    instance: StartHere, issuer: str
) -> None:  # R18
    running = await instance()
    ada = await running.client("ada")
    await connected(running, ada)
    assert (await ada.delete("/api/integrations/oidc")).json()["revoked"] is True
    happened = await events_of(issuer)
    assert happened["refresh_token.destroyed"] == happened["grant.revoked"] == 1


async def test_the_witness_itself_ends_a_family_whose_token_is_used_twice(
    instance: StartHere, issuer: str
) -> None:
    running = await instance()
    ada = await running.client("ada")
    await connected(running, ada)
    services = running.services
    grants = await services.db.fetch("SELECT id FROM oauth_tokens")
    grant = await services.grants.read(grants[0]["id"])
    assert grant is not None
    token = grant.refresh_token_in_plain(services.vault)
    assert token
    client = services.registry["oidc"].client(services.http)
    await client.refresh(token)
    with pytest.raises(OAuthRefused, match="invalid_grant"):
        await client.refresh(token)
    assert (await events_of(issuer))["grant.revoked"] == 1
    assert (await ada.get("/api/integrations/oidc/me")).json()["code"] == "REAUTHORIZATION_REQUIRED"


async def test_people_sign_in_and_out_with_it(start: Start, tmp_path: Path) -> None:
    person = {"email": "ada@example.com", "email_verified": True, "groups": ["ops"]}
    settings = {
        **APP,
        "REDIRECT_URI": "http://127.0.0.1/sign-in/openid/callback",
        "SIGNED_OUT_URI": "http://127.0.0.1/sign-in",
        "APPLICATION_TYPE": "native",
        "PERSON": json.dumps(person),
    }
    async with node(SERVER, tmp_path / "sign-in.log", **settings) as text:
        running = await start(
            packages=("tests.dropin",),
            oidc_issuer=text["issuer"],
            oidc_client_id=APP["CLIENT_ID"],
            oidc_client_secret=APP["CLIENT_SECRET"],
            oidc_admin_group="ops",
        )
        browser = await running.client(None)
        begun = await browser.get("/sign-in/openid")
        async with httpx2.AsyncClient(verify=NO_TLS) as visitor:
            url = begun.headers["location"]
            while not url.startswith(running.base):
                answer = await visitor.get(url)
                assert answer.is_redirect, answer.text
                url = str(answer.url.join(answer.headers["location"]))
            assert (await browser.get(url)).status_code == 303
            session = (await browser.get("/api/session")).json()
            page = Browser(browser)
            await page.open("/settings/account")
            # Whether to sign out there as well is the provider's to ask.
            asked = await visitor.get(logout_url_of((await page.send("/sign-out")).text))
            form = form_to(asked.text, "/session/end/confirm")
            answer = await visitor.post(form.action, data={**form.fields, "logout": "yes"})
        assert (await events_of(text["issuer"]))["end_session.success"] == 1
        assert "You are signed out." in (await browser.get(answer.headers["location"])).text
        assert (await browser.get("/api/session")).status_code == 401
    assert (session["email"], session["name"], session["role"]) == ("ada@example.com", "Ada Park", "admin")
