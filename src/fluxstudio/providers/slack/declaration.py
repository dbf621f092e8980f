"""Slack, as the product knows it."""

from __future__ import annotations

from fluxstudio.providers.slack.audience import AUDIENCE
from fluxstudio.providers.slack.directory import DIRECTORY
from fluxstudio.providers.slack.failure import slack_failure
from fluxstudio.providers.slack.manifest import manifest_with
from fluxstudio.providers.slack.oauth import profile, read_token, redirect_problem, revoke, whose_workspace
from fluxstudio.providers.slack.proxying import PROXY
from fluxstudio.providers.slack.webhooks.webhook import webhook
from fluxstudio.sdk import App, BodyCursor, Http, Identity, Limit, OAuth2, Provider, Scope, Visibility

SCOPES = (
    Scope("channels:read", "see the names and sizes of public channels"),
    Scope("groups:read", "see the private channels the app was invited to"),
    Scope("channels:history", "read messages in public channels the app was invited to"),
    Scope("groups:history", "read messages in private channels the app was invited to", optional=True),
    # Without these nobody can say who is in a direct or a group message, and nothing of them is shown.
    Scope("im:read", "see who is in direct messages to the app", optional=True),
    Scope("mpim:read", "see who is in group messages with the app", optional=True),
    Scope("users:read", "see the names of people", optional=True),
    Scope("channels:join", "join public channels that you choose", "write", optional=True),
    Scope("chat:write", "post messages as FluxStudio in channels it was invited to", "write"),
    Scope("files:write", "share files as FluxStudio in channels it was invited to", "write"),
)

TIER_2, TIER_3, TIER_4 = Limit(20, 60), Limit(50, 60), Limit(100, 60)

# Published tiers, counted for each method, workspace and app; posting is about one message a second in each
# channel (docs.slack.dev/apis/web-api/rate-limits, checked 2026-11-22). Messages that come faster wait a
# little for their turn.
LIMITS = {
    "auth.test": TIER_4,
    "auth.teams.list": TIER_2,
    "conversations.list": TIER_2,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "conversations.members": TIER_4,
    "conversations.replies": TIER_3,
    "chat.postMessage": Limit(1, 1, max_wait_seconds=5),
    "chat.update": TIER_3,
    "files.getUploadURLExternal": TIER_4,
    "files.completeUploadExternal": TIER_4,
    "users.conversations": TIER_3,
    "users.info": TIER_4,
}

slack = Provider(
    "slack",
    name="Slack",
    tagline="Post updates and files to your team’s channels, and see replies.",
    checked="2026-11-22",
    oauth=OAuth2(
        authorize="{web}/oauth/v2/authorize",
        token="{web}/api/oauth.v2.access",  # noqa: S106 - an address
        scopes=SCOPES,
        scope_separator=",",
        # Switching PKCE on makes a Slack app a public client for good, so it is the operator's to decide.
        pkce="pkce",
        read_token=read_token,
        revoke=revoke,
        redirect_problem=redirect_problem,
    ),
    identity=Identity(
        identify=whose_workspace,
        noun="workspace",
        alias="teamId",
        username=lambda account: account.person or account.name,
        profile=profile,
    ),
    http=Http(
        hosts={"web": "https://slack.com", "files": "https://files.slack.com"},
        default_host="web",
        failure=slack_failure,
        limits=LIMITS,
        paging=BodyCursor("response_metadata.next_cursor"),
        # Every method takes a POST with a form: Slack's own Node client knows no other way to call one
        # (docs.slack.dev/apis/web-api, checked 2026-11-22).
        posts_reads=True,
        proxy=PROXY,
        # The pictures of workspaces (addresses in public clients' recordings of team.info, 2026-12-01).
        images=("https://avatars.slack-edge.com", "https://a.slack-edge.com"),
    ),
    webhooks=webhook,
    visibility=Visibility(audience=AUDIENCE, names=DIRECTORY),
    app=App(
        console="https://api.slack.com/apps",
        manifest=manifest_with(SCOPES),
        simulator="fluxstudio.providers.slack.simulator:SlackSimulator",
    ),
)
