"""Any OpenID provider, declared as a drop-in package would: nothing in the product knows of it."""

from __future__ import annotations

from typing_extensions import TypedDict

from fluxstudio.sdk import Account, Api, Http, Identity, OAuth2, Provider, Scope, TokenAnswer


class Person(TypedDict):
    """Who allowed access."""

    sub: str
    name: str


async def who(api: Api, answer: TokenAnswer) -> Account:
    """The person behind a new grant."""
    person = await api.get("/me")
    return Account(person["sub"], person["name"])


oidc = Provider(
    "oidc",
    name="OpenID",
    checked="2026-11-22",
    oauth=OAuth2(
        authorize="{web}/auth",
        token="{web}/token",
        revocation="{web}/token/revocation",
        scopes=(Scope("openid", "know who you are"), Scope("profile", "know your name")),
        issuer="{web}",
    ),
    http=Http(
        hosts={"web": "https://openid.example"},
        default_host="web",
    ),
    identity=Identity(identify=who),
)


@oidc.operation("GET", "me", scope="profile")
async def me(api: Api) -> Person:
    """Who is connected."""
    person: Person = await api.get("/me")
    return person
