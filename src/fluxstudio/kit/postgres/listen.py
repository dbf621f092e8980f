"""Notifications from the database over one connection that comes back by itself."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from fluxstudio.kit.postgres.connection import CheckedConnection, connect
from fluxstudio.kit.postgres.errors import DatabaseUnavailable
from fluxstudio.kit.postgres.hosts import Target

_FIRST_DELAY_SECONDS = 0.1
_LONGEST_DELAY_SECONDS = 2.0
_SECONDS_BETWEEN_SIGNS_OF_LIFE = 10.0
_SIGN_OF_LIFE_SECONDS = 5.0

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class ChannelSubscription:
    """One callback on one channel, until `close`."""

    channel: str
    callback: Callable[[str], None]
    on_reconnect: Callable[[], None] | None
    _listener: Listener

    def close(self) -> None:
        """Call back no more. May be called again."""
        self._listener.forget(self)


class Listener:
    """All subscriptions of one database. Its connection is made with the first of them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._subscriptions: list[ChannelSubscription] = []
        self._connection: CheckedConnection | None = None
        self._talking = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    async def subscribe(
        self, channel: str, callback: Callable[[str], None], on_reconnect: Callable[[], None] | None
    ) -> ChannelSubscription:
        """See `Database.listen`."""
        subscription = ChannelSubscription(channel, callback, on_reconnect, self)
        async with self._talking:
            connection = self._connection
            if connection is None or connection.is_closed():
                connection = await self._connect()
            await connection.add_listener(channel, self._deliver)
            self._subscriptions.append(subscription)
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        return subscription

    def forget(self, subscription: ChannelSubscription) -> None:
        """Drop one subscription; its channel stays listened to, which costs nothing."""
        with suppress(ValueError):
            self._subscriptions.remove(subscription)

    async def close(self) -> None:
        """End all subscriptions and the connection."""
        self._subscriptions.clear()
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _connect(self) -> CheckedConnection:
        connection = await connect(self._target)
        try:
            for channel in {subscription.channel for subscription in self._subscriptions}:
                await connection.add_listener(channel, self._deliver)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        return connection

    async def _keep(self) -> None:
        """Notice when the connection goes, and bring it back."""
        delay = _FIRST_DELAY_SECONDS
        while True:
            if self._connection is not None:
                await self._until_lost(self._connection)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, no secret
            try:
                async with self._talking:
                    if self._connection is None:
                        await self._connect()
            except DatabaseUnavailable:
                delay = min(2 * delay, _LONGEST_DELAY_SECONDS)
                continue
            delay = _FIRST_DELAY_SECONDS
            for subscription in tuple(self._subscriptions):
                if subscription.on_reconnect is not None:
                    _call(subscription.on_reconnect)

    async def _until_lost(self, connection: CheckedConnection) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        while not (lost.is_set() or connection.is_closed()):
            with suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS_BETWEEN_SIGNS_OF_LIFE):
                    await lost.wait()
                break
            try:
                async with self._talking:
                    await connection.execute("SELECT 1", timeout=_SIGN_OF_LIFE_SECONDS)
            except DatabaseUnavailable:
                break
        connection.terminate()
        if self._connection is connection:
            self._connection = None

    def _deliver(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        for subscription in tuple(self._subscriptions):
            if subscription.channel == channel:
                _call(subscription.callback, str(payload))


def _call(callback: Callable[..., None], *args: str) -> None:
    try:
        callback(*args)
    except Exception:
        _log.exception("A callback on a database notification failed")
