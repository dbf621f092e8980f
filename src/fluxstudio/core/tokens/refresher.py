"""Fresh tokens: refreshed by exactly one caller in the whole cluster, and never lost."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import structlog

from fluxstudio.core.audit import Audit
from fluxstudio.core.connections.grants import Grant, Grants
from fluxstudio.core.metrics import counters
from fluxstudio.core.registry import Registry
from fluxstudio.core.tokens.spool import Spool
from fluxstudio.core.tokens.vault import Vault
from fluxstudio.errors import FluxStudioError, NotConnected, ProviderUnavailable, ReauthorizationRequired
from fluxstudio.kit.http import HttpClient, HttpError
from fluxstudio.kit.postgres.database import DatabaseUnavailable
from fluxstudio.sdk import OAuthRefused, TokenAnswer
from fluxstudio.sdk.oauth import TokenEndpointDown

log = structlog.get_logger(__name__)

# Seconds before they expire that grants are renewed without anybody asking.
REFRESH_AHEAD_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class RefreshTimeouts:
    """How long things may take, in seconds.

    A refresh has `deadline`, less than its `lease`, so that two never run at once. A call that needs the new
    token waits `wait`. A failed refresh is not repeated for `rest`, or for `short_rest` once the old token
    has expired.
    """

    lease: float = 90
    deadline: float = 75
    wait: float = 25
    rest: float = 30
    short_rest: float = 3
    poll: float = 0.05


class RefreshRefused(ProviderUnavailable):
    """A provider refused to renew an access that it may renew later; `cause` is kept with the grant."""

    def __init__(self, provider_name: str, reason: str) -> None:
        self.cause = f"{provider_name} refused to renew the access ({reason})."
        super().__init__(f"{self.cause} An administrator should check the app's credentials.")


class Refresher:
    """Hands out access tokens of grants and refreshes them when it is time."""

    def __init__(
        self,
        grants: Grants,
        registry: Registry,
        vault: Vault,
        http: HttpClient,
        spool: Spool,
        audit: Audit,
        timeouts: RefreshTimeouts | None = None,
        require: Callable[[], None] = lambda: None,
    ) -> None:
        self._grants = grants
        self._registry = registry
        self._vault = vault
        self._http = http
        self._spool = spool
        self._audit = audit
        self._timeouts = timeouts or RefreshTimeouts()
        # Raises where nothing may be renewed: what rotates would be lost to whom it belongs.
        self._require = require
        self._running: dict[UUID, asyncio.Task[Grant]] = {}
        self._me = f"{socket.gethostname()}:{os.getpid()}"

    async def fresh(self, grant_id: UUID) -> Grant:
        """The grant with a token that can be used now.

        While the present token works a refresh goes on in the background and its failure harms nobody.
        Raises `ReauthorizationRequired`, `NotConnected` or `ProviderUnavailable`.
        """
        grant = await self._read(grant_id)
        if grant.refresh_token is not None and grant.expired:
            return await self._refreshed(grant)
        if grant.expired:
            raise await self._give_up(grant, "expired", "its access has expired")
        if grant.refresh_token is not None and grant.ageing and not grant.leased and not grant.resting:
            self._start(grant)
        return grant

    async def renewed(self, grant_id: UUID, rejected_version: int) -> Grant:
        """The grant with another token than that of the rejected version.

        Raises `ReauthorizationRequired` when there is no way to one.
        """
        grant = await self._read(grant_id)
        if grant.version > rejected_version:
            return grant
        if grant.refresh_token is None:
            raise await self._give_up(grant, "revoked", "the access was revoked there")
        return await self._refreshed(grant)

    async def forced(self, grant_id: UUID) -> Grant:
        """The grant after a refresh that was asked for; one that cannot be refreshed comes back as it is."""
        grant = await self._read(grant_id)
        return grant if grant.refresh_token is None else await self._refreshed(grant)

    async def ahead(self) -> None:
        """Renew what is about to expire, so that nobody has to wait for it."""
        for grant_id in await self._grants.due(REFRESH_AHEAD_SECONDS):
            with suppress(FluxStudioError):
                await self.fresh(grant_id)

    async def recover(self, grant_id: UUID | None = None) -> int:
        """Bring spooled tokens into the database; how many were brought."""
        brought = 0
        for waiting, version in await asyncio.to_thread(self._spool.pending, grant_id):
            grant = await self._grants.read(waiting)
            if grant is not None and grant.version == version:
                spooled = await asyncio.to_thread(self._spool.read, grant)
                if spooled is None:
                    continue
                brought += await self._grants.save_spooled(grant, spooled.answer, spooled.received_at)
            self._spool.remove(waiting, version)
        return brought

    async def close(self) -> None:
        """Let refreshes under way finish, within their deadline."""
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=self._timeouts.deadline)

    async def _read(self, grant_id: UUID) -> Grant:
        grant = await self._grants.read(grant_id)
        name = "The provider" if grant is None else self._name(grant)
        if grant is None or grant.status == "released":
            raise NotConnected(f"{name} is no longer connected. Connect it again.")
        if grant.status == "reauthorize":
            raise self._reconnect(grant)
        return grant

    async def _refreshed(self, grant: Grant) -> Grant:
        task = self._running.get(grant.id) or self._start(grant)
        try:
            async with asyncio.timeout(self._timeouts.wait):
                return await asyncio.shield(task)
        except TimeoutError:
            raise self._not_now(grant) from None

    def _start(self, grant: Grant) -> asyncio.Task[Grant]:
        task = asyncio.create_task(self._refresh_or_wait(grant), name=f"refresh {grant.id}")
        self._running[grant.id] = task

        def done(finished: asyncio.Task[Grant]) -> None:
            self._running.pop(grant.id, None)
            if not finished.cancelled() and (error := finished.exception()):
                log.warning("refresh_failed", grant=str(grant.id), reason=type(error).__name__)

        task.add_done_callback(done)
        return task

    async def _refresh_or_wait(self, grant: Grant) -> Grant:
        """Refresh it ourselves, or see to it that whoever holds the lease did."""
        self._require()
        pause = self._timeouts.poll
        async with asyncio.timeout(self._timeouts.lease + self._timeouts.deadline):
            while True:
                await self.recover(grant.id)
                present = await self._read(grant.id)
                if present.version > grant.version:
                    return present
                if present.resting:
                    raise self._not_now(present)
                if not present.leased:
                    # Before the lease: who cannot open the token must not keep others from trying.
                    token = present.refresh_token_in_plain(self._vault) or ""
                    epoch = await self._grants.lease(present, self._me, self._timeouts.lease)
                    if epoch is not None:
                        return await self._refresh(present, epoch, token)
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.5)

    async def _refresh(self, grant: Grant, epoch: int, token: str) -> Grant:
        try:
            client = self._registry.get(grant.owner.provider).client(self._http)
            answer = await client.refresh(token, seconds=self._timeouts.deadline)
        except OAuthRefused as refused:
            return await self._refused(grant, epoch, refused)
        except (HttpError, TokenEndpointDown, FluxStudioError) as error:
            rest = self._timeouts.short_rest if grant.expired else self._timeouts.rest
            await self._grants.let_go(grant, epoch, rest)
            await self._audit.record("refresh", grant.owner.provider, grant.id, outcome="failed")
            counters.refreshed(grant.owner.provider, "unanswered")
            log.warning(
                "refresh_unanswered", provider=grant.owner.provider, grant=str(grant.id), reason=str(error)
            )
            raise self._not_now(grant) from None
        await asyncio.to_thread(self._spool.write, grant, answer)
        return await self._keep(grant, epoch, answer)

    async def _keep(self, grant: Grant, epoch: int, answer: TokenAnswer) -> Grant:
        try:
            if not await self._grants.save_refreshed(grant, epoch, answer):
                await self.recover(grant.id)
        except DatabaseUnavailable:
            log.error("refresh_spooled", grant=str(grant.id))
            raise
        self._spool.remove(grant.id, grant.version)
        counters.refreshed(grant.owner.provider, "done")
        log.info("refreshed", provider=grant.owner.provider, grant=str(grant.id))
        await self._audit.record("refresh", grant.owner.provider, grant.id)
        return await self._read(grant.id)

    async def _refused(self, grant: Grant, epoch: int, refused: OAuthRefused) -> Grant:
        """A refusal counts only if nobody else has renewed the grant in the meantime."""
        await self.recover(grant.id)
        present = await self._read(grant.id)
        if present.version > grant.version:
            return present
        oauth = self._registry.get(grant.owner.provider).provider.oauth
        is_final = refused.error in oauth.dead_errors
        counters.refreshed(grant.owner.provider, "ended" if is_final else "refused")
        log.warning(
            "refresh_refused", provider=grant.owner.provider, grant=str(grant.id), reason=refused.error[:60]
        )
        if is_final:
            raise await self._give_up(present, refused.error, "it no longer accepts our access")
        await self._grants.let_go(present, epoch, self._timeouts.rest)
        failed = RefreshRefused(self._name(grant), refused.error[:60])
        await self._grants.note_problem(present, refused.error[:60], failed.cause, is_final=False)
        await self._audit.record("refresh", grant.owner.provider, grant.id, outcome="failed")
        raise failed

    async def _give_up(self, grant: Grant, code: str, reason: str) -> ReauthorizationRequired:
        ended = ReauthorizationRequired(f"{self._name(grant)} asks you to connect again: {reason}.")
        await self._grants.note_problem(grant, code[:60], ended.message, is_final=True)
        await self._audit.record("reauthorize", grant.owner.provider, grant.id, outcome="failed")
        return self._reconnect(grant)

    def _reconnect(self, grant: Grant) -> ReauthorizationRequired:
        name = self._name(grant)
        return ReauthorizationRequired(
            f"{name} no longer accepts the access for {grant.account.name}. Reconnect it in Settings → "
            "Integrations; your settings are kept.",
            provider=grant.owner.provider,
        )

    def _not_now(self, grant: Grant) -> ProviderUnavailable:
        return ProviderUnavailable(
            f"{self._name(grant)} did not renew the access in time. Nothing is lost; try again in a minute."
        )

    def _name(self, grant: Grant) -> str:
        return self._registry.get(grant.owner.provider).provider.name
