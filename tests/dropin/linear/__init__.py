"""Linear, declared as its own documents describe it; the smallest whole provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from fluxstudio.kit.signatures import hmac_sha256_hex, same, sha256
from fluxstudio.sdk import (
    Account,
    Api,
    App,
    BadSignature,
    Http,
    Identity,
    Limit,
    OAuth2,
    OAuthClient,
    OAuthRefused,
    Provider,
    Scope,
    SelfEvents,
    TokenAnswer,
    Webhook,
)
from fluxstudio.sdk.markup import IDENTITY, LINE
from fluxstudio.sdk.payload import at, https, in_words, name_at, quoted, sentence, text_at

DONE = {"create": "wrote", "update": "changed", "remove": "deleted"}


class Issue(TypedDict):
    """An issue."""

    id: str
    title: str


async def who_am_i(api: Api, answer: TokenAnswer) -> Account:
    """The person who allowed access."""
    me = await api.get("/me")
    return Account(me["id"], me["name"], avatar_url=me.get("avatar"))


async def revoke(client: OAuthClient, token: str) -> None:
    """Give an access token back. One that Linear no longer knows counts as given back."""
    answer = await client.request("POST", "{api}/oauth/revoke", bearer=token)
    if answer.status not in {200, 401}:
        raise OAuthRefused("revocation_refused", f"Linear answered {answer.status}")


def verify(body: bytes, headers: object, secret: str, now: float) -> None:
    """`linear-signature`: HMAC-SHA256 of the body in hex."""
    if not same(dict(headers).get("linear-signature", ""), hmac_sha256_hex(secret, body)):  # type: ignore[call-overload]
        raise BadSignature


def describe(event_type: str, event: Mapping[str, Any]) -> str:
    """“Ada Park wrote an issue: “Round the corners””, and such."""
    who = name_at(event, "actor", "name") or "Someone"
    done = DONE.get(text_at(event, "action"))
    if event_type != "Issue" or done is None:
        return in_words(event_type)
    return sentence(who, f"{done} an issue{quoted(text_at(event, 'data', 'title'))}")


def event_subjects(event_type: str, event: Mapping[str, Any]) -> Sequence[str]:
    """The issue that an event tells the beginning of."""
    written = text_at(event, "data", "id")
    return [f"issue {written}"] if written and event.get("action") == "create" else []


linear = Provider(
    "linear",
    name="Linear",
    checked="2026-11-20",
    tagline="See the issues your designs belong to.",
    oauth=OAuth2(
        authorize="{web}/oauth/authorize",
        token="{api}/oauth/token",
        scopes=(Scope("read", "see issues"), Scope("write", "write issues", "write")),
        scope_separator=",",
        pkce=True,
        revoke=revoke,
    ),
    http=Http(
        hosts={"web": "https://linear.example", "api": "https://api.linear.example"},
        limits={"default": Limit(1000, 60)},
    ),
    identity=Identity(identify=who_am_i),
    webhooks=Webhook(
        secret="webhook_secret",
        verify=verify,
        event_id=lambda headers, event, body: headers.get("linear-delivery") or sha256(body).hex(),
        event_type=lambda headers, event: text_at(event, "type") or "unknown",
        describe=describe,
        link=lambda event_type, event: https(at(event, "url")),
        self_events=SelfEvents(event_subjects=event_subjects),
        events=("Issue",),
        makes_stale={"Issue": ("issues",)},
    ),
    app=App(simulator=f"{__name__}.simulator:LinearSimulator"),
)

Team = Annotated[str, Field(pattern=r"^[A-Z]{2,5}$", description="Key of the team."), IDENTITY]


@linear.operation("GET", "issues/{team}", scope="read", fresh_for=timedelta(hours=1))
async def issues(api: Api, team: Team) -> list[Issue]:
    """Issues of one team, newest first."""
    result: list[Issue] = await api.pages("/issues", team=team)
    return result


def issue_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """The issue that was written."""
    written = text_at(answer, "id")
    return [f"issue {written}"] if written else []


@linear.operation(
    "POST", "issues/{team}", scope="write", makes_stale=["issues"], status=201, changes=issue_changes
)
async def create_issue(
    api: Api,
    team: Team,
    title: Annotated[str, Field(min_length=1, max_length=200, description="Its title."), LINE],
) -> Issue:
    """Write an issue."""
    made: Issue = await api.post("/issues", json={"title": title}, team=team)
    return made
