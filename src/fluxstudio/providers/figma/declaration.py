"""Figma as the product knows it.

Sources, all read 2026-11-22: developers.figma.com/docs/rest-api (authentication, scopes, rate limits,
webhooks) and Figma's OpenAPI document, npm `@figma/rest-api-spec` 0.43.0.
"""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.directory import DIRECTORY
from fluxstudio.providers.figma.failure import failure
from fluxstudio.providers.figma.oauth import OAUTH, identify, profile
from fluxstudio.providers.figma.visibility import RESOURCES
from fluxstudio.providers.figma.webhooks import events, webhook
from fluxstudio.providers.figma.webhooks.event_types import EVENT_LABELS
from fluxstudio.providers.figma.webhooks.self_events import SELF_EVENTS
from fluxstudio.sdk import (
    App,
    Http,
    Identity,
    Limit,
    Passcodes,
    Provider,
    Reconciliation,
    Response,
    Visibility,
    Webhook,
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


figma = Provider(
    "figma",
    name="Figma",
    tagline="Browse your team's files, keep up with comments and versions, and export design tokens.",
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
    oauth=OAUTH,
    identity=Identity(identify=identify, profile=profile),
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
            "FILE_UPDATE": ("files", "file", "frames", "meta", "images", "tokens"),
            "FILE_VERSION_UPDATE": ("files", "file", "frames", "meta", "versions"),
            "FILE_DELETE": ("files", "file", "frames", "meta"),
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
    visibility=Visibility(resources=RESOURCES, names=DIRECTORY),
    app=App(
        console="https://www.figma.com/developers/apps",
        simulator="fluxstudio.providers.figma.simulator:FigmaSimulator",
    ),
)
