"""A provider, declared: everything the product needs to know of an outside service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fluxstudio.kit.http import Response
from fluxstudio.sdk.api import Api
from fluxstudio.sdk.audience import Audience
from fluxstudio.sdk.capabilities import Capability
from fluxstudio.sdk.directory import Directory
from fluxstudio.sdk.failure import http_failure
from fluxstudio.sdk.limits import USUAL_BOUNDS, Bounds, Limit, Usage
from fluxstudio.sdk.oauth import Account, OAuth2, TokenAnswer
from fluxstudio.sdk.operation import Changes, Operation
from fluxstudio.sdk.paging import LinkHeader, Paging
from fluxstudio.sdk.resources import Resources
from fluxstudio.sdk.webhook import Webhook

Call = TypeVar("Call", bound=Callable[..., Awaitable[Any]])
Kind = TypeVar("Kind", bound=Capability)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where one installation is reached, as its app at the provider has to know it."""

    public_url: str
    redirect_uri: str
    webhook_url: str


class Provider:
    """An outside service.

    `id` names it in paths, tables and settings (`FIGMA_…`); `name` is what people call it and `tagline` one
    sentence of what connecting it gives them. `checked` is the day its facts were last checked. `identify`
    tells whose account a new grant belongs to. `hosts` are its base addresses by role, each of which a
    setting may point elsewhere; where none are given they are taken from the OAuth URLs. `default_host` is
    the role that calls go to unless they name another. `failure` turns an
    answer into an error or None, `usage` reads the budget an answer reports, `limits` are the published
    rate limits by bucket. `account_noun` is what an account is called on pages; `account_alias` a query name
    callers may use to choose a connection by account id. `images` are origins of avatars and thumbnails.
    `etags` says that its GET answers can be revalidated, `posts_reads` that reads, too, are sent by POST with
    their fields as a form. `audience` says who is in which private conversation, for providers that have
    them; `resources` says who may see what an event is about. `console` is the page where operators
    register an app, `manifest` writes the text that registers ours there, for providers that take one.
    `simulator` is `module:attribute` of its simulator.
    """

    def __init__(
        self,
        id: str,  # noqa: A002
        *,
        name: str,
        checked: str,
        oauth: OAuth2,
        identify: Callable[[Api, TokenAnswer], Awaitable[Account]],
        tagline: str = "",
        hosts: Mapping[str, str] | None = None,
        default_host: str = "api",
        headers: Mapping[str, str] | None = None,
        failure: Callable[[Response], Exception | None] | None = None,
        usage: Callable[[Response], Usage | None] | None = None,
        limits: Mapping[str, Limit] | None = None,
        paging: Paging | None = None,
        webhook: Webhook | None = None,
        audience: Audience | None = None,
        directory: Directory | None = None,
        resources: Resources | None = None,
        account_noun: str = "account",
        account_alias: str | None = None,
        images: Sequence[str] = (),
        etags: bool = False,
        posts_reads: bool = False,
        console: str | None = None,
        manifest: Callable[[Installation], str] | None = None,
        simulator: str | None = None,
    ) -> None:
        self.id = id
        self.name = name
        self.checked = checked
        self.oauth = oauth
        self.identify = identify
        self.tagline = tagline or f"Connect {name}."
        self.hosts = dict(hosts) if hosts is not None else _hosts_of(oauth)
        self.default_host = default_host
        self.headers = dict(headers or {})
        self.failure = failure or (lambda response: http_failure(name, response))
        self.usage = usage
        self.limits = dict(limits or {})
        self.paging = paging or LinkHeader()
        self.webhook = webhook
        self.audience = audience
        self.directory = directory
        self.resources = resources
        self.account_noun = account_noun
        self.account_alias = account_alias
        self.images = tuple(images)
        self.etags = etags
        self.posts_reads = posts_reads
        self.console = console
        self.manifest = manifest
        self.simulator = simulator
        self.operations: dict[str, Operation] = {}
        self.capabilities: list[Capability] = []

    def operation(
        self,
        method: str,
        path: str,
        *,
        scope: str | Sequence[str] = (),
        fresh_for: timedelta | None = None,
        writes: bool | None = None,
        makes_stale: Sequence[str] = (),
        key: str | None = None,
        status: int | None = None,
        limit: str | None = None,
        bounds: Bounds = USUAL_BOUNDS,
        personal: bool | Callable[[Mapping[str, Any]], bool] = False,
        conversation: str | None = None,
        visible: Callable[[Any, Collection[str]], Any] | None = None,
        brief: Callable[[Any], Any] | None = None,
        changes: Changes | None = None,
    ) -> Callable[[Call], Call]:
        """Declare an operation at `/api/integrations/{provider}/{path}`; see `Operation` for the arguments.

        `writes` defaults to "anything but GET", `status` to 200.
        """

        def declare(run: Call) -> Call:
            operation = Operation(
                provider=self,
                name=run.__name__,
                method=method,
                path=path,
                run=run,
                scopes=(scope,) if isinstance(scope, str) else tuple(scope),
                fresh_for=fresh_for,
                writes=method != "GET" if writes is None else writes,
                makes_stale=tuple(makes_stale),
                key=key,
                status=status or 200,
                limit=limit,
                bounds=bounds,
                personal=personal,
                conversation=conversation,
                visible=visible,
                brief=brief,
                changes=changes,
            )
            if operation.name in self.operations:
                raise ValueError(f"{operation.full_name} is declared twice")
            self.operations[operation.name] = operation
            return run

        return declare

    def offers(self, capability: Capability) -> None:
        """Declare that the provider can stand in wherever this capability is asked for."""
        self.capabilities.append(capability)

    def capability(self, kind: type[Kind]) -> Kind | None:
        """The provider's face for a capability, or None."""
        return next((entry for entry in self.capabilities if isinstance(entry, kind)), None)

    def __getitem__(self, name: str) -> Operation:
        return self.operations[name]

    def __repr__(self) -> str:
        return f"Provider({self.id!r})"


def _hosts_of(oauth: OAuth2) -> dict[str, str]:
    def base(url: str) -> str:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}"

    return {"web": base(oauth.authorize), "api": base(oauth.token)}
