"""Sign in with Slack: OpenID Connect at the simulated Slack.

Documents and claims: slack.com/.well-known/openid-configuration, and docs.slack.dev on openid.connect.token
and openid.connect.userInfo, read 2026-11-30.
"""

from __future__ import annotations

from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fluxstudio.providers.slack.simulator.api import TIER_4, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.oauth import check_client, redeemed
from fluxstudio.providers.slack.simulator.people import email_of
from fluxstudio.providers.slack.simulator.scopes import SIGN_IN
from fluxstudio.sdk.simulation import Simulator

ID_TOKEN_SECONDS = 300
KEY_BITS = 2048
NAMESPACE = "https://slack.com"


async def configuration(simulator: Simulator, request: Request) -> Response:
    """`/.well-known/openid-configuration`"""
    web = simulator.url("web")
    return JSONResponse(
        {
            "issuer": web,
            "authorization_endpoint": f"{web}/openid/connect/authorize",
            "token_endpoint": f"{web}/api/openid.connect.token",
            "userinfo_endpoint": f"{web}/api/openid.connect.userInfo",
            "jwks_uri": f"{web}/openid/connect/keys",
            "scopes_supported": sorted(SIGN_IN),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "auth_time", "iss"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
    )


async def keys(simulator: Simulator, request: Request) -> Response:
    """`/openid/connect/keys`: what the signatures of id tokens are checked with."""
    return JSONResponse({"keys": [{**_key(simulator).as_dict(private=False), "use": "sig", "alg": "RS256"}]})


def token(call: SlackCall) -> Json:
    """`openid.connect.token`: a code for a token that tells who somebody is."""
    check_client(call)
    if call.text("grant_type") not in {"", "authorization_code"}:
        raise SlackError("invalid_grant_type")
    agreed = redeemed(call)
    if not agreed.get("sign_in"):
        raise SlackError("invalid_code")
    person = str(agreed["person"])
    value = call.simulator.grants.issue(
        "access",
        prefix="xoxp-",
        family=f"sign-in:{agreed['account']}:{person}",
        account=agreed["account"],
        client_id=call.simulator.app_id,
        scopes=agreed["scopes"],
        lives=None,
        user=person,
    )
    signed_in = SlackCall(call.simulator, {}, token=value, grant=call.simulator.grants.tokens[value])
    now = int(call.simulator.clock.now())
    claims: dict[str, Any] = {
        "iss": call.simulator.url("web"),
        "aud": call.simulator.app_id,
        "exp": now + ID_TOKEN_SECONDS,
        "iat": now,
        "auth_time": now,
        **({"nonce": agreed["nonce"]} if agreed.get("nonce") else {}),
        **_claims(signed_in),
    }
    key = _key(call.simulator)
    id_token = jwt.encode({"alg": "RS256", "kid": key.kid, "typ": "JWT"}, claims, key)
    return {"access_token": value, "token_type": "Bearer", "id_token": id_token}


def user_info(call: SlackCall) -> Json:
    """`openid.connect.userInfo`: who the token's person is."""
    call.need("openid")
    return _claims(call)


def _claims(call: SlackCall) -> Json:
    user, team = call.world["users"][call.person], call.world["workspaces"][call.teams[0]]
    first, _, last = str(user["real_name"]).partition(" ")
    claims: Json = {
        "sub": user["id"],
        f"{NAMESPACE}/user_id": user["id"],
        f"{NAMESPACE}/team_id": team["id"],
        f"{NAMESPACE}/team_name": team["name"],
        f"{NAMESPACE}/team_domain": team["domain"],
    }
    if "email" in call.grant["scopes"]:
        claims |= {"email": email_of(user), "email_verified": True, "date_email_verified": 1_700_000_000}
    if "profile" in call.grant["scopes"]:
        picture = f"{call.simulator.url('web')}/avatars/{user['id']}.svg"
        claims |= {"name": user["real_name"], "picture": picture, "given_name": first, "family_name": last}
        claims |= {"locale": "en-US", f"{NAMESPACE}/user_image_48": picture}
    return claims


def _key(simulator: Simulator) -> RSAKey:
    """The key of this simulator, made when it is first needed."""
    world = simulator.world.data
    if "openid_key" not in world:
        made = RSAKey.generate_key(KEY_BITS, {"kid": "simulated-slack"}, private=True)
        world["openid_key"] = made.as_dict(private=True)
        simulator.world.save()
    return RSAKey.import_key(world["openid_key"])


METHODS = {
    "openid.connect.token": Method(token, open=True),
    "openid.connect.userInfo": Method(user_info, TIER_4),
}
