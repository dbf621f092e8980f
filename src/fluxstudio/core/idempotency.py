"""Idempotency keys: a request is carried out once for its key, and answered the same for a day."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import structlog

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.tokens.vault import Vault, VaultError
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import same, sha256

log = structlog.get_logger(__name__)
sql = Queries.load("fluxstudio.sql", "queries/idempotency.sql")

KEYS_COUNT_FOR = timedelta(days=1)
# A request says this often that it is still under way. One that has not for that long died with its process.
HOLD_EVERY_SECONDS = 10.0
HELD_FOR = timedelta(seconds=35)
# Bytes of an answer that are kept, before they are compressed.
MAX_KEPT_ANSWER_BYTES = 256 * 1024
SWEPT_AT_ONCE = 5000
NOBODY = UUID(int=0)


class RecordedAnswer(msgspec.Struct, frozen=True):
    """An answer as it was sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key of one caller, who may be an access token of a user."""

    user_id: UUID
    token_id: UUID
    digest: bytes
    holder: UUID = field(default_factory=uuid4)

    @classmethod
    def of(cls, actor: Actor, key: str) -> IdempotencyKey:
        """The key as this caller sends it."""
        return cls(actor.user_id, actor.rights.token_id if actor.rights else NOBODY, sha256(key))

    @property
    def place(self) -> str:
        """What a sealed answer is bound to."""
        return f"idempotency\x1f{self.user_id}\x1f{self.token_id}\x1f{self.digest.hex()}"


@dataclass(frozen=True, slots=True)
class KeyState:
    """What became of a key's first request. `answer` is None where it was not kept."""

    finished: bool
    interrupted: bool
    fingerprint: bytes | None = None
    answer: RecordedAnswer | None = None

    def fits(self, fingerprint: bytes) -> bool:
        """Whether a finished request was this one."""
        return self.fingerprint is not None and same(self.fingerprint, fingerprint)


class IdempotencyKeys:
    """Claims keys, and keeps what was answered."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def claim(self, key: IdempotencyKey) -> bool:
        """Whether the caller's request is the first under this key, and may go on."""
        claimed = await self._db.fetchval(
            sql.claim, key.user_id, key.token_id, key.digest, key.holder, HELD_FOR, KEYS_COUNT_FOR
        )
        return claimed is not None

    async def state(self, key: IdempotencyKey) -> KeyState | None:
        """What became of the request that claimed it, or None where it let go."""
        row = await self._db.fetchrow(sql.state, key.user_id, key.token_id, key.digest)
        if row is None:
            return None
        answer = None if row["answer"] is None else self._opened(key, row["answer"])
        return KeyState(row["finished"], row["interrupted"], row["fingerprint"], answer)

    async def hold(self, key: IdempotencyKey) -> None:
        """Say that the request is still under way."""
        await self._db.execute(sql.hold, key.user_id, key.token_id, key.digest, key.holder, HELD_FOR)

    async def finish(self, key: IdempotencyKey, fingerprint: bytes, answer: RecordedAnswer | None) -> None:
        """Keep the answer, None for one too large."""
        sealed = None
        if answer is not None:
            packed = zlib.compress(msgspec.msgpack.encode(answer))
            sealed = self._vault.seal_bytes(key.place, packed)
        await self._db.execute(
            sql.finish, key.user_id, key.token_id, key.digest, key.holder, fingerprint, sealed
        )

    async def release(self, key: IdempotencyKey) -> None:
        """Let the key go: nothing was done."""
        await self._db.execute(sql.release, key.user_id, key.token_id, key.digest, key.holder)

    async def sweep(self) -> None:
        """Delete keys that no longer count."""
        while await self._db.execute(sql.sweep, KEYS_COUNT_FOR, SWEPT_AT_ONCE) != "DELETE 0":
            continue

    def _opened(self, key: IdempotencyKey, sealed: bytes) -> RecordedAnswer | None:
        try:
            packed = self._vault.open_bytes(key.place, sealed)
        except VaultError:
            # Its encryption key was retired meanwhile.
            log.warning("recorded_answer_unreadable", user=str(key.user_id))
            return None
        return msgspec.msgpack.decode(zlib.decompress(packed), type=RecordedAnswer)
