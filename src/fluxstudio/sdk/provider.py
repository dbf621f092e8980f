"""A provider, declared: everything the product needs to know of an outside service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from fluxstudio.sdk.proxying import ProxyRules
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose account a grant belongs to, and what accounts are called.

    `identify` asks the provider. `noun` is what an account is called on pages; `alias` a query name that
    callers may use to choose a connection by account id. `username` is what the provider itself calls whom
    an account acts as, `profile` what the API says of an account besides, in names that front ends know.
    """

    identify: Callable[[Api, TokenAnswer], Awaitable[Account]]
    noun: str = "account"
    alias: str | None = None
    username: Callable[[Account], str] = lambda account: account.name
    profile: Callable[[Account], Mapping[str, Any]] = lambda account: {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """How the provider is spoken to.

    `hosts` are its base addresses by role, each of which a setting may point elsewhere; where none are given
    they are taken from the OAuth URLs. `default_host` is the role that calls go to unless they name another.
    `failure` turns an answer into an error or None, `usage` reads the budget an answer reports, `limits` are
    the published rate limits by bucket. `etags` says that its GET answers can be revalidated, `posts_reads`
    that reads, too, are sent by POST with their fields as a form. `proxy` says which raw calls may be sent.
    `images` are origins of avatars and thumbnails.
    """

    hosts: Mapping[str, str] = field(default_factory=dict)
    default_host: str = "api"
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: Callable[[Response], Exception | None] | None = None
    usage: Callable[[Response], Usage | None] | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)
    paging: Paging = field(default_factory=LinkHeader)
    images: Sequence[str] = ()
    etags: bool = False
    posts_reads: bool = False
    proxy: ProxyRules = field(default_factory=ProxyRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """What the provider says of who may see what.

    `audience` says who is in which private conversation, `resources` who may see what an event is about,
    `names` what ids of people and channels stand for.
    """

    audience: Audience | None = None
    resources: Resources | None = None
    names: Directory | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Our app at the provider.

    `console` is the page where operators register it, `manifest` writes the text that registers ours there,
    for providers that take one. `simulator` is `module:attribute` of what stands in for the provider.
    """

    console: str | None = None
    manifest: Callable[[Installation], str] | None = None
    simulator: str | None = None


class Provider:
    """An outside service.

    `id` names it in paths, tables and settings (`FIGMA_…`); `name` is what people call it and `tagline` one
    sentence of what connecting it gives them. `checked` is the day its facts were last checked. The rest is
    grouped: how it is connected (`oauth`), whose account that was (`identity`), how it is spoken to (`http`),
    what it tells us (`webhooks`), who may see what (`visibility`), and our app there (`app`). `aliases` are
    other names that callers have for the first part of its paths.
    """

    def __init__(  # noqa: PLR0913 - named by every caller
        self,
        id: str,  # noqa: A002
        *,
        name: str,
        checked: str,
        oauth: OAuth2,
        identity: Identity,
        http: Http | None = None,
        webhooks: Webhook | None = None,
        visibility: Visibility | None = None,
        app: App | None = None,
        tagline: str = "",
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.id = id
        self.name = name
        self.tagline = tagline or f"Connect {name}."
        self.checked = checked
        self.oauth = oauth
        self.identity = identity
        http = http or Http()
        self.http = http if http.hosts else replace(http, hosts=_hosts_of(oauth))
        self.webhooks = webhooks
        self.visibility = visibility or Visibility()
        self.app = app or App()
        self.aliases: Mapping[str, str] = aliases or {}
        self.operations: dict[str, Operation] = {}
        self.capabilities: list[Capability] = []

    def operation(  # noqa: PLR0913 - named by every caller
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
        local: bool = False,
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
                local=local,
            )
            if operation.name in self.operations:
                raise ValueError(f"{operation.full_name} is declared twice")
            self.operations[operation.name] = operation
            return run

        return declare

    def failure(self, response: Response) -> Exception | None:
        """What an answer means as an error; None where it is none."""
        judge = self.http.failure
        return judge(response) if judge is not None else http_failure(self.name, response)

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
