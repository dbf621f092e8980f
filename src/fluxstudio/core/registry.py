"""Which providers there are, and how this installation reaches them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from fluxstudio.core.metrics.http import InstrumentedHttp
from fluxstudio.errors import NotFound, ProviderNotConfigured, UnknownProvider
from fluxstudio.kit.http import Host, HttpClient
from fluxstudio.kit.plugins import discover_modules
from fluxstudio.sdk import (
    Account,
    Api,
    Identity,
    Installation,
    OAuth2,
    OAuthClient,
    Operation,
    Provider,
    TokenAnswer,
)
from fluxstudio.settings import ProviderSettings, Settings, setting_name


@dataclass(frozen=True)
class RegisteredProvider:
    """A provider with the package it was declared in and the settings this installation has for it.

    `retired` marks one whose folder is gone while the database still holds accounts and events of it.
    """

    provider: Provider
    package: str
    settings: ProviderSettings = field(repr=False)
    retired: bool = False

    @cached_property
    def hosts(self) -> Mapping[str, str]:
        """The provider's base addresses as configured here, by role."""
        return {
            role: self.settings.hosts.get(role, url).rstrip("/")
            for role, url in self.provider.http.hosts.items()
        }

    @cached_property
    def outbound(self) -> tuple[Host, ...]:
        """Where calls to this provider may go; only an address somebody configured may be a private one."""
        return tuple(Host(url, private=role in self.settings.hosts) for role, url in self.hosts.items())

    @property
    def configured(self) -> bool:
        """Whether there is an app to connect with."""
        return self.settings.configured

    @property
    def uses_pkce(self) -> bool:
        """Whether authorization requests carry a code challenge."""
        pkce = self.provider.oauth.pkce
        return self.settings.switched_on(pkce) if isinstance(pkce, str) else pkce

    @property
    def setting_names(self) -> frozenset[str]:
        """The names of everything that can be set for the provider, such as `FIGMA_CLIENT_ID`."""
        provider = self.provider
        names = {
            "client_id",
            "client_secret",
            "redirect_uri",
            *(f"{role}_url" for role in provider.http.hosts),
        }
        if provider.webhooks is not None:
            names.add(provider.webhooks.secret)
        if isinstance(provider.oauth.pkce, str):
            names.add(provider.oauth.pkce)
        return frozenset(setting_name(provider.id, name) for name in names)

    def manifest(self, public_url: str) -> str | None:
        """What registers our app at the provider when pasted there; None where it takes no such text."""
        if self.provider.app.manifest is None:
            return None
        place = f"{public_url}/api/integrations/{self.provider.id}"
        return self.provider.app.manifest(
            Installation(
                public_url=public_url,
                redirect_uri=self.settings.redirect_uri,
                webhook_url=f"{place}/webhook",
            )
        )

    def client(self, http: HttpClient) -> OAuthClient:
        """Our app at the provider. Raises `ProviderNotConfigured` when there is none."""
        if not self.configured:
            client_id, client_secret = (
                setting_name(self.provider.id, name) for name in ("client_id", "client_secret")
            )
            raise ProviderNotConfigured(
                f"{self.provider.name} is not set up here yet. "
                f"An administrator has to set {client_id} and {client_secret}."
            )
        return OAuthClient(
            http, self.provider.oauth, self.hosts, self.settings.client_id, self.settings.client_secret
        )

    def file(self, name: str) -> str | None:
        """The text of a file in the provider's folder, or None."""
        return _text(self.package, name)


@cache
def _text(package: str, name: str) -> str | None:
    # Every row of a list shows its provider's mark.
    path = files(package).joinpath(name)
    return path.read_text("utf-8") if path.is_file() else None


class Registry:
    """Every provider of this installation, by id and in the order of their names."""

    def __init__(
        self, providers: Iterable[tuple[Provider, str]], settings: Callable[[str], ProviderSettings]
    ) -> None:
        ordered = sorted(providers, key=lambda entry: entry[0].name)
        self._by_id = {
            provider.id: RegisteredProvider(provider, package, settings(provider.id))
            for provider, package in ordered
        }

    def __iter__(self) -> Iterator[RegisteredProvider]:
        return iter(self._by_id.values())

    def __getitem__(self, provider: str) -> RegisteredProvider:
        """The provider of an id that a caller gave. Raises `UnknownProvider`."""
        try:
            return self._by_id[provider]
        except KeyError:
            raise UnknownProvider(provider, list(self._by_id)) from None

    def get(self, provider: str) -> RegisteredProvider:
        """The provider of an id that the database holds; a retired one, which does nothing, if it is gone."""
        return self._by_id.get(provider) or _retired(provider)

    def operation(self, full_name: str) -> Operation:
        """The operation called `provider.name`. Raises `UnknownProvider` or `NotFound`."""
        provider, _, name = full_name.partition(".")
        operation = self[provider].provider.operations.get(name)
        if operation is None:
            raise NotFound(f"{self[provider].provider.name} has no operation “{name[:60]}”.")
        return operation

    @property
    def operations(self) -> list[Operation]:
        """Every operation of every provider."""
        return [operation for entry in self for operation in entry.provider.operations.values()]

    def http(self) -> HttpClient:
        """A client that reaches these providers and nothing else."""
        return InstrumentedHttp((host, entry.provider.id) for entry in self for host in entry.outbound)

    def schemas(self) -> list[tuple[str, str]]:
        """(name, SQL) of the views that provider folders bring along."""
        texts = ((entry.provider.id, entry.file("schema.sql")) for entry in self)
        return [(f"{name}.sql", text) for name, text in texts if text]


@lru_cache(maxsize=64)
def _retired(provider: str) -> RegisteredProvider:
    """What is left of a provider that is no longer installed: its name."""

    async def identify(api: Api, answer: TokenAnswer) -> Account:
        raise NotFound(f"{provider} is no longer installed here.")

    nowhere = OAuth2(authorize="https://retired.invalid/", token="https://retired.invalid/", scopes=())  # noqa: S106
    declared = Provider(
        provider,
        name=provider.capitalize(),
        checked="",
        oauth=nowhere,
        identity=Identity(identify=identify),
    )
    return RegisteredProvider(declared, "fluxstudio.core", ProviderSettings(), retired=True)


def discover(packages: Iterable[str] = ("fluxstudio.providers",)) -> list[tuple[Provider, str]]:
    """Import every provider folder of these packages and every `fluxstudio.providers` entry point.

    Returns each provider with the name of the package that declares it.
    """
    providers: dict[str, tuple[Provider, str]] = {}
    for module in discover_modules(packages, "fluxstudio.providers"):
        for value in vars(module).values():
            if isinstance(value, Provider):
                providers[value.id] = (value, module.__name__)
    return list(providers.values())


def registry_of(
    settings: Settings,
    *,
    packages: Sequence[str] = ("fluxstudio.providers",),
    overrides: Mapping[str, ProviderSettings] | None = None,
) -> Registry:
    """Every provider with its settings; `overrides` stand in for those that are not configured."""

    def of(provider: str) -> ProviderSettings:
        configured = settings.of_provider(provider)
        return configured if configured.configured else (overrides or {}).get(provider, configured)

    return Registry(discover(packages), of)
