"""Receiving what providers tell: verified, kept and enqueued in one commit, then acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from cachetools import LRUCache

from fluxstudio.core.connections.connections import connected_accounts
from fluxstudio.core.metrics import counters
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import events, subscriptions
from fluxstudio.core.webhooks.events import WebhookEvent
from fluxstudio.core.webhooks.usage import EventUsage, UsageLimits, source_of
from fluxstudio.errors import FluxStudioError, InvalidRequest, ProviderNotConfigured, RateLimited, Unavailable
from fluxstudio.flows.endpoints import deliver
from fluxstudio.flows.webhooks import process
from fluxstudio.flows.webhooks.parsing import Claim, Contradiction, read, read_apart
from fluxstudio.kit.batching import Batcher
from fluxstudio.kit.postgres.database import DatabaseUnavailable, Unstorable
from fluxstudio.kit.trace import current_text, step
from fluxstudio.sdk import BadSignature, Webhook
from fluxstudio.settings import setting_name

log = structlog.get_logger(__name__)

# Events that share a commit, and events that may wait for one. Two commits at once would be smaller ones, and
# slower for both.
MOST_TOGETHER = 200
MAX_WAITING_REQUESTS = 5_000
MOST_SENDERS = 1024
# Bytes of a body whose signature is computed beside the event loop.
LARGE_BODY_BYTES = 512 * 1024

# What is said of a row that the database cannot hold, whoever sends it.
REFUSED = (
    RecursionError,
    Unstorable,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.StatementTooComplexError,
)


class UnverifiedSender(FluxStudioError):
    """The request does not prove that it comes from the provider."""

    status = 401
    code = "SIGNATURE_INVALID"

    def __init__(self, name: str, status: int) -> None:
        super().__init__(
            f"This request does not prove that it comes from {name}. Check that the webhook's secret is the "
            "one configured here, and the clock of whatever sends it."
        )
        self.status = status


@dataclass(frozen=True, slots=True)
class IngestResult:
    """How a request is answered: whether its event was new, and a body where one is asked for."""

    duplicate: bool = False
    answer: Mapping[str, Any] | None = None


KEPT, KNOWN = IngestResult(), IngestResult(duplicate=True)


class WebhookIngest:
    """Takes requests in and commits those that arrive together at once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        settings = services.settings
        self.usage = EventUsage(
            services.db, UsageLimits(settings.events_per_account_per_day, settings.event_bytes_per_account)
        )
        self._commits = Batcher(self._commit, most=MOST_TOGETHER)
        # Where verified requests came from: when some of these fail, the trouble is ours.
        self._senders: LRUCache[tuple[str, str], bool] = LRUCache(MOST_SENDERS)

    async def ingest(
        self, provider: str, path: str, headers: Mapping[str, str], body: bytes, network: str = "unknown"
    ) -> IngestResult:
        """Verify a request and keep its event; returns once that is committed.

        `path` is `webhook` or one of the provider's further addresses, `headers` have lower-case names;
        `network` is what `source_of` says of the address it comes from.
        Raises `UnverifiedSender`, `InvalidRequest` for a body that cannot be read or kept,
        `ProviderNotConfigured` without a secret to check it by, `RateLimited` for the webhooks of a user who
        has sent too much, and `Unavailable` when it was not kept,
        which a copy never does.
        """
        with step("receive webhook", {"fluxstudio.provider": provider}):
            return await self._ingest(provider, path, headers, body, network)

    async def _ingest(
        self, provider: str, path: str, headers: Mapping[str, str], body: bytes, network: str
    ) -> IngestResult:
        self._services.installation.require()
        registered = self._services.registry[provider]
        webhook = registered.provider.webhooks
        assert webhook is not None
        sender = (provider, _neighbourhood(network))
        try:
            claimed = _claimed(webhook, headers, body)
            subscription = await self._subscription(provider, claimed) if claimed is not None else None
            proof = (registered, webhook, headers, body, claimed, subscription)
            if len(body) > LARGE_BODY_BYTES:
                proven_by = await asyncio.to_thread(self._verify, *proof)
            else:
                proven_by = self._verify(*proof)
        except BadSignature:
            counters.signature_checked(provider, "failed" if sender in self._senders else "stranger")
            raise UnverifiedSender(registered.provider.name, webhook.refusal) from None
        self._senders[sender] = True
        counters.signature_checked(provider, "verified")
        claim = Claim(
            provider=provider,
            path=path,
            headers=dict(headers),
            moment=self._services.clock.now(),
            webhook_id=subscription.webhook_id if subscription is not None else None,
            account_id=subscription.account_id if subscription is not None else None,
            owner_id=proven_by,
        )
        try:
            webhook_event = await self._read(claim, body)
        except Contradiction:
            counters.received(provider, "refused")
            raise
        if not isinstance(webhook_event, WebhookEvent):
            return IngestResult(answer=webhook_event)
        webhook_event = msgspec.structs.replace(webhook_event, origin=current_text())
        source = source_of(webhook_event.account_id, proven_by)
        if proven_by is not None and self.usage.is_exceeded(provider, source):
            # What the app's own secret proves is kept all the same, and an administrator is told.
            counters.received(provider, "refused")
            raise RateLimited(
                "Your webhooks have sent more than is stored for one user. Try again later.", 3600
            )
        fresh = await self._store(webhook_event)
        if fresh:
            self.usage.count(provider, source, len(body))
        for account_id in await self._connected(webhook_event):
            if await self._store(webhook_event.of_account(account_id)):
                self.usage.count(provider, source_of(account_id, proven_by), len(body))
        kind = webhook_event.event_type if webhook_event.event_type in webhook.events else ""
        counters.received(provider, "stored" if fresh else "duplicate", kind)
        return KEPT if fresh else KNOWN

    async def _subscription(self, provider: str, claimed: str) -> subscriptions.Subscription | None:
        """The webhook of ours that a request claims to come by, if there is such a one."""
        try:
            return await subscriptions.of(self._services.db, self._services.vault, provider, claimed)
        except REFUSED:
            # No id of ours holds what the database cannot, such as U+0000.
            return None
        except DatabaseUnavailable as error:
            raise _not_kept() from error

    def _verify(
        self,
        registered: RegisteredProvider,
        webhook: Webhook,
        headers: Mapping[str, str],
        body: bytes,
        claimed: str | None,
        subscription: subscriptions.Subscription | None,
    ) -> UUID | None:
        """Whose own webhook's secret proves a request, None for the app's.

        Raises `BadSignature` where a request comes neither by that webhook nor by the app's own.
        """
        provider, now = registered.provider, self._services.clock.now()
        if subscription is not None and subscription.secret is not None:
            webhook.verify(body, headers, subscription.secret, now)
            return subscription.user_id
        shared = registered.settings.others.get(webhook.secret, "")
        if (
            subscription is not None
            and subscription.passcode_hash is not None
            and webhook.passcodes is not None
        ):
            try:
                webhook.passcodes.verify(body, subscription.passcode_hash)
                return subscription.user_id
            except BadSignature:
                if not shared:
                    raise
        if not shared:
            if claimed is not None:
                raise BadSignature("the webhook is not one of ours")
            raise ProviderNotConfigured(
                f"{provider.name} cannot be believed yet: {setting_name(provider.id, webhook.secret)} is not "
                "set. An administrator has to set it."
            )
        webhook.verify(body, headers, shared, now)
        return None

    async def _read(self, claim: Claim, body: bytes) -> WebhookEvent | Mapping[str, Any]:
        """What a request brings, read in another process where that takes long."""
        if len(body) > events.MAX_EVENT_LOOP_PAYLOAD_BYTES:
            return await read_apart(self._services.workers, claim, body)
        return read(self._services.registry, claim, body)

    async def _connected(self, webhook_event: WebhookEvent) -> list[str]:
        """Of the further accounts that an event is for, those that somebody has connected."""
        if not webhook_event.also_for:
            return []
        try:
            return await connected_accounts(self._services.db, webhook_event.provider, webhook_event.also_for)
        except DatabaseUnavailable as error:
            raise _not_kept() from error

    async def _store(self, webhook_event: WebhookEvent) -> bool:
        """Whether the event is new; returns once it is committed."""
        if self._commits.waiting >= MAX_WAITING_REQUESTS:
            raise _not_kept()
        try:
            if not isinstance(webhook_event.payload, Mapping):
                # Nothing small waits for what is large.
                [fresh] = await self._commit([webhook_event])
                if isinstance(fresh, Exception):
                    raise fresh
                return fresh
            return await self._commits.ask(webhook_event)
        except REFUSED as error:
            counters.received(webhook_event.provider, "refused")
            raise InvalidRequest(
                "The database cannot hold this body. It was not kept; leave out what it refuses."
            ) from error
        except Exception as error:
            log.error("event_not_kept", provider=webhook_event.provider, kind=type(error).__name__)
            counters.received(webhook_event.provider, "failed")
            raise _not_kept() from error

    async def _commit(self, together: Sequence[WebhookEvent]) -> list[bool | Exception]:
        """Which of the events are new; in place of one that the database refuses, why."""
        try:
            stored = await events.store(
                self._services.db, together, job=process.JOB, together=process.TOGETHER
            )
        except Exception as error:
            if isinstance(error, DatabaseUnavailable | TimeoutError) or len(together) == 1:
                return [error] * len(together)
            # One of them is at fault, and the others must not suffer for it.
            half = len(together) // 2
            return [*await self._commit(together[:half]), *await self._commit(together[half:])]
        if stored.new_ids:
            self._services.event_stream.publish(sorted(stored.new_ids))
            self._services.wakeups.wake(process.JOB)
            if stored.announced:
                self._services.wakeups.wake(deliver.JOB)
        return [webhook_event.id in stored.new_ids for webhook_event in together]


def _claimed(webhook: Webhook, headers: Mapping[str, str], body: bytes) -> str | None:
    """The webhook a request says it comes by. Raises `BadSignature` where it has to say so and does not."""
    if webhook.subscription is not None:
        return webhook.subscription(headers)
    if webhook.passcodes is not None:
        return webhook.passcodes.webhook_id(body)
    return None


def _neighbourhood(network: str) -> str:
    """The networks that providers send from are wider than an address: the /24 of an IPv4 one."""
    return network.rpartition(".")[0] or network


def _not_kept() -> Unavailable:
    return Unavailable("The event could not be kept. Send it again in a minute.")
