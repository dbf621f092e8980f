"""API tokens as issuers sign them, and as forgers would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

Key = OctKey | RSAKey | ECKey | OKPKey


def claims(**changes: Any) -> dict[str, Any]:
    """Claims of a valid token; a change to None leaves one out."""
    results = {"sub": "ada", "email": "ada@example.com", "exp": int(time.time()) + 3600, **changes}
    return {name: value for name, value in results.items() if value is not None}


def signed(key: Key, algorithm: str = "HS256", header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token signed as it should be."""
    return jwt.encode({"alg": algorithm, **(header or {})}, claims(**changes), key, algorithms=[algorithm])


def forged(header: dict[str, Any], payload: Any, key: bytes | str = b"") -> str:
    """A token put together by hand: signed by HMAC-SHA256 with `key`, unsigned without one."""
    parts = [_encoded(json.dumps(part).encode()) for part in (header, payload)]
    secret = key.encode() if isinstance(key, str) else key
    message = ".".join(parts)
    signature = hmac.new(secret, message.encode(), hashlib.sha256).digest() if secret else b""
    return f"{message}.{_encoded(signature)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
