"""What proves that a form comes from a page of ours, in the browser and session it was shown in."""

from __future__ import annotations

import re
import secrets

from fluxstudio.kit.signatures import same, sha256

# A SHA-256.
PROOF_BYTES = 32


def token(browser: str, session: str) -> str:
    """The token a form of this browser and session has to carry.

    Each time another one, so that compressed pages give nothing of it away (BREACH).
    """
    return masked(_proof(browser, session))


def belongs(sent: object, browser: str | None, session: str) -> bool:
    """Whether what was sent along with a form is a token of this browser and session."""
    return isinstance(sent, str) and browser is not None and same(unmasked(sent), _proof(browser, session))


def _proof(browser: str, session: str) -> bytes:
    return sha256(f"csrf\x1f{browser}\x1f{session}")


def masked(proof: bytes) -> str:
    """A proof under a random mask of its length, with that mask before it, in hexadecimal digits."""
    mask = secrets.token_bytes(len(proof))
    return (mask + _xor(mask, proof)).hex()


def unmasked(token: str) -> bytes:
    """The proof in a token, or empty where there is none.

    Pages of the release before carry it without a mask.
    """
    if not re.fullmatch("(?:[0-9a-f]{64}){1,2}", token):
        return b""
    value = bytes.fromhex(token)
    return value if len(value) == PROOF_BYTES else _xor(value[:PROOF_BYTES], value[PROOF_BYTES:])


def _xor(mask: bytes, value: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(mask, value, strict=True))


def origin_of(url: str) -> str:
    """`scheme://host[:port]` as browsers write it in `Origin`."""
    return "/".join(url.split("/", 3)[:3])
