"""The one place that opens a sealed token.

Envelope encryption: each grant has a data key of its own that seals its tokens; a key-encryption key from
the keyset seals the data key. Every box is bound to its table, column, row and owner.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from fluxstudio.errors import Unavailable
from fluxstudio.kit.files import made_once
from fluxstudio.kit.sealing import CannotOpen, Keyset, key_id_of, seal, unseal

LOCAL_KEYS = "encryption.keys"


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """Whose tokens they are: the row of `oauth_tokens` and the identity that it stands for."""

    grant_id: UUID
    provider: str
    client_id: str
    account_id: str

    def place(self, column: str) -> str:
        """What a box in that column is bound to."""
        return json.dumps(
            ["oauth_tokens", column, str(self.grant_id), self.provider, self.client_id, self.account_id]
        )


@dataclass(frozen=True, slots=True)
class SealedTokens:
    """The sealed columns of a grant."""

    data_key: bytes = field(repr=False)
    access_token: bytes = field(repr=False)
    refresh_token: bytes | None = field(repr=False)


class VaultError(Unavailable):
    """A sealed value cannot be opened here."""

    code = "UNAVAILABLE"


class Vault:
    """Seals and opens tokens with a keyset of key-encryption keys.

    `changed` gives the keyset anew when it has changed since it was last read, else None.
    """

    def __init__(self, keyset: Keyset, changed: Callable[[], Keyset | None] = lambda: None) -> None:
        self._keyset = keyset
        self._changed = changed

    @property
    def seals_with(self) -> str:
        """The id of the key that seals."""
        return self._keyset.primary

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of all keys that open."""
        return frozenset(self._keyset.keys)

    def seal_with(self, key_id: str) -> None:
        """Let another of its keys seal from now on. Raises `KeyError` for one that it does not have."""
        if key_id not in self._keyset.keys:
            raise KeyError(key_id)
        self._keyset = Keyset(key_id, self._keyset.keys)

    def look_again(self) -> None:
        """Learn the keys of a keyset that has changed. Those it had stay: work under way may need them."""
        fresh = self._changed()
        if fresh is not None:
            self._keyset = Keyset(self._keyset.primary, {**self._keyset.keys, **fresh.keys})

    def rewrapped(self, owner: TokenOwner, data_key: bytes) -> bytes:
        """A grant's data key, sealed with the key that seals now. Raises `VaultError`."""
        place = owner.place("data_key")
        return self._seal(self._unseal(data_key, place), place)

    def seal_tokens(
        self, owner: TokenOwner, access_token: str, refresh_token: str | None, data_key: bytes | None = None
    ) -> SealedTokens:
        """Seal a grant's tokens, under its present data key where it has one."""
        if data_key is None:
            plain_key = secrets.token_bytes(32)
            data_key = self._seal(plain_key, owner.place("data_key"))
        else:
            plain_key = self._unseal(data_key, owner.place("data_key"))
        name = f"d{secrets.token_hex(4)}"

        def sealed(token: str, column: str) -> bytes:
            return seal(name, plain_key, token.encode(), owner.place(column))

        return SealedTokens(
            data_key,
            sealed(access_token, "access_token"),
            sealed(refresh_token, "refresh_token") if refresh_token is not None else None,
        )

    def seal_beside(self, owner: TokenOwner, column: str, data_key: bytes, text: str) -> bytes:
        """Seal something under a grant's data key that is kept elsewhere; `open_token` opens it."""
        plain_key = self._unseal(data_key, owner.place("data_key"))
        return seal(f"d{secrets.token_hex(4)}", plain_key, text.encode(), owner.place(column))

    def open_token(self, owner: TokenOwner, column: str, data_key: bytes, box: bytes) -> str:
        """The token in a sealed column (`access_token` or `refresh_token`). Raises `VaultError`."""
        plain_key = self._unseal(data_key, owner.place("data_key"))
        try:
            return unseal(plain_key, box, owner.place(column)).decode()
        except CannotOpen:
            raise VaultError(
                "The tokens of this connection cannot be opened: the stored value was changed. Reconnect it."
            ) from None

    def seal_note(self, place: str, text: str) -> bytes:
        """Seal a secret that no grant's data key seals, such as a code verifier, for one place."""
        return self._seal(text.encode(), place)

    def resealed_note(self, place: str, box: bytes) -> bytes:
        """What `seal_note` sealed, sealed with the key that seals now. Raises `VaultError`."""
        return self._seal(self._unseal(box, place), place)

    def open_note(self, place: str, box: bytes) -> str:
        """Open what `seal_note` sealed for the same place. Raises `VaultError`."""
        return self._unseal(box, place).decode()

    def seal_bytes(self, place: str, content: bytes) -> bytes:
        """Seal what is kept for a while, for one place: it cannot be opened once the key is retired."""
        return self._seal(content, place)

    def open_bytes(self, place: str, box: bytes) -> bytes:
        """Open what `seal_bytes` sealed for the same place. Raises `VaultError`."""
        return self._unseal(box, place)

    def _seal(self, plain: bytes, place: str) -> bytes:
        primary = self._keyset.primary
        return seal(primary, self._keyset.keys[primary], plain, place)

    def _unseal(self, box: bytes, place: str) -> bytes:
        try:
            key_id = key_id_of(box)
            if key_id not in self._keyset.keys:
                self.look_again()
            key = self._keyset.keys.get(key_id)
            if key is None:
                raise VaultError(
                    f"This was sealed with the encryption key “{key_id}”, which is not in ENCRYPTION_KEYS. "
                    "An administrator has to add it again."
                )
            return unseal(key, box, place)
        except CannotOpen:
            raise VaultError(
                "A stored secret cannot be opened: it was changed or moved. Reconnect its account."
            ) from None


def local_keyset(home: Path) -> Keyset:
    """The keyset kept in the data folder, made on first use and readable by its owner only.

    Raises `ValueError` for a file that was damaged.
    """
    return Keyset.parse(made_once(home / LOCAL_KEYS, lambda: Keyset.new().text() + "\n"))
