"""AES-256-GCM boxes that say which key opens them and belong to one place only."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = 1
NONCE = 12


class CannotOpen(Exception):
    """A box that was tampered with, moved to another place, or sealed by a key that is not here."""


def seal(key_id: str, key: bytes, plain: bytes, place: str) -> bytes:
    """A box: format byte, length and text of the key id, 96-bit random nonce, ciphertext with its tag.

    `place` is authenticated with the content: the box opens only where the same place is named.
    """
    name = key_id.encode()
    head = bytes([FORMAT, len(name)]) + name
    nonce = secrets.token_bytes(NONCE)
    return head + nonce + AESGCM(key).encrypt(nonce, plain, head + place.encode())


def key_id_of(box: bytes) -> str:
    """The id of the key that a box was sealed with. Raises `CannotOpen` for what is not a box."""
    if len(box) < 2 or box[0] != FORMAT or len(box) < 2 + box[1] + NONCE + 16:
        raise CannotOpen("this is not a sealed value")
    return box[2 : 2 + box[1]].decode("utf-8", "replace")


def unseal(key: bytes, box: bytes, place: str) -> bytes:
    """The content of a box. Raises `CannotOpen`."""
    key_id_of(box)
    at = 2 + box[1]
    try:
        return AESGCM(key).decrypt(box[at : at + NONCE], box[at + NONCE :], box[:at] + place.encode())
    except InvalidTag as error:
        raise CannotOpen("this sealed value was changed or belongs elsewhere") from error


def check_value(key: bytes) -> bytes:
    """16 bytes that tell a 256-bit key from every other one and say nothing else about it."""
    return hmac.digest(key, b"which key is this", "sha256")[:16]


@dataclass(frozen=True, slots=True)
class Keyset:
    """Key-encryption keys by id, the one that seals first. Written as `id:base64,id:base64`."""

    primary: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Keyset:
        """Read a keyset. Raises `ValueError` saying what is wrong, without showing any of it."""
        keys: dict[str, bytes] = {}
        for position, entry in enumerate(filter(None, re.split(r"[,\s]+", text)), 1):
            key_id, colon, encoded = entry.partition(":")
            if not colon or not re.fullmatch(r"[\w.-]{1,40}", key_id):
                raise ValueError(f"key {position} has no id: write it as id:base64")
            try:
                key = base64.b64decode(encoded, altchars=b"-_", validate=True)
            except (binascii.Error, ValueError):
                raise ValueError(f"key “{key_id}” is not base64") from None
            if len(key) != 32:
                raise ValueError(f"key “{key_id}” has {len(key) * 8} bits instead of 256")
            if key_id in keys:
                raise ValueError(f"key “{key_id}” appears twice")
            keys[key_id] = key
        if not keys:
            raise ValueError("there is no key in it")
        return cls(next(iter(keys)), keys)

    @classmethod
    def new(cls, key_id: str = "k1") -> Keyset:
        """A keyset with one fresh key."""
        return cls(key_id, {key_id: secrets.token_bytes(32)})

    def text(self) -> str:
        """The keyset as it is written down."""
        order = [self.primary, *(name for name in self.keys if name != self.primary)]
        return ",".join(f"{name}:{base64.urlsafe_b64encode(self.keys[name]).decode()}" for name in order)
