"""The one reader of the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from limits import RateLimitItem as Rate
from limits import parse as parse_rate
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from fluxstudio.kit.durations import duration
from fluxstudio.kit.web_address import exact_host, is_loopback, public_address, reachable

ENV_FILE = Path(".env")
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def setting_name(provider: str, name: str) -> str:
    """What a provider's setting is called in the environment: figma, client_id → FIGMA_CLIENT_ID."""
    return re.sub(r"\W", "_", f"{provider}_{name}").upper()


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


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def exact_origin(text: str) -> str:
    """An origin as browsers write it. Raises `ValueError` for anything that is not exactly one."""
    if "*" in text:
        raise ValueError(f"{text} matches more than one origin: name each, such as https://app.example")
    if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", text.lower()):
        raise ValueError(f"{text} is no origin: write scheme and host, without a path or a slash at the end")
    return re.sub(r"(?<=^https://)(.*):443$|(?<=^http://)(.*):80$", r"\1\2", text.lower())


@dataclass(frozen=True, slots=True)
class Retention:
    """How long events, what providers sent with them, runs, the audit log and deliveries are kept."""

    events: timedelta
    payloads: timedelta
    runs: timedelta
    audit: timedelta
    deliveries: timedelta


class SettingsError(Exception):
    """Settings that the product cannot start with; `problems` has one sentence for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Settings(BaseSettings):
    """Every setting, from the environment or `.env`; `.env.example` describes them."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", case_sensitive=False
    )

    port: int = Field(default=8000, ge=1, le=65535)
    host: str = "127.0.0.1"
    worker_port: int | None = Field(default=None, ge=1, le=65535)
    drain_seconds: int = Field(default=60, ge=0, le=3600)
    drain_notice_seconds: int = Field(default=0, ge=0, le=600)
    public_url: str = ""
    allowed_hosts: str = ""
    fluxstudio_home: Path = Path(".fluxstudio")
    database_url: SecretStr | None = None
    database_programs: Path | None = None
    database_pool_size: int = Field(default=10, ge=2, le=200)
    redis_url: SecretStr | None = None
    env: Literal["development", "production"] = "development"

    jwt_secret: SecretStr | None = None
    jwt_public_key: str | None = None
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    encryption_keys: SecretStr | None = None
    sign_up: Literal["", "open", "invite", "closed"] = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_admin_group: str = ""
    nango_secret_key: SecretStr | None = None
    nango_url: str = "https://api.nango.dev"
    cors_origins: str = ""
    trusted_proxies: str = ""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["", "json", "text"] = ""
    log_requests: Literal["off", "debug", "info"] = "debug"
    metrics_token: SecretStr | None = None
    otel_exporter_otlp_endpoint: str = ""
    alert_channel: str = ""
    alert_user: str = ""
    alert_connection: str = ""

    retention_events: str = "90d"
    retention_payloads: str = ""
    retention_runs: str = "90d"
    retention_audit: str = "365d"
    retention_deliveries: str = "30d"

    endpoint_private_hosts: str = ""
    endpoint_retry_for: str = "3d"
    endpoint_longest_pause: int = Field(default=3600, ge=1, le=86400)

    events_per_account_per_day: int = Field(default=200_000, ge=1)
    event_bytes_per_account: int = Field(default=4 * 1024**3, ge=1)

    mcp_auto_connect: bool = True
    mcp_enable_caching: bool = True
    mcp_postgres_enabled: bool = True
    mcp_figma_enabled: bool = True
    mcp_servers: SecretStr | None = None
    mcp_token: SecretStr | None = None
    ask_databases: SecretStr | None = None

    llm_base_url: str = ""
    llm_api_key: SecretStr | None = None
    llm_model: str = ""
    anthropic_api_key: SecretStr | None = None

    rate_limit_user: str = "6000/minute"
    rate_limit_address: str = "300/minute"
    rate_limit_sign_in: str = "20/minute"
    rate_limit_sign_in_email: str = "5/minute"
    rate_limit_sign_in_account: str = "100/hour"
    rate_limit_sign_in_browser: str = "10/minute"
    rate_limit_sign_up: str = "20/hour"

    @field_validator(
        "database_url",
        "redis_url",
        "jwt_secret",
        "oidc_client_secret",
        "nango_secret_key",
        "encryption_keys",
        "metrics_token",
        "ask_databases",
        "llm_api_key",
        "anthropic_api_key",
        "mcp_servers",
        "mcp_token",
        mode="before",
    )
    @classmethod
    def _blank_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("host")
    @classmethod
    def _bare_host(cls, value: str) -> str:
        try:
            return exact_host(value.strip().removeprefix("[").removesuffix("]"))
        except ValueError:
            raise ValueError(
                "write an address of this machine without scheme and port, such as 0.0.0.0"
            ) from None

    @field_validator(
        "rate_limit_user",
        "rate_limit_address",
        "rate_limit_sign_in",
        "rate_limit_sign_in_email",
        "rate_limit_sign_in_account",
        "rate_limit_sign_in_browser",
        "rate_limit_sign_up",
        mode="before",
    )
    @classmethod
    def _blank_is_the_default(cls, value: Any, info: ValidationInfo) -> Any:
        return value or cls.model_fields[str(info.field_name)].default

    @property
    def production(self) -> bool:
        """Whether this installation serves real people."""
        return self.env == "production"

    @property
    def json_logs(self) -> bool:
        """Whether each log line is a JSON object."""
        return self.log_format == "json" or (self.production and not self.log_format)

    @property
    def sign_up_policy(self) -> Literal["open", "invite", "closed"]:
        """Who may make an account: anybody, whoever was invited, or nobody."""
        return self.sign_up or ("invite" if self.production else "open")

    @property
    def base_url(self) -> str:
        """The address people reach us at, without a slash at the end.

        As browsers write an origin, if it is one: `check` refuses whatever is not.
        """
        if not self.public_url:
            return f"http://{reachable(self.host)}:{self.port}"
        with suppress(ValueError):
            return public_address(self.public_url)
        return self.public_url.rstrip("/")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names we are served under besides `base_url`. Raises `ValueError` for what is not one."""
        return tuple(exact_host(entry) for entry in _entries(self.allowed_hosts))

    @property
    def private(self) -> bool:
        """Whether only this machine can reach us, as far as the settings tell."""
        try:
            public = urlsplit(self.base_url).hostname or ""
        except ValueError:
            return False
        return is_loopback(self.host) and is_loopback(public) and not self.trusted_proxies

    @property
    def home(self) -> Path:
        """The data folder, as an absolute path."""
        return self.fluxstudio_home.expanduser().absolute()

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of front ends on other hosts. Raises `ValueError` for one that is not exact."""
        return tuple(exact_origin(entry) for entry in _entries(self.cors_origins))

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of proxies that are believed. Raises `ValueError` for what is not one."""
        return tuple(ip_network(entry) for entry in _entries(self.trusted_proxies))

    def kept_for(self, name: str) -> timedelta:
        """The time of `RETENTION_<name>`. Raises `ValueError` for what is not one."""
        text: str = getattr(self, f"retention_{name}")
        return duration(text or type(self).model_fields[f"retention_{name}"].default)

    @property
    def retention(self) -> Retention:
        """How long things are kept. Raises `ValueError` for what is no time."""
        events = self.kept_for("events")
        payloads = self.kept_for("payloads") if self.retention_payloads else events
        return Retention(
            events, payloads, self.kept_for("runs"), self.kept_for("audit"), self.kept_for("deliveries")
        )

    @property
    def endpoint_hosts(self) -> frozenset[str]:
        """Hosts that webhooks may go to wherever they are. Raises `ValueError` for what is no host."""
        if not self.endpoint_private_hosts:
            return frozenset() if self.production else LOOPBACK_HOSTS
        return frozenset(exact_host(entry) for entry in _entries(self.endpoint_private_hosts))

    @property
    def endpoint_retry_time(self) -> timedelta:
        """How long a webhook is tried. Raises `ValueError` for what is no time."""
        return duration(self.endpoint_retry_for or "3d")

    def rate(self, name: str) -> Rate:
        """The limit of `RATE_LIMIT_<name>`. Raises `ValueError` for what is not one."""
        text: str = getattr(self, f"rate_limit_{name}")
        with suppress(ValueError):
            rate = parse_rate(text)
            if rate.amount > 0 and rate.multiples > 0:
                return rate
        raise ValueError("write it as 600/minute or 5/hour, with one request at least")

    @cached_property
    def further_databases(self) -> Mapping[str, str]:
        """Databases that can be asked besides the product's own: addresses by name."""
        text = self.ask_databases.get_secret_value() if self.ask_databases else ""
        pairs = (entry.partition("=") for entry in text.split() if entry)
        return {name.strip(): dsn.strip() for name, _, dsn in pairs if name.strip() and dsn.strip()}

    @property
    def notify_socket(self) -> str | None:
        """Where whoever supervises this process listens (sd_notify), if they do."""
        return os.environ.get("NOTIFY_SOCKET") or None

    @property
    def watchdog_seconds(self) -> float | None:
        """After how long without a sign of life the supervisor ends this process; None where it does not."""
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        is_ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        return int(microseconds) / 1e6 if microseconds.isdecimal() and is_ours else None

    @property
    def traces_wanted(self) -> bool:
        """Whether the standard settings of OpenTelemetry name where traces are to be sent."""
        return (
            bool(self.otel_exporter_otlp_endpoint) or "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" in self.names_set
        )

    def share_otel_settings(self) -> None:
        """Put what `.env` says to OpenTelemetry into the environment, the one place where its SDK looks."""
        for name, value in self._environment.items():
            if name.startswith("OTEL_"):
                os.environ.setdefault(name, value)

    @property
    def names_set(self) -> frozenset[str]:
        """The names of everything that has a value in the environment or in `.env`, in capitals."""
        return frozenset(name for name, value in self._environment.items() if value.strip())

    @cached_property
    def given_in_file(self) -> frozenset[str]:
        """The names of everything that has a value in `.env`, in capitals."""
        return frozenset(name.upper() for name, value in dotenv_values(ENV_FILE).items() if value)

    @cached_property
    def _environment(self) -> Mapping[str, str]:
        from_file = {name: value for name, value in dotenv_values(ENV_FILE).items() if value is not None}
        return {name.upper(): value for name, value in (from_file | dict(os.environ)).items()}

    def of_provider(self, provider: str) -> ProviderSettings:
        """The settings that begin with a provider's name, such as `FIGMA_CLIENT_ID`."""
        prefix = setting_name(provider, "")
        values = {
            name.removeprefix(prefix).lower(): value.strip()
            for name, value in self._environment.items()
            if name.startswith(prefix) and value.strip()
        }
        hosts = {
            name.removesuffix("_url"): value.rstrip("/")
            for name, value in values.items()
            if name.endswith("_url")
        }
        own_names = {"client_id", "client_secret", "redirect_uri"}
        return ProviderSettings(
            client_id=values.get("client_id", ""),
            client_secret=values.get("client_secret", ""),
            redirect_uri=values.get("redirect_uri", f"{self.base_url}/api/integrations/{provider}/callback"),
            hosts=hosts,
            others={
                name: value
                for name, value in values.items()
                if name not in own_names and not name.endswith("_url")
            },
        )
