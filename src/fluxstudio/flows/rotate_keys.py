"""Changing the keys that seal, while everything goes on: make one, rotate to it, retire the old one.

A rotation re-wraps the data keys of grants and the secrets of webhooks; tokens are neither opened nor sealed
anew. Whatever is done here
may be cut off anywhere and done again.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fluxstudio.core.audit import Audit
from fluxstudio.core.database import database_of, pool
from fluxstudio.core.endpoints.endpoints import secret_place
from fluxstudio.core.migrations import migrate_database
from fluxstudio.core.registry import registry_of
from fluxstudio.core.secrets import key_source, vault_over
from fluxstudio.core.tokens.key_source import KeyFile, KeySource
from fluxstudio.core.tokens.keys import Holder, KeyInUse, Keys, KnownKey, primary_of
from fluxstudio.core.tokens.vault import TokenOwner, Vault, VaultError
from fluxstudio.core.webhooks.subscriptions import place
from fluxstudio.kit.postgres.database import Connection
from fluxstudio.kit.sealing import Keyset
from fluxstudio.settings import Settings, SettingsError

# Longer than a process that was killed counts as running.
SECONDS_FOR_OTHERS = 25.0
SECONDS_TO_SAY_NOTHING = 4.0
PASSES = 5
GIVEN_UP = {"code": "key_lost", "message": "The key that sealed the access is gone. Reconnect."}

Tell = Callable[[str], None]


class KeyRefused(Exception):
    """What was asked would lose something, or cannot be done now; the message says what to do."""


@dataclass(frozen=True, slots=True)
class KeyService:
    """What taking care of keys needs."""

    vault: Vault
    source: KeySource
    keys: Keys
    audit: Audit

    async def note(self, action: str, key_id: str, outcome: str = "done", **details: Any) -> None:
        """Add a line to the audit log."""
        await self.audit.record(action, None, key_id, outcome=outcome, host=socket.gethostname(), **details)

    async def key(self, key_id: str) -> KnownKey:
        """A key by its id. Raises `KeyRefused`."""
        keys = {key.id: key for key in await self.keys.usable()}
        if key_id not in keys:
            raise KeyRefused(f"There is no key “{key_id}”. Known keys: {', '.join(keys) or 'none'}.")
        return keys[key_id]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was made; `entry` is what to put into the settings, None where it is in the key file."""

    id: str
    entry: str | None


async def new_key(service: KeyService) -> NewKey:
    """Make a key that opens and does not seal yet."""
    with suppress(SettingsError):
        # Those that are here came first, even where no process has begun yet.
        async with service.keys.alone() as connection:
            await service.keys.register(connection)
    async with service.keys.alone() as connection:
        usable, retired = await service.keys.usable(connection), await service.keys.retired()
        names = [*(key.id for key in usable), *(key.id for key in retired), *service.source.read().keys]
        key_id = _free_name(names)
        if isinstance(service.source, KeyFile):
            service.source.add(key_id)
            made, entry = service.source.read(), None
        else:
            made = Keyset.new(key_id)
            entry = made.text()
        await service.keys.make_known(connection, {key_id: made.keys[key_id]})
    await service.note("key-new", key_id)
    return NewKey(key_id, entry)


@dataclass(frozen=True, slots=True)
class RotationResult:
    """What a rotation did: data keys and webhook secrets sealed anew, and those that could not be opened."""

    key_id: str
    rewrapped: int
    unreadable: int


async def rotate(
    service: KeyService, key_id: str | None = None, *, tell: Tell = lambda text: None, at_a_time: int = 200
) -> RotationResult:
    """Let a key seal, by default the newest, and re-wrap every data key that another one seals.

    Raises `KeyRefused` before anything is changed where a running process does not have the key, and when
    another rotation takes over; `SettingsError` where a key that is needed is missing here.
    """
    service.vault.look_again()
    async with service.keys.alone() as connection:
        await service.keys.register(connection)
    target = key_id or _newest(await service.keys.usable())
    await service.key(target)
    if target not in service.vault.key_ids:
        raise KeyRefused(
            f"The key “{target}” is not in {service.source.name} here. Add its entry, then rotate."
        )
    missing = await _waited_for(service, lambda holder: target in holder.keys, f"to have “{target}”", tell)
    if missing:
        raise KeyRefused(
            f"These processes do not have the key “{target}” yet: {_names(missing)}. Add its entry to "
            "their ENCRYPTION_KEYS and restart them, then rotate. Nothing was changed."
        )
    await service.note("key-rotate", target, stage="begun")
    await service.keys.put_to_use(target)
    service.vault.seal_with(target)
    rewrapped = await _rewrap_all(service, target, tell, at_a_time)
    late = await _waited_for(
        service, lambda holder: holder.seals_with == target, f"to seal with “{target}”", tell
    )
    if late:
        tell(f"Still sealing with another key: {_names(late)}. Rotate again once they are gone.")
    for _ in range(PASSES):
        count = await _rewrap_all(service, target, tell, at_a_time)
        rewrapped += count
        if not count:
            break
    unreadable = await service.keys.left_to_rewrap(target)
    await service.note("key-rotate", target, stage="ended", rewrapped=rewrapped, unreadable=unreadable)
    return RotationResult(target, rewrapped, unreadable)


@dataclass(frozen=True, slots=True)
class RetirementResult:
    """A key that was retired.

    `given_up` accounts were let go with it. `erased` says whether it was deleted from the key file, and
    `succeeded` whether another key of the same name is here, which goes on under it.
    """

    key_id: str
    given_up: int
    erased: bool
    succeeded: bool


async def retire(service: KeyService, key_id: str, *, give_up: bool = False) -> RetirementResult:
    """Let a key go for good, once nothing is sealed with it.

    With `give_up` what still is sealed with it goes too, and those people have to connect again.
    Raises `KeyRefused` while it is needed; the database refuses as well, whatever we believe.
    """
    if key_id in {key.id for key in await service.keys.retired()}:
        return RetirementResult(key_id, 0, _erase(service, key_id), succeeded=False)
    try:
        given_up, succeeded = await _retire(service, key_id, give_up=give_up)
    except KeyRefused:
        await service.note("key-retire", key_id, "refused")
        raise
    except KeyInUse:
        await service.note("key-retire", key_id, "refused")
        raise KeyRefused(f"Something was sealed with “{key_id}” just now. Rotate, then retire it.") from None
    await service.note("key-retire", key_id, given_up=given_up)
    return RetirementResult(key_id, given_up, not succeeded and _erase(service, key_id), succeeded)


def _erase(service: KeyService, key_id: str) -> bool:
    return isinstance(service.source, KeyFile) and service.source.remove(key_id)


async def _retire(service: KeyService, key_id: str, *, give_up: bool) -> tuple[int, bool]:
    key = await service.key(key_id)
    here = service.source.read().keys.get(key_id)
    another = here is not None and key.is_another(here)
    primary = primary_of(await service.keys.usable())
    seals = primary is not None and primary.id == key_id
    if seals and not (give_up and (another or here is None)):
        raise KeyRefused(
            f"“{key_id}” is the key that seals. Make another with `fluxstudio keys new` and rotate to it "
            "first."
        )
    users = [holder for holder in await service.keys.holders() if holder.seals_with == key_id]
    if users:
        raise KeyRefused(f"These still seal with “{key_id}”: {_names(users)}. Try again in a few seconds.")
    if not give_up:
        _check_unused(key)
    async with service.keys.alone() as connection:
        given_up = await service.keys.give_up(connection, key_id, GIVEN_UP) if give_up else 0
        if not another:
            await service.keys.retire(connection, key_id)
    return given_up, another


def _check_unused(key: KnownKey) -> None:
    if key.data_keys:
        raise KeyRefused(
            f"“{key.id}” still seals the data keys of {key.data_keys} accounts. Run `fluxstudio keys rotate` "
            "first; it re-wraps them."
        )
    if key.webhooks:
        raise KeyRefused(
            f"“{key.id}” still seals the secrets of {key.webhooks} webhooks. Run `fluxstudio keys rotate` "
            "first; it seals them again with the current key."
        )
    if key.requests:
        raise KeyRefused(
            f"“{key.id}” still seals {key.requests} connects under way. They end within 15 minutes; "
            "try again then."
        )


async def _rewrap_all(service: KeyService, target: str, tell: Tell, at_a_time: int) -> int:
    """Re-wrap in batches what another key seals; how many. What cannot be opened is passed over."""
    total = await service.keys.left_to_rewrap(target)
    rewrapped = 0
    after = UUID(int=0)
    while batch := await service.keys.some_to_rewrap(target, after, at_a_time):
        after = batch[-1][0].grant_id
        boxes = [box for owner, data_key in batch if (box := _rewrapped(service.vault, owner, data_key))]
        if not boxes:
            continue
        async with service.keys.alone() as connection:
            await _still_wanted(service, connection, target)
            rewrapped += await service.keys.rewrap(connection, boxes)
        tell(f"{rewrapped:,} of {total:,} data keys are sealed with “{target}”.")
    rewrapped += await _reseal_webhooks(service, target, at_a_time)
    return rewrapped + await _reseal_endpoints(service, target, at_a_time)


async def _reseal_webhooks(service: KeyService, target: str, at_a_time: int) -> int:
    """Seal webhook secrets anew, in batches; how many."""
    resealed, after = 0, ("", "")
    while batch := await service.keys.webhooks_to_reseal(target, after, at_a_time):
        after = batch[-1][:2]
        boxes = [entry for row in batch if (entry := _resealed(service.vault, *row))]
        if not boxes:
            continue
        async with service.keys.alone() as connection:
            await _still_wanted(service, connection, target)
            resealed += await service.keys.reseal_webhooks(connection, boxes)
    return resealed


async def _reseal_endpoints(service: KeyService, target: str, at_a_time: int) -> int:
    """Seal the secrets of endpoints anew, in batches; how many."""
    resealed, after = 0, UUID(int=0)
    while batch := await service.keys.endpoints_to_reseal(target, after, at_a_time):
        after = batch[-1][0]
        boxes = []
        for secret_id, box in batch:
            with suppress(VaultError):
                boxes.append((secret_id, box, service.vault.resealed_note(secret_place(secret_id), box)))
        if not boxes:
            continue
        async with service.keys.alone() as connection:
            await _still_wanted(service, connection, target)
            resealed += await service.keys.reseal_endpoints(connection, boxes)
    return resealed


async def _still_wanted(service: KeyService, connection: Connection, target: str) -> None:
    present = await service.keys.primary(connection)
    if present != target:
        raise KeyRefused(f"Meanwhile a rotation to “{present}” has begun. This one ends here.")


def _resealed(
    vault: Vault, provider: str, webhook_id: str, secret: bytes
) -> tuple[str, str, bytes, bytes] | None:
    try:
        return provider, webhook_id, secret, vault.resealed_note(place(provider, webhook_id), secret)
    except VaultError:
        return None


def _rewrapped(vault: Vault, owner: TokenOwner, data_key: bytes) -> tuple[UUID, bytes, bytes] | None:
    try:
        return owner.grant_id, data_key, vault.rewrapped(owner, data_key)
    except VaultError:
        return None


async def _waited_for(
    service: KeyService, ready: Callable[[Holder], bool], what: str, tell: Tell
) -> list[Holder]:
    """Give running processes a moment to be ready; those that are not."""
    now = asyncio.get_running_loop().time
    start, is_announced = now(), False
    while True:
        late = [holder for holder in await service.keys.holders() if not ready(holder)]
        if not late or now() - start > SECONDS_FOR_OTHERS:
            return late
        if not is_announced and now() - start > SECONDS_TO_SAY_NOTHING:
            is_announced = True
            tell(f"Waiting for these processes {what}: {_names(late)}.")
        await asyncio.sleep(0.1)


def _newest(keys: list[KnownKey]) -> str:
    """The key made last; the one that seals already where none was made after it."""
    primary = primary_of(keys)
    assert primary is not None  # register() has seen to it
    later = [key for key in keys if key.created_at > primary.created_at]
    return max(later, key=lambda key: key.created_at).id if later else primary.id


def _free_name(names_in_use: Iterable[str]) -> str:
    numbers = [int(match[1]) for name in names_in_use if (match := re.fullmatch(r"k(\d{1,9})", name))]
    return f"k{max(numbers, default=0) + 1}"


def _names(holders: Iterable[Holder]) -> str:
    return ", ".join(holder.name for holder in holders)


@asynccontextmanager
async def key_care(settings: Settings) -> AsyncIterator[KeyService]:
    """What the commands over keys work with: the database migrated, nothing started."""
    source = key_source(settings)
    vault = vault_over(source)
    async with database_of(settings) as where:
        await migrate_database(where, registry_of(settings))
        async with pool(settings, where) as db:
            yield KeyService(vault, source, Keys(db, vault, source), Audit(db))
