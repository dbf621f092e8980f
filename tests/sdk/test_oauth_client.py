"""What our app says at the OAuth endpoints of a provider that follows the RFCs."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from fluxstudio.kit.http import Host, HttpClient
from fluxstudio.sdk import OAuth2, OAuthClient, OAuthRefused
from fluxstudio.sdk.oauth import TokenEndpointDown

WEB = "https://openid.example"


def app(seen: list[httpx2.Request], status: int = 200, **oauth: Any) -> OAuthClient:
    """Our app at a provider that answers everything with a status."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(status)

    http = HttpClient([Host(WEB)], transport=httpx2.MockTransport(answer))
    declared = OAuth2(authorize="{web}/auth", token="{web}/token", scopes=(), **oauth)
    return OAuthClient(http, declared, {"web": WEB}, "fluxstudio", "not-a-real-secret")


def form(request: httpx2.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


async def test_a_disconnect_ends_the_refresh_token_which_ends_the_others_too() -> None:  # R18
    seen: list[httpx2.Request] = []
    assert await app(seen, revocation="{web}/revoke").revoke("access", "refresh")
    assert (seen[0].method, str(seen[0].url)) == ("POST", f"{WEB}/revoke")
    assert form(seen[0]) == {"token": "refresh", "token_type_hint": "refresh_token"}
    assert seen[0].headers["authorization"].startswith("Basic ")


async def test_without_a_refresh_token_the_access_token_is_ended() -> None:  # R18
    seen: list[httpx2.Request] = []
    client = app(seen, revocation="{web}/revoke", client_auth="form")
    assert await client.revoke("access")
    assert form(seen[0]) == {
        "token": "access",
        "token_type_hint": "access_token",
        "client_id": "fluxstudio",
        "client_secret": "not-a-real-secret",
    }
    assert "authorization" not in seen[0].headers


async def test_a_provider_without_a_way_to_end_access_is_not_asked() -> None:
    seen: list[httpx2.Request] = []
    assert not await app(seen).revoke("access", "refresh")
    assert seen == []


@pytest.mark.parametrize(
    ("status", "error"), [(400, OAuthRefused), (401, OAuthRefused), (503, TokenEndpointDown)]
)
async def test_an_end_that_was_not_confirmed_is_never_taken_for_one(
    status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await app([], status, revocation="{web}/revoke").revoke("access", "refresh")
