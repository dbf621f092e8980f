"""Secrets of this installation: the configured ones, or ones made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from fluxstudio.core.vault import local_keyset
from fluxstudio.kit.sealing import Keyset
from fluxstudio.settings import Settings, SettingsError


def keyset_of(settings: Settings) -> Keyset:
    """The key-encryption keys. Raises `SettingsError` for an unreadable `ENCRYPTION_KEYS`."""
    if settings.encryption_keys is None:
        return local_keyset(settings.home)
    try:
        return Keyset.parse(settings.encryption_keys.get_secret_value())
    except ValueError as error:
        raise SettingsError([f"ENCRYPTION_KEYS: {error}."]) from None


def api_secret(settings: Settings) -> Settings:
    """Settings that can check API tokens: with a secret of this installation where none is configured."""
    if settings.jwt_secret or settings.jwt_public_key or settings.jwt_jwks_url:
        return settings
    return settings.model_copy(update={"jwt_secret": SecretStr(_kept(settings.home / "jwt.secret"))})


def _kept(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("ascii").strip()
    value = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w") as opened:
        opened.write(value)
    return value
