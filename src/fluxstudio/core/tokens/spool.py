"""Freshly refreshed tokens on disk, sealed and synced, until the database has them.

They are sealed under their grant's own data key, which the database keeps: a rotation of the keys above it
makes nothing here unreadable, on whatever machine it waits.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from fluxstudio.core.connections.grants import Grant
from fluxstudio.core.tokens.vault import Vault, VaultError
from fluxstudio.sdk import TokenAnswer

log = structlog.get_logger(__name__)


class _SpoolFile(msgspec.Struct):
    access_token: str
    refresh_token: str | None
    expires_in: float | None
    refresh_expires_in: float | None
    scopes: list[str] | None
    received_at: float


@dataclass(frozen=True, slots=True)
class SpooledTokens:
    """Tokens that wait for the database, and the Unix time at which the provider gave them out."""

    answer: TokenAnswer = field(repr=False)
    received_at: float


class Spool:
    """One sealed file for each refresh on its way into the database, in a folder of this machine.

    Where the disk takes nothing more the tokens are held in memory, which is better than losing them. `now`
    tells the time in seconds since 1970.
    """

    def __init__(self, folder: Path, vault: Vault, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._folder = folder
        self._vault = vault
        self._held: dict[tuple[UUID, int], SpooledTokens] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, grant: Grant, answer: TokenAnswer) -> None:
        """Keep tokens that replace a grant's so that a crash cannot lose them; returns when they are on disk.

        Raises `VaultError` where the grant's data key cannot be opened.
        """
        received_at = self._now()
        try:
            self._write(grant, answer, received_at)
        except OSError as error:
            log.error("spool_takes_nothing", reason=error.strerror, folder=str(self._folder))
            self._held[grant.id, grant.version] = SpooledTokens(answer, received_at)

    def _write(self, grant: Grant, answer: TokenAnswer, received_at: float) -> None:
        stored = _SpoolFile(
            answer.access_token,
            answer.refresh_token,
            answer.expires_in,
            answer.refresh_expires_in,
            list(answer.scopes) if answer.scopes else None,
            received_at,
        )
        text = msgspec.json.encode(stored).decode()
        box = self._vault.seal_beside(grant.owner, _column(grant), grant.data_key or b"", text)
        file = self._file(grant.id, grant.version)
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

    def pending(self, grant_id: UUID | None = None) -> list[tuple[UUID, int]]:
        """Grant and version of everything that waits, oldest version first; of one grant or of all."""
        entries = {entry for entry in self._held if grant_id in {None, entry[0]}}
        for file in self._folder.glob(f"{grant_id or '*'}.*.sealed"):
            with suppress(ValueError):
                name, version, _ = file.name.split(".")
                entries.add((UUID(name), int(version)))
        return sorted(entries, key=lambda entry: entry[1])

    def read(self, grant: Grant) -> SpooledTokens | None:
        """What waits for a grant at its version; None where nothing does or it cannot be opened."""
        entry = self._held.get((grant.id, grant.version))
        if entry is not None or grant.data_key is None:
            return entry
        with suppress(VaultError, msgspec.DecodeError, FileNotFoundError):
            box = self._file(grant.id, grant.version).read_bytes()
            text = self._vault.open_token(grant.owner, _column(grant), grant.data_key, box)
            file = msgspec.json.decode(text, type=_SpoolFile)
            answer = TokenAnswer(
                file.access_token,
                file.refresh_token,
                file.expires_in,
                file.refresh_expires_in,
                tuple(file.scopes) if file.scopes else None,
            )
            return SpooledTokens(answer, file.received_at)
        return None

    def _file(self, grant_id: UUID, version: int) -> Path:
        return self._folder / f"{grant_id}.{version}.sealed"


def _column(grant: Grant) -> str:
    return f"spooled after version {grant.version}"
