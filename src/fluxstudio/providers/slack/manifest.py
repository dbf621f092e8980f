"""The manifest that registers our app at Slack.

Its fields: docs.slack.dev “App manifest reference”, checked 2026-11-22. Slack takes it as YAML or JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from fluxstudio.sdk import Installation, Scope

# Each needs a scope that is asked for, or none (docs.slack.dev “Events API types”, checked 2026-11-22).
BOT_EVENTS = (
    "app_uninstalled",
    "channel_archive",
    "channel_created",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "group_left",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "tokens_revoked",
)


def manifest_with(scopes: Sequence[Scope]) -> Callable[[Installation], str]:
    """What writes the manifest, as indented JSON, of an app with these bot scopes, optional ones too."""

    def manifest(place: Installation) -> str:
        return json.dumps(
            {
                "display_information": {"name": "FluxStudio"},
                "features": {"bot_user": {"display_name": "FluxStudio", "always_online": True}},
                "oauth_config": {
                    "redirect_urls": [place.redirect_uri],
                    "scopes": {"bot": [scope.name for scope in scopes]},
                },
                "settings": {
                    "event_subscriptions": {
                        "request_url": place.webhook_url,
                        "bot_events": list(BOT_EVENTS),
                    },
                    "interactivity": {
                        "is_enabled": True,
                        "request_url": f"{place.public_url}/api/integrations/slack/interactive",
                    },
                    "token_rotation_enabled": True,
                },
            },
            indent=2,
        )

    return manifest
