"""Secrets of this installation: the configured ones, or ones made once and kept in the data folder."""

from __future__ import annotations

import secrets

from pydantic import SecretStr

from fluxstudio.core.tokens.key_source import ConfiguredKeys, KeyFile, KeySource
from fluxstudio.core.tokens.vault import Vault
from fluxstudio.kit.files import made_once
from fluxstudio.settings import Settings, SettingsError

JWT_SECRET_FILE = "jwt.secret"  # noqa: S105 - a name


def key_source(settings: Settings) -> KeySource:
    """Where the key-encryption keys are: the configured ones, or the file of this machine."""
    configured = settings.encryption_keys
    return KeyFile(settings.home) if configured is None else ConfiguredKeys(configured.get_secret_value())


def vault_over(source: KeySource) -> Vault:
    """A vault with the keys from there. Raises `SettingsError` for unreadable ones."""
    try:
        return Vault(source.read(), source.changed)
    except ValueError as error:
        if isinstance(source, KeyFile):
            raise SettingsError([f"{source.name} is damaged: {error}. Put it back from a backup."]) from None
        raise SettingsError([f"{source.name}: {error}."]) from None


def api_secret(settings: Settings) -> Settings:
    """Settings that can check API tokens: with a secret of this installation where none is configured.

    Raises `SettingsError` when that secret was damaged.
    """
    if settings.jwt_secret or settings.jwt_public_key or settings.jwt_jwks_url:
        return settings
    file = settings.home / JWT_SECRET_FILE
    value = made_once(file, lambda: secrets.token_urlsafe(48)).strip()
    if len(value) < 32:
        raise SettingsError([f"{file} is damaged. Remove it: a new one is made, and API tokens end with it."])
    return settings.model_copy(update={"jwt_secret": SecretStr(value)})
