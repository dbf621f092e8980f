"""What a run did, in a sentence, and that sentence in the channel that a sync names."""

from __future__ import annotations

from uuid import UUID

import structlog

from fluxstudio.core.design_tokens.syncs import RunRecord, TokenSync, TokenSyncs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest
from fluxstudio.flows import call
from fluxstudio.sdk import Notifier
from fluxstudio.sdk.markup import PLAIN
from fluxstudio.sdk.markup.text import Text

log = structlog.get_logger(__name__)

SUMMARY, FILE = "{summary}", "{file}"
MAX_FILE_CHARACTERS = 200


def summary_of(record: RunRecord) -> str:
    """“3 tokens changed in Figma. 1 conflict to decide.” and such."""
    tokens = len({str(change["path"]) for change in record.changes})
    conflicts = len(record.conflicts)
    to_decide = f" {_counted(conflicts, 'conflict')} to decide." if conflicts else ""
    if record.outcome == "held":
        return "Nothing was written. Review what would be deleted, then agree or fix it."
    if record.outcome == "nothing":
        return f"Design tokens are up to date.{to_decide}"
    return f"{_counted(tokens, 'design token')} changed in Figma.{to_decide}"


async def notify(
    services: Services, actor: Actor, sync_id: UUID, connection: str | None, channel: str | None
) -> None:
    """Say where a sync posts what its runs propose. Raises `InvalidRequest` where nothing can be sent."""
    syncs = TokenSyncs(services.db)
    sync = await syncs.one(actor.user_id, sync_id)
    if not channel:
        await syncs.notify(sync, None, None)
        return
    senders = [
        entry.id
        for entry in await services.connections.of_user(actor.user_id)
        if entry.is_active and services.registry.get(entry.provider).provider.capability(Notifier)
    ]
    usable = [sender for sender in senders if connection in (None, str(sender))]
    if len(usable) != 1:
        first = "Connect Slack first, then choose a channel."
        problem = "Choose one of your connections to post from." if senders else first
        raise InvalidRequest(problem, {"notify": problem})
    await syncs.notify(sync, usable[0], channel.strip())


async def announce(services: Services, actor: Actor, sync: TokenSync, record: RunRecord) -> None:
    """Post what is new: another state of the proposal, or something to agree to. What fails is logged."""
    if sync.notify_connection_id is None or sync.notify_channel is None or not _is_news(sync, record):
        return
    listed = await services.connections.of_user(actor.user_id)
    provider = next((entry.provider for entry in listed if entry.id == sync.notify_connection_id), None)
    notifier = services.registry.get(provider).provider.capability(Notifier) if provider else None
    if notifier is None:
        return
    link = record.url or f"{services.settings.base_url}/design-tokens/{sync.id}"
    markup = notifier.send.markup("text") or PLAIN
    file = Text(f"{sync.repository} · {sync.path}").shortened(MAX_FILE_CHARACTERS, "…")
    text = markup.fill(f"{FILE}: {SUMMARY}\n{link}", {FILE: file, SUMMARY: Text(summary_of(record))})
    try:
        await call.run(
            services,
            actor,
            notifier.send.full_name,
            {"channel": sync.notify_channel, "text": text},
            connection=str(sync.notify_connection_id),
            story={"sync": str(sync.id)},
        )
    except FluxStudioError as error:
        log.info("design_tokens_not_announced", sync=str(sync.id), code=error.code)


def _is_news(sync: TokenSync, record: RunRecord) -> bool:
    if record.outcome == "held":
        return True
    if record.outcome != "pull_request" or record.proposal is None:
        return False
    return sync.proposal is None or record.proposal["head"] != sync.proposal["head"]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
