"""What a body is, told by a digest that the boundary of a multipart form changes nothing about."""

from __future__ import annotations

import hashlib
from email.message import Message

# Longer ones are no boundaries (RFC 2046, section 5.1.1).
MAX_BOUNDARY_BYTES = 70


class BodyDigest:
    """A SHA-256 over a body that comes in pieces.

    Clients draw a boundary for each form they send; the same form sent twice is the same body.
    """

    def __init__(self, content_type: str) -> None:
        self._hash = hashlib.sha256()
        self._boundary = _boundary(content_type)
        self._held = b""

    def head(self, text: str) -> None:
        """Count what the body belongs to."""
        self._hash.update(text.encode("utf-8", "surrogateescape") + b"\x00")

    def feed(self, part: bytes) -> None:
        """Count the next piece."""
        if not self._boundary:
            self._hash.update(part)
            return
        # What may be the first half of a boundary waits for the rest.
        text = (self._held + part).replace(self._boundary, b"\x00")
        keep = len(self._boundary) - 1
        self._hash.update(text[: max(0, len(text) - keep)])
        self._held = text[max(0, len(text) - keep) :]

    def result(self) -> bytes:
        """The digest of what was counted."""
        digest = self._hash.copy()
        digest.update(self._held)
        return digest.digest()


def _boundary(content_type: str) -> bytes:
    if not content_type.lower().startswith("multipart/"):
        return b""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary("")
    encoded = boundary.encode("latin-1", "ignore")
    return encoded if len(encoded) <= MAX_BOUNDARY_BYTES else b""
