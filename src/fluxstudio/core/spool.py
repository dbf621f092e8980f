"""Freshly refreshed tokens on disk, sealed and synced, until the database has them."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from fluxstudio.core.vault import Vault, VaultError
from fluxstudio.sdk import TokenAnswer

log = structlog.get_logger(__name__)


class _Kept(msgspec.Struct):
    access_token: str
    refresh_token: str | None
    expires_in: float | None
    refresh_expires_in: float | None
    scopes: list[str] | None
    received_at: float


@dataclass(frozen=True, slots=True)
class Spooled:
    """Tokens that wait for the database: the grant, the version they replace, and when they came."""

    grant_id: UUID
    version: int
    answer: TokenAnswer = field(repr=False)
    received_at: float


class Spool:
    """One sealed file for each refresh on its way into the database, in a folder of this machine.

    Where the disk takes nothing more the tokens are held in memory, which is better than losing them.
    """

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault
        self._held: dict[tuple[UUID, int], Spooled] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, grant_id: UUID, version: int, answer: TokenAnswer) -> None:
        """Keep tokens so that a crash cannot lose them; returns when they are on the disk."""
        received_at = time.time()
        try:
            self._write(grant_id, version, answer, received_at)
        except OSError as error:
            log.error("spool_takes_nothing", reason=error.strerror, folder=str(self._folder))
            self._held[grant_id, version] = Spooled(grant_id, version, answer, received_at)

    def _write(self, grant_id: UUID, version: int, answer: TokenAnswer, received_at: float) -> None:
        kept = _Kept(
            answer.access_token,
            answer.refresh_token,
            answer.expires_in,
            answer.refresh_expires_in,
            list(answer.scopes) if answer.scopes else None,
            received_at,
        )
        box = self._vault.seal_note(self._place(grant_id, version), msgspec.json.encode(kept).decode())
        file = self._file(grant_id, version)
        fresh = file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(box)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.rename(file)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def remove(self, grant_id: UUID, version: int) -> None:
        """The database has them."""
        self._held.pop((grant_id, version), None)
        self._file(grant_id, version).unlink(missing_ok=True)

    def pending(self, grant_id: UUID | None = None) -> list[Spooled]:
        """What waits, oldest version first; of one grant or of all. Unreadable files are left alone."""
        pattern = f"{grant_id or '*'}.*.sealed"
        found = [entry for entry in self._held.values() if grant_id in {None, entry.grant_id}]
        for file in sorted(self._folder.glob(pattern)):
            with suppress(VaultError, msgspec.DecodeError, ValueError, FileNotFoundError):
                name, version, _ = file.name.split(".")
                place = self._place(UUID(name), int(version))
                kept = msgspec.json.decode(self._vault.open_note(place, file.read_bytes()), type=_Kept)
                answer = TokenAnswer(
                    kept.access_token,
                    kept.refresh_token,
                    kept.expires_in,
                    kept.refresh_expires_in,
                    tuple(kept.scopes) if kept.scopes else None,
                )
                found.append(Spooled(UUID(name), int(version), answer, kept.received_at))
        return sorted(found, key=lambda entry: entry.version)

    def _file(self, grant_id: UUID, version: int) -> Path:
        return self._folder / f"{grant_id}.{version}.sealed"

    @staticmethod
    def _place(grant_id: UUID, version: int) -> str:
        return f"spool\x1f{grant_id}\x1f{version}"
