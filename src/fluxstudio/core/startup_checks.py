"""What the product must not start with: everything that is wrong with the settings, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from pydantic import SecretStr

from fluxstudio.core.agents.server_settings import read_servers
from fluxstudio.core.registry import discover
from fluxstudio.kit.http import origin
from fluxstudio.kit.jwk import public_key, secret_key
from fluxstudio.kit.sealing import Keyset
from fluxstudio.kit.strength import is_placeholder, weakness
from fluxstudio.kit.web_address import is_loopback, public_address
from fluxstudio.sdk import Provider
from fluxstudio.settings import ProviderSettings, Settings, SettingsError, setting_name

# The setting, and the sentence on it.
Problem = tuple[str, str]

SIMULATED = "simulated-"
# How providers call what proves that a webhook is theirs.
SENDER_SECRETS = ("webhook_secret", "signing_secret", "passcode")
RETAINED = ("events", "payloads", "runs", "audit", "deliveries")
RATES = (
    *("user", "address", "sign_up"),
    *("sign_in", "sign_in_email", "sign_in_account", "sign_in_browser"),
)


def check_settings(settings: Settings) -> None:
    """Raises `SettingsError` naming everything that the product must not start with."""
    problems = problems_of(settings)
    if problems:
        raise SettingsError(problems)


def problems_of(settings: Settings) -> list[str]:
    """One sentence for each setting that cannot be used; in production also for each that is not safe."""
    problems = dict(_unreadable(settings))
    if settings.production:
        for check in (_sealing, _tokens, _addresses, _providers):
            problems |= dict(check(settings))
    return list(problems.values())


def _unreadable(settings: Settings) -> Iterator[Problem]:
    secret, keys, redis = settings.jwt_secret, settings.encryption_keys, settings.redis_url
    servers = settings.mcp_servers
    readings: list[tuple[str, Callable[[], object]]] = [
        ("PUBLIC_URL", lambda: settings.public_url and public_address(settings.public_url)),
        ("ALLOWED_HOSTS", lambda: settings.hosts),
        ("CORS_ORIGINS", lambda: settings.origins),
        ("TRUSTED_PROXIES", lambda: settings.proxies),
        *((f"RATE_LIMIT_{name.upper()}", lambda name=name: settings.rate(name)) for name in RATES),
        *((f"RETENTION_{name.upper()}", lambda name=name: _retention(settings, name)) for name in RETAINED),
        ("ENDPOINT_PRIVATE_HOSTS", lambda: settings.endpoint_hosts),
        ("ENDPOINT_RETRY_FOR", lambda: settings.endpoint_retry_time),
        ("JWT_SECRET", lambda: secret and secret_key(secret.get_secret_value())),
        ("JWT_PUBLIC_KEY", lambda: settings.jwt_public_key and public_key(settings.jwt_public_key)),
        ("JWT_JWKS_URL", lambda: settings.jwt_jwks_url and _web_address(settings.jwt_jwks_url)),
        ("ENCRYPTION_KEYS", lambda: keys and Keyset.parse(keys.get_secret_value())),
        ("MCP_SERVERS", lambda: servers and read_servers(servers.get_secret_value())),
        ("OIDC_ISSUER", lambda: settings.oidc_issuer and _issuer(settings)),
        ("NANGO_URL", lambda: _base_address(settings.nango_url)),
        ("LLM_BASE_URL", lambda: settings.llm_base_url and _base_address(settings.llm_base_url)),
        ("LLM_API_KEY", lambda: _header_value(settings.llm_api_key)),
        ("ANTHROPIC_API_KEY", lambda: _header_value(settings.anthropic_api_key)),
        ("REDIS_URL", lambda: redis and _redis_address(redis.get_secret_value())),
    ]
    for name, read in readings:
        try:
            read()
        except ValueError as error:
            yield name, f"{name} cannot be used: {str(error).rstrip('.')}."
    with suppress(ValueError):
        if settings.retention.payloads > settings.retention.events:
            name = "RETENTION_PAYLOADS"
            yield name, f"{name} is longer than RETENTION_EVENTS: what was sent goes with its event at last."
    yield from _half_a_model(settings)
    if settings.alert_channel and not settings.alert_user:
        yield "ALERT_USER", "ALERT_CHANNEL needs ALERT_USER: alerts are sent through a user's connection."


def _retention(settings: Settings, name: str) -> object:
    return (name == "payloads" and not settings.retention_payloads) or settings.kept_for(name)


def _web_address(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"} or not origin(url):
        raise ValueError("it is not an https:// address")
    return url


def _issuer(settings: Settings) -> str:
    url = _base_address(settings.oidc_issuer)
    if not settings.oidc_client_id:
        raise ValueError("it needs OIDC_CLIENT_ID, the name of our client there")
    if settings.production and urlsplit(url).scheme != "https":
        raise ValueError("in production it has to be an https:// address")
    return url


def _base_address(url: str) -> str:
    parts = urlsplit(_web_address(url))
    if parts.username or parts.query or parts.fragment:
        raise ValueError("write it without a user, a query and a fragment, such as https://host/v1")
    return url


def _header_value(key: SecretStr | None) -> None:
    text = key.get_secret_value() if key is not None else ""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("it holds characters that no key has, such as a space or a line break")


def _half_a_model(settings: Settings) -> Iterator[Problem]:
    """A language model that is named in part, or twice."""
    url, model, anthropic = settings.llm_base_url, settings.llm_model, settings.anthropic_api_key
    if url and not model:
        yield "LLM_MODEL", "LLM_BASE_URL needs LLM_MODEL: the name of the model to ask for there."
    if model and not url and anthropic is None:
        name = "LLM_BASE_URL"
        yield name, f"LLM_MODEL needs {name}, where the model answers, or ANTHROPIC_API_KEY."
    if settings.llm_api_key is not None and not url:
        name = "LLM_BASE_URL"
        yield name, f"LLM_API_KEY needs {name}, where the key is good. Anthropic's goes to ANTHROPIC_API_KEY."
    if url and anthropic is not None:
        name = "ANTHROPIC_API_KEY"
        yield name, f"{name} and LLM_BASE_URL name two language models: unset one of them."


def _redis_address(url: str) -> object:
    """What is at an address. Raises `ValueError` for what is not the address of a Redis."""
    from redis.asyncio import Redis

    return Redis.from_url(url)


def _sealing(settings: Settings) -> Iterator[Problem]:
    name = "ENCRYPTION_KEYS"
    if settings.encryption_keys is None:
        yield name, f"{name} is not set: without it tokens cannot be sealed."
        return
    with suppress(ValueError):
        keyset = Keyset.parse(settings.encryption_keys.get_secret_value())
        for key_id, key in keyset.keys.items():
            if len(set(key)) < len(key) / 2:
                yield name, f"{name}: the key “{key_id}” is not random. `fluxstudio keys new` makes one."


def _tokens(settings: Settings) -> Iterator[Problem]:
    name = "JWT_SECRET"
    if not (settings.jwt_secret or settings.jwt_public_key or settings.jwt_jwks_url):
        yield name, f"Set {name}, JWT_PUBLIC_KEY or JWT_JWKS_URL: API tokens are checked with it."
    if settings.jwt_secret is not None and (weak := weakness(settings.jwt_secret.get_secret_value())):
        yield name, f"{name} {weak}. `openssl rand -base64 48` makes a good one."
    if settings.metrics_token is not None and (weak := weakness(settings.metrics_token.get_secret_value())):
        yield "METRICS_TOKEN", f"METRICS_TOKEN {weak}. `openssl rand -base64 48` makes a good one."
    if settings.jwt_jwks_url and not settings.jwt_jwks_url.startswith("https://"):
        name = "JWT_JWKS_URL"
        yield name, f"{name} has to be an https:// address: anyone on the way could put in other keys."


def _addresses(settings: Settings) -> Iterator[Problem]:
    if not settings.base_url.startswith("https://"):
        yield "PUBLIC_URL", "PUBLIC_URL has to be the https:// address people reach us at."
    if settings.llm_api_key is not None and not _is_safe(settings.llm_base_url):
        name = "LLM_BASE_URL"
        yield name, f"{name} has to be an https:// address, or one of this machine: a key travels to it."
    with suppress(ValueError):
        for entry in settings.origins:
            if not entry.startswith("https://"):
                yield "CORS_ORIGINS", f"CORS_ORIGINS names {entry}: only https:// origins may read answers."


def _is_safe(url: str) -> bool:
    """Whether nobody is on the way to an address who could read along."""
    try:
        parts = urlsplit(url)
    except ValueError:
        # What is no address has been named already.
        return True
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _providers(settings: Settings) -> Iterator[Problem]:
    for provider, _ in discover():
        provider_settings = settings.of_provider(provider.id)
        for part, value in _values(provider_settings):
            name = setting_name(provider.id, part)
            problem = _setting_problem(provider, part, value)
            if problem is not None:
                yield name, f"{name} {problem}"
        for role, url in provider_settings.hosts.items():
            if not url.startswith("https://"):
                name = setting_name(provider.id, f"{role}_url")
                yield name, f"{name} has to be an https:// address: tokens travel to it."


def _setting_problem(provider: Provider, part: str, value: str) -> str | None:
    """What is wrong with a setting of a provider's app, to be read after its name; None for nothing."""
    if value.startswith(SIMULATED):
        return f"belongs to a simulator, not to {provider.name}."
    if _proves_senders(provider, part):
        # Whoever guesses it speaks as the provider.
        weak = weakness(value)
        return f"{weak}. `openssl rand -hex 32` makes a good one." if weak else None
    if part.endswith("secret") and is_placeholder(value):
        return "is a placeholder that everybody knows."
    return None


def _proves_senders(provider: Provider, part: str) -> bool:
    declared = provider.webhooks is not None and provider.webhooks.secret == part
    return declared or part.endswith(SENDER_SECRETS)


def _values(provider_settings: ProviderSettings) -> Iterator[tuple[str, str]]:
    yield "client_id", provider_settings.client_id
    yield "client_secret", provider_settings.client_secret
    yield from provider_settings.others.items()
