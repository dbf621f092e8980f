"""Secrets of this installation: the configured ones, or ones made once and kept in the data folder."""

from __future__ import annotations

import secrets

from pydantic import SecretStr

from fluxstudio.core.vault import LOCAL_KEYS, local_keyset
from fluxstudio.kit.files import made_once
from fluxstudio.kit.sealing import Keyset
from fluxstudio.settings import Settings, SettingsError


def keyset_of(settings: Settings) -> Keyset:
    """The key-encryption keys. Raises `SettingsError` for unreadable ones."""
    configured = settings.encryption_keys
    try:
        return Keyset.parse(configured.get_secret_value()) if configured else local_keyset(settings.home)
    except ValueError as error:
        if configured:
            raise SettingsError([f"ENCRYPTION_KEYS: {error}."]) from None
        file = settings.home / LOCAL_KEYS
        raise SettingsError([f"{file} is damaged: {error}. Put it back from a backup."]) from None


def api_secret(settings: Settings) -> Settings:
    """Settings that can check API tokens: with a secret of this installation where none is configured.

    Raises `SettingsError` when that secret was damaged.
    """
    if settings.jwt_secret or settings.jwt_public_key or settings.jwt_jwks_url:
        return settings
    file = settings.home / "jwt.secret"
    value = made_once(file, lambda: secrets.token_urlsafe(48)).strip()
    if len(value) < 32:
        raise SettingsError([f"{file} is damaged. Remove it: a new one is made, and API tokens end with it."])
    return settings.model_copy(update={"jwt_secret": SecretStr(value)})
