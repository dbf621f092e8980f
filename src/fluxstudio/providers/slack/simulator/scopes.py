"""Every scope that Slack has, for apps (`scope`) and for the people who use them (`user_scope`).

The names are those of `@slack/web-api` 8.2.0 (types of app manifests) and, for canvases, lists and
assistants, of docs.slack.dev/reference/scopes, read 2026-11-30.
"""

from __future__ import annotations

BOTH = frozenset(
    """
    bookmarks:read bookmarks:write calls:read calls:write canvases:read canvases:write channels:history
    channels:read channels:write.invites channels:write.topic chat:write commands dnd:read emoji:read
    files:read files:write groups:history groups:read groups:write groups:write.invites groups:write.topic
    im:history im:read im:write incoming-webhook links.embed:write links:read links:write mpim:history
    mpim:read mpim:write mpim:write.invites mpim:write.topic pins:read pins:write reactions:read
    reactions:write reminders:read reminders:write remote_files:read remote_files:share team.billing:read
    team.preferences:read team:read tokens.basic usergroups:read usergroups:write users.profile:read
    users:read users:read.email users:write
    """.split()  # noqa: SIM905 - read more easily than a list
)
BOT_SCOPES = BOTH | frozenset(
    """
    app_mentions:read assistant:write channels:join channels:manage chat:write.customize chat:write.public
    conversations.connect:manage conversations.connect:read conversations.connect:write datastore:read
    datastore:write lists:read lists:write metadata.message:read remote_files:write triggers:read
    triggers:write workflow.steps:execute
    """.split()  # noqa: SIM905 - read more easily than a list
)
USER_SCOPES = BOTH | frozenset(
    """
    admin admin.analytics:read admin.app_activities:read admin.apps:read admin.apps:write
    admin.barriers:read admin.barriers:write admin.conversations:read admin.conversations:write
    admin.invites:read admin.invites:write admin.roles:read admin.roles:write admin.teams:read
    admin.teams:write admin.usergroups:read admin.usergroups:write admin.users:read admin.users:write
    admin.workflows:read admin.workflows:write auditlogs:read channels:write chat:write:bot chat:write:user
    dnd:write email files:write:user identity.avatar identity.basic identity.email identity.team openid
    profile search:read search:read.public stars:read stars:write users.profile:write
    """.split()  # noqa: SIM905 - read more easily than a list
)
# What Sign in with Slack asks for; it goes with no other scope.
SIGN_IN = frozenset({"openid", "email", "profile"})
