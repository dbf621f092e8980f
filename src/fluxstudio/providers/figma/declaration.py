"""Figma as the product knows it.

Sources, all read 2026-11-22: developers.figma.com/docs/rest-api (authentication, scopes, rate limits,
webhooks) and Figma's OpenAPI document, npm `@figma/rest-api-spec` 0.43.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fluxstudio.providers.figma import events, webhook
from fluxstudio.providers.figma.event_types import EVENT_LABELS
from fluxstudio.providers.figma.failure import failure
from fluxstudio.providers.figma.self_events import SELF_EVENTS
from fluxstudio.providers.figma.visibility import RESOURCES
from fluxstudio.sdk import (
    Account,
    Api,
    App,
    Http,
    Identity,
    Limit,
    OAuth2,
    OAuthRefused,
    Passcodes,
    Provider,
    Reconciliation,
    Response,
    Scope,
    TokenAnswer,
    Visibility,
    Webhook,
    standard_token_answer,
)

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
    Scope("webhooks:write", "have Figma tell us when your files change", "write"),
    Scope(
        "file_variables:read",
        "read the variables of your files, which Figma offers on its Enterprise plan",
        optional=True,
    ),
)

# The most any plan and seat gets. What applies depends on the plan a file is in, which cannot be known
# beforehand; Figma tells everyone else by a 429 with Retry-After. Tier 1 is counted for each file by itself.
LIMITS = {"tier1": Limit(20, 60), "tier2": Limit(100, 60), "tier3": Limit(150, 60)}


class NextPage:
    """Figma names the next page by its whole address, in the body's `pagination.next_page`."""

    def next(self, response: Response, body: Any) -> str | None:
        pagination = body.get("pagination") if isinstance(body, dict) else None
        address = pagination.get("next_page") if isinstance(pagination, dict) else None
        return address if isinstance(address, str) and address else None


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


figma = Provider(
    "figma",
    name="Figma",
    tagline="Browse your team's files, follow comments and versions, and take the design tokens along.",
    checked="2026-11-22",
    http=Http(
        hosts={"web": "https://www.figma.com", "api": "https://api.figma.com"},
        failure=failure,
        limits=LIMITS,
        paging=NextPage(),
        images=(
            "https://www.figma.com",
            "https://s3-alpha.figma.com",
            "https://s3-alpha-sig.figma.com",
            "https://figma-alpha-api.s3.us-west-2.amazonaws.com",
        ),
    ),
    oauth=OAuth2(
        authorize="{web}/oauth",
        token="{api}/v1/oauth/token",  # noqa: S106 - an address
        refresh="{api}/v1/oauth/refresh",
        refresh_form=lambda token: {"refresh_token": token},
        scopes=SCOPES,
        read_token=read_token,
        code_lives=timedelta(seconds=30),
        declines_silently=True,
    ),
    identity=Identity(identify=identify),
    webhooks=Webhook(
        secret="webhook_secret",  # noqa: S106 - the name of a setting
        verify=webhook.verify,
        event_id=webhook.event_id,
        event_type=webhook.event_type,
        moment=webhook.moment,
        passcodes=Passcodes(webhook.webhook_id, webhook.verify_passcode),
        refusal=400,
        events=(
            "PING",
            "FILE_UPDATE",
            "FILE_VERSION_UPDATE",
            "FILE_DELETE",
            "LIBRARY_PUBLISH",
            "FILE_COMMENT",
            "DEV_MODE_STATUS_UPDATE",
        ),
        event_labels=EVENT_LABELS,
        texts=events.texts,
        makes_stale={
            "FILE_UPDATE": ("files", "file", "images", "tokens"),
            "FILE_VERSION_UPDATE": ("files", "file", "versions"),
            "FILE_DELETE": ("files", "file"),
            "LIBRARY_PUBLISH": ("components", "styles", "tokens"),
            "FILE_COMMENT": ("comments",),
            "DEV_MODE_STATUS_UPDATE": ("file",),
        },
        read=events.read,
        expects=events.EXPECTED,
        order=events.order,
        describe=events.describe,
        link=events.link,
        self_events=SELF_EVENTS,
        occurrence=webhook.occurrence,
        opens_something=frozenset({"passcode"}),
        reconciliation=Reconciliation(missed="missed_deliveries"),
        # A library tells of all its components at once: 12,000 icons are 1.3 MB (2026-11-29).
        largest=8 * 1024 * 1024,
    ),
    visibility=Visibility(resources=RESOURCES),
    app=App(
        console="https://www.figma.com/developers/apps",
        simulator="fluxstudio.providers.figma.simulator:FigmaSimulator",
    ),
)
