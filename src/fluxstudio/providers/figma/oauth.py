"""How people sign in at Figma, and who they are there.

Sources, read 2026-11-22: developers.figma.com/docs/rest-api, “Authentication” and “Scopes”.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fluxstudio.sdk import Account, Api, OAuth2, OAuthRefused, Scope, TokenAnswer, standard_token_answer

SCOPES = (
    Scope("current_user:read", "see your name, e-mail address and picture"),
    Scope("projects:read", "list the projects of your teams and the files in them"),
    Scope("file_metadata:read", "see a file's name, picture and who changed it last"),
    Scope("file_content:read", "see what is in your files and render it as images"),
    Scope("file_versions:read", "see the version history of your files"),
    Scope("file_comments:read", "read the comments on your files"),
    Scope("file_comments:write", "comment on your files in your name", "write"),
    Scope("library_content:read", "see the components and styles your files publish"),
    Scope("webhooks:read", "see which webhooks your teams, projects and files have"),
    Scope("webhooks:write", "get notified when your files change", "write"),
    Scope(
        "file_variables:read",
        "read the variables of your files, which Figma offers on its Enterprise plan",
        optional=True,
    ),
)


def read_token(answer: Mapping[str, Any]) -> TokenAnswer:
    """Read a token answer; Figma refuses with `{error: true, status, message}` instead of an RFC 6749 code.

    A missing or misspelt field is `invalid_request` and wrong app credentials are `invalid_client`; whatever
    else Figma finds wrong with a code or a refresh token means that it is of no more use: `invalid_grant`.
    """
    if answer.get("error") is not True:
        return standard_token_answer(answer)
    message = str(answer.get("message") or "")[:200]
    words = message.lower()
    if words.startswith("parameter ") or answer.get("status") not in {400, 401, 403}:
        raise OAuthRefused("invalid_request", message)
    raise OAuthRefused("invalid_client" if "client" in words else "invalid_grant", message)


async def identify(api: Api, token: TokenAnswer) -> Account:
    """Whose grant this is: a Figma user, known by the `user_id_string` of the token answer."""
    me = await api.get("/v1/me", limit="tier3")
    return Account(
        id=str(token.raw.get("user_id_string") or me["id"]),
        name=me["handle"],
        avatar_url=me.get("img_url"),
        email=me.get("email"),
        details={"handle": me["handle"]},
    )


def profile(account: Account) -> dict[str, Any]:
    """What the API says of a Figma user."""
    return {
        "userId": account.id,
        "email": account.email,
        "handle": account.details.get("handle") or account.name,
        "avatarUrl": account.avatar_url,
    }


OAUTH = OAuth2(
    authorize="{web}/oauth",
    token="{api}/v1/oauth/token",  # noqa: S106 - an address
    refresh="{api}/v1/oauth/refresh",
    refresh_form=lambda token: {"refresh_token": token},
    scopes=SCOPES,
    read_token=read_token,
    code_lives=timedelta(seconds=30),
    declines_silently=True,
)
