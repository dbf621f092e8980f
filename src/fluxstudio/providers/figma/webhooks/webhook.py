"""Who may speak as Figma, and what an event is called.

Figma signs nothing: each webhook's passcode comes back in the body of its events, and an event has no
delivery id (developers.figma.com, webhooks-security and webhooks-events, read 2026-11-22). Relays in front of
us may sign the raw body with `X-Figma-Signature`, an HMAC-SHA256 with `FIGMA_WEBHOOK_SECRET`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from fluxstudio.kit.signatures import hmac_sha256_hex, same, sha256
from fluxstudio.sdk import BadSignature, UnreadableBody, json_body
from fluxstudio.sdk.payload import moment_at

# Figma numbers its attempts in the body; everything else of a repeated event stays the same.
ATTEMPT_FIELDS = frozenset({"passcode", "retries"})


def new_passcode() -> str:
    """A fresh passcode for one webhook: 43 URL-safe characters, 256 bits (Figma takes at most 100)."""
    return secrets.token_urlsafe(32)


def verify(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> None:
    """Accept a body that is signed with the secret, or that carries it as its passcode.

    A signature that is there must be right, whatever the passcode. Raises `BadSignature`.
    """
    signature = headers.get("x-figma-signature")
    if not secret:
        raise BadSignature("no secret is configured")
    if signature is None:
        verify_passcode(body, sha256(secret))
    elif not same(signature.removeprefix("sha256=").lower(), hmac_sha256_hex(secret, body)):
        raise BadSignature("the signature does not fit the body")


def verify_passcode(body: bytes, digest: bytes) -> None:
    """Accept a body whose passcode has the SHA-256 is `digest`. Raises `BadSignature`."""
    if not same(sha256(_text(_read(body), "passcode")), digest):
        raise BadSignature("the passcode is not the one of this webhook")


def webhook_id(body: bytes) -> str:
    """Which webhook an event claims to come from; nothing of it is proven yet. Raises `BadSignature`."""
    return _text(_read(body), "webhook_id")


def event_id(headers: Mapping[str, str], payload: Mapping[str, Any], body: bytes) -> str:
    """A key that is the same for every attempt to deliver one event: a digest of what it says."""
    signed = {name: value for name, value in payload.items() if name not in ATTEMPT_FIELDS}
    return sha256(msgspec.json.encode(signed, order="deterministic")).hex()


def occurrence(headers: Mapping[str, str], payload: Mapping[str, Any]) -> str:
    """What happened, whichever webhook tells of it: a team's, a project's and a file's tell of the same.

    A comment and a version have ids; all else is known by what it says besides the webhook.
    """
    kind, file = event_type(headers, payload), payload.get("file_key")
    for name in ("comment_id", "version_id"):
        if isinstance(payload.get(name), str) and payload[name]:
            return f"{kind} {file} {payload[name]}"
    shared = {name: value for name, value in payload.items() if name not in ATTEMPT_FIELDS | {"webhook_id"}}
    return sha256(msgspec.json.encode(shared, order="deterministic")).hex()


def event_type(headers: Mapping[str, str], payload: Mapping[str, Any]) -> str:
    """`FILE_UPDATE`, `LIBRARY_PUBLISH`, …"""
    kind = payload.get("event_type")
    return kind if isinstance(kind, str) and kind else "unknown"


def moment(headers: Mapping[str, str], payload: Mapping[str, Any]) -> float | None:
    """The `timestamp` of an event."""
    return moment_at(payload, "timestamp")


class _Claim(msgspec.Struct):
    """What an event has to say of its sender. The rest is passed over until that is proven."""

    webhook_id: Any = None
    passcode: Any = None


_claim = msgspec.json.Decoder(_Claim)


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        return msgspec.structs.asdict(_claim.decode(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Others may still be JSON as senders understand it.
        pass
    try:
        return json_body(body)
    except UnreadableBody as error:
        raise BadSignature(str(error)) from None


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise BadSignature(f"the body has no {name}")
    return value
