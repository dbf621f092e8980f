"""How people sign in at GitHub, and who they are there.

Sources, all read 2026-11-22: docs.github.com “Authorizing OAuth apps” (endpoints, form fields, codes that
live 10 minutes), “Scopes for OAuth apps”, “Refreshing user access tokens” (8 hours and 6 months; using a
refresh token ends it and the old access token), “Troubleshooting OAuth app access token request errors”
(errors come with HTTP 200), the changelog of 2025-07-14 (PKCE, S256 only), REST “OAuth applications”.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fluxstudio.sdk import (
    Account,
    Api,
    OAuth2,
    OAuthClient,
    OAuthRefused,
    Scope,
    TokenAnswer,
    standard_token_answer,
)
from fluxstudio.sdk.oauth import TokenEndpointDown

OAUTH_APP_TOKEN = "gho_"  # noqa: S105 - what such tokens begin with

SCOPES = (
    Scope("read:user", "see your GitHub profile"),
    Scope(
        "repo",
        "see and change every repository you can reach, private ones included: their issues, pull requests, "
        "commits and code. GitHub has no smaller permission that covers private repositories. FluxStudio "
        "only creates issues, comments and webhooks, and, for design tokens you sync, a branch with a pull "
        "request",
        kind="write",
    ),
    Scope(
        "read:org",
        "see who works on the repositories of your organisations",
        optional=True,
    ),
)


def read_token(answer: Mapping[str, Any]) -> TokenAnswer:
    """Read GitHub's token answer.

    `incorrect_client_credentials` is GitHub's own word for what RFC 6749 5.2 calls `invalid_client`.

    An OAuth app's token says with an empty `scope` that it has none. A GitHub App's always says so: what it
    may do is set in the app, so its scopes count as asked for. Raises `OAuthRefused`.
    """
    if answer.get("error") == "incorrect_client_credentials":
        answer = {**answer, "error": "invalid_client"}
    token = standard_token_answer(answer)
    if token.scopes is None and "scope" in answer and token.access_token.startswith(OAUTH_APP_TOKEN):
        return replace(token, scopes=())
    return token


async def revoke(client: OAuthClient, access_token: str) -> None:
    """End the grant: every token the person gave our app.

    One that GitHub no longer knows counts as ended if the token is indeed worth nothing any more. Raises
    `OAuthRefused` or `TokenEndpointDown`.
    """
    answer = await client.request(
        "DELETE",
        "{api}/applications/{client_id}/grant",
        json={"access_token": access_token},
        basic=True,
        client_id=client.client_id,
    )
    if answer.status >= 500 or answer.status == 429:
        raise TokenEndpointDown(answer.status)
    if answer.status in {404, 422} and await _is_dead(client, access_token):
        return
    if answer.status != 204:
        raise OAuthRefused("revocation_refused", f"GitHub answered {answer.status}")


async def _is_dead(client: OAuthClient, access_token: str) -> bool:
    return (await client.request("GET", "{api}/user", bearer=access_token)).status == 401


async def who_am_i(api: Api, answer: TokenAnswer) -> Account:
    """The account a new grant belongs to; its id is the number that stays when the login changes."""
    user = await api.get("/user")
    return Account(
        id=str(user["id"]),
        name=user["login"],
        person=user.get("name"),
        avatar_url=user.get("avatar_url"),
        url=user.get("html_url"),
        email=user.get("email"),
        details={"type": user.get("type", "User")},
    )


def profile(account: Account) -> dict[str, Any]:
    """What the API says of a login."""
    return {
        "login": account.name,
        "name": account.person,
        "email": account.email,
        "avatarUrl": account.avatar_url,
    }


OAUTH = OAuth2(
    authorize="{web}/login/oauth/authorize",
    token="{web}/login/oauth/access_token",  # noqa: S106 - an address
    scopes=SCOPES,
    # 1: a branch with a pull request for design tokens.
    consent=1,
    authorize_params={"prompt": "select_account"},
    client_auth="form",
    read_token=read_token,
    revoke=revoke,
    code_lives=timedelta(minutes=10),
    dead_errors=("bad_refresh_token", "invalid_grant"),
)
