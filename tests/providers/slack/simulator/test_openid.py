"""Sign in with Slack: OpenID Connect at the simulated Slack."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from fluxstudio.providers.slack.simulator import seed
from tests.providers.slack.conftest import Sandbox

REDIRECT = "http://127.0.0.1:9/callback"


async def test_a_person_signs_in_and_is_told_of(sandbox: Sandbox) -> None:
    """From the discovery document alone, as generic clients do."""
    web = sandbox.simulator.url("web")
    body = (await sandbox.browser.get(f"{web}/.well-known/openid-configuration")).json()
    query = {
        "client_id": sandbox.simulator.app_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid profile email",
        "state": "s",
        "nonce": "n-1",
    }
    form = {"choice": seed.HARBOUR, "person": seed.MEI, "decision": "allow"}
    back = await sandbox.browser.post(body["authorization_endpoint"], params=query, data=form)
    code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
    app = (sandbox.simulator.app_id, sandbox.simulator.app_secret)
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    answer: dict[str, Any] = (await sandbox.browser.post(body["token_endpoint"], data=sent, auth=app)).json()
    keys = KeySet.import_key_set((await sandbox.browser.get(body["jwks_uri"])).json())
    claims = jwt.decode(answer["id_token"], keys).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (body["issuer"], app[0], "n-1")
    bearer = {"authorization": f"Bearer {answer['access_token']}"}
    text = (await sandbox.browser.get(body["userinfo_endpoint"], headers=bearer)).json()
    assert (text["sub"], text["email"]) == (seed.MEI, "mei@harbourandpine.example")
    assert text["https://slack.com/team_id"] == seed.HARBOUR == claims["https://slack.com/team_id"]
    again = (await sandbox.browser.post(body["token_endpoint"], data=sent, auth=app)).json()
    assert again["error"] == "code_already_used"
    assert (await sandbox.call("users.list", answer["access_token"]))["error"] == "missing_scope"
