"""The one reader of the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What the environment says of one provider.

    `hosts` are addresses to use instead of the declared ones, by role; `secrets` and `switches` everything
    else that begins with the provider's name.
    """

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def configured(self) -> bool:
        """Whether there is an app to connect with."""
        return bool(self.client_id and self.client_secret)

    def switched_on(self, name: str) -> bool:
        """Whether a switch such as `SLACK_PKCE` is on."""
        return self.others.get(name, "").lower() in {"1", "true", "yes", "on"}


class SettingsError(Exception):
    """Settings that the product cannot start with; `problems` has one sentence for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Settings(BaseSettings):
    """Every setting, from the environment or `.env`; `.env.example` describes them."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", case_sensitive=False)

    port: int = Field(default=8000, ge=1, le=65535)
    host: str = "127.0.0.1"
    public_url: str = ""
    fluxstudio_home: Path = Path(".fluxstudio")
    database_url: SecretStr | None = None
    database_pool_size: int = Field(default=10, ge=2, le=200)
    redis_url: SecretStr | None = None
    env: Literal["development", "production"] = "development"

    jwt_secret: SecretStr | None = None
    jwt_public_key: str | None = None
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    encryption_keys: SecretStr | None = None
    cors_origins: str = ""

    @field_validator("database_url", "redis_url", "jwt_secret", "encryption_keys", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @property
    def production(self) -> bool:
        """Whether this installation serves real people."""
        return self.env == "production"

    @property
    def base_url(self) -> str:
        """The address people reach us at, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def home(self) -> Path:
        """The data folder, as an absolute path."""
        return self.fluxstudio_home.expanduser().absolute()

    def check(self) -> None:
        """Raises `SettingsError` naming everything that production must not start without."""
        if not self.production:
            return
        problems = []
        if self.encryption_keys is None:
            problems.append("ENCRYPTION_KEYS is not set: without it tokens cannot be sealed.")
        if not (self.jwt_secret or self.jwt_public_key or self.jwt_jwks_url):
            problems.append("Set JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL: API tokens are checked with it.")
        if self.jwt_secret is not None and len(self.jwt_secret.get_secret_value().encode()) < 32:
            problems.append("JWT_SECRET is shorter than 32 bytes (256 bits).")
        if not self.base_url.startswith("https://"):
            problems.append("PUBLIC_URL has to be the https:// address people reach us at.")
        if problems:
            raise SettingsError(problems)

    @cached_property
    def _environment(self) -> Mapping[str, str]:
        from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
        return {name.upper(): value for name, value in (from_file | dict(os.environ)).items()}

    def of_provider(self, provider: str) -> ProviderSettings:
        """The settings that begin with a provider's name, such as `FIGMA_CLIENT_ID`."""
        prefix = re.sub(r"\W", "_", provider).upper() + "_"
        found = {
            name.removeprefix(prefix).lower(): value.strip()
            for name, value in self._environment.items()
            if name.startswith(prefix) and value.strip()
        }
        hosts = {
            name.removesuffix("_url"): value.rstrip("/")
            for name, value in found.items()
            if name.endswith("_url")
        }
        known = {"client_id", "client_secret", "redirect_uri"}
        return ProviderSettings(
            client_id=found.get("client_id", ""),
            client_secret=found.get("client_secret", ""),
            redirect_uri=found.get("redirect_uri", f"{self.base_url}/api/integrations/{provider}/callback"),
            hosts=hosts,
            others={
                name: value
                for name, value in found.items()
                if name not in known and not name.endswith("_url")
            },
        )
