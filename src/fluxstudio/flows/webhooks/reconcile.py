"""Finding what providers could not deliver, and having it sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.core.webhooks.events import Events, key_of
from fluxstudio.core.webhooks.subscriptions import Subscription, SubscriptionHealth
from fluxstudio.errors import FluxStudioError, NotFound, ProviderRateLimited
from fluxstudio.flows import call
from fluxstudio.flows.webhooks.deduplication import KeyMaker
from fluxstudio.sdk import MissedDelivery, Reconciliation

log = structlog.get_logger(__name__)

RECONCILE_EVERY = timedelta(minutes=15)
# Shorter than the time between two turns, so that none is left out for being a little early.
RECONCILE_REST = timedelta(minutes=10)
# Seconds to let what was sent again arrive before what is missing is written down.
SETTLE_SECONDS = 5.0
# The same where somebody waits for the answer, and how soon they may ask again.
INTERACTIVE_SETTLE_SECONDS, CHECKED_ANEW_AFTER = 2.0, timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class MissedDeliveries:
    """Events that a webhook should have brought.

    `missing` have not arrived, the oldest of them `since` then (as the provider writes it); `healed` had
    failed and have arrived by now. `problem` is why the provider could not be asked, or not for all of them.
    """

    missing: int
    healed: int
    since: str | None
    problem: Mapping[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        """What is missing, as the subscription keeps it."""
        fields = {"missing": self.missing, "since": self.since, "healed": self.healed}
        problem = {} if self.problem is None else {"problem": dict(self.problem)}
        return {**fields, "checkedAt": datetime.now(UTC).isoformat(timespec="seconds"), **problem}


async def reconcile(
    services: Services, *, rest: timedelta = RECONCILE_REST, settle_seconds: float = SETTLE_SECONDS
) -> dict[str, MissedDeliveries]:
    """Compare what providers failed to deliver with what has arrived, and have the rest sent again.

    Any number of processes may do this: a webhook is looked at by one of them, and not again within `rest`.
    Returns what was found, by webhook. A provider that asks to be left alone is asked again next time; one
    webhook's trouble is no other's.
    """
    means = {
        entry.provider.id: webhook.reconciliation
        for entry in services.registry
        if (webhook := entry.provider.webhooks) is not None and webhook.reconciliation is not None
    }
    missed: dict[str, MissedDeliveries] = {}
    tired: set[tuple[str, str]] = set()
    for subscription in await subscriptions.all_due(services.db, list(means), rest):
        account = (subscription.provider, subscription.account_id)
        if account in tired:
            continue
        turn = _Turn(services, subscription, means[subscription.provider])
        deliveries = await turn.take(settle_seconds)
        if deliveries.problem is not None and deliveries.problem["code"] == ProviderRateLimited.code:
            tired.add(account)
        await subscriptions.save_missed_deliveries(services.db, subscription, deliveries.as_json())
        missed[subscription.webhook_id] = deliveries
        if deliveries.missing or deliveries.healed or deliveries.problem:
            log.info(
                "webhook_reconciled",
                provider=subscription.provider,
                webhook=subscription.webhook_id,
                missing=deliveries.missing,
                healed=deliveries.healed,
                problem=(deliveries.problem or {}).get("code"),
            )
    return missed


async def check(services: Services, actor: Actor, provider: str, webhook_id: str) -> SubscriptionHealth:
    """Look now whether a webhook of somebody's is there and what it missed, and have that sent again.

    Gives how it stands; whoever asks again within seconds gets what was found then. Raises `NotFound` where
    they have no such webhook.
    """
    webhook = services.registry[provider].provider.webhooks
    means = webhook.reconciliation if webhook is not None else None
    claimed = await subscriptions.claim(services.db, actor.user_id, provider, webhook_id, CHECKED_ANEW_AFTER)
    if claimed is not None and means is not None:
        missed = await _Turn(services, claimed, means).take(INTERACTIVE_SETTLE_SECONDS)
        await subscriptions.save_missed_deliveries(services.db, claimed, missed.as_json())
    for entry in await subscriptions.of_user(services.db, actor.user_id):
        if (entry.provider, entry.webhook_id) == (provider, webhook_id):
            return entry
    raise NotFound("You have no such webhook. It may have been removed.")


@dataclass(frozen=True, slots=True)
class _Turn:
    """One look at one webhook."""

    services: Services
    subscription: Subscription
    means: Reconciliation

    async def take(self, settle_seconds: float) -> MissedDeliveries:
        """What is missing once everything was tried."""
        try:
            failed: list[MissedDelivery] = await self._run(self.means.missed)
        except FluxStudioError as error:
            before = self.subscription.missed_deliveries or {}
            return MissedDeliveries(
                int(before.get("missing", 0)),
                int(before.get("healed", 0)),
                before.get("since"),
                _problem(error),
            )
        missing = await self._missing(failed)
        problem = None
        if missing and self.means.redeliver is not None:
            redelivered, problem = await self._redeliver(self.means.redeliver, missing)
            await self._wait_for_arrival(redelivered, settle_seconds)
            missing = await self._missing(missing)
        since = min((entry["deliveredAt"] for entry in missing), default=None)
        return MissedDeliveries(len(missing), len(failed) - len(missing), since, problem)

    async def _redeliver(
        self, operation: str, missing: Sequence[MissedDelivery]
    ) -> tuple[list[MissedDelivery], Mapping[str, str] | None]:
        """Have it all sent again, the oldest first; what will be, and what stood in the way of the rest."""
        redelivered, problem = [], None
        for entry in sorted(missing, key=lambda entry: entry["deliveredAt"]):
            try:
                await self._run(operation, delivery=entry["id"])
                redelivered.append(entry)
            except ProviderRateLimited as error:
                return redelivered, _problem(error)
            except FluxStudioError as error:
                problem = _problem(error)
        return redelivered, problem

    async def _wait_for_arrival(self, redelivered: list[MissedDelivery], settle_seconds: float) -> None:
        """Wait until all of these have arrived, or patience is over."""
        now = asyncio.get_running_loop().time
        until = now() + settle_seconds
        while redelivered and now() < until:
            redelivered = await self._missing(redelivered)
            await asyncio.sleep(0.1 if redelivered else 0)

    async def _missing(self, failed: Sequence[MissedDelivery]) -> list[MissedDelivery]:
        provider, webhook_id = self.subscription.provider, self.subscription.webhook_id
        webhook = self.services.registry.get(provider).provider.webhooks
        assert webhook is not None
        maker = KeyMaker(provider, webhook, webhook_id)
        keys = [
            (
                maker.of_id(entry["key"], entry["moment"]),
                key_of(provider, entry["key"], entry["moment"]),
            )
            for entry in failed
        ]
        arrived = await Events(self.services.db).arrived(webhook_id, keys)
        return [entry for entry, there in zip(failed, arrived, strict=True) if not there]

    async def _run(self, name: str, **extra: str) -> Any:
        """Run an operation as whoever registered the webhook."""
        subscription = self.subscription
        operation = self.services.registry.operation(f"{subscription.provider}.{name}")
        outcome = await call.run(
            self.services,
            Actor(subscription.user_id, subject="reconciliation", role="member", email=None, name=None),
            operation.full_name,
            subscriptions.arguments(operation, subscription.webhook_id, subscription.details, **extra),
            connection=str(subscription.connection_id),
        )
        return outcome.value


def _problem(error: FluxStudioError) -> dict[str, str]:
    return {"code": error.code, "message": str(error)}
