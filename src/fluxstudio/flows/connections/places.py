"""Where a connect begins and leads back to: a page of ours, a front end elsewhere, or a pop-up's opener."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from fluxstudio.core.connections import authorization_requests
from fluxstudio.core.connections.authorization_requests import BegunAt
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest
from fluxstudio.kit.postgres.database import DatabaseUnavailable
from fluxstudio.kit.signatures import same
from fluxstudio.sdk import Provider
from fluxstudio.settings import ProviderSettings, Settings, exact_origin

DEFAULT_RETURN = "/settings/integrations"
# Says what happened to anybody, signed in or not.
LANDING_PAGE = "/connected"
# One slash, then nothing that a browser may take for the second.
OWN_PATH = re.compile(r"/(?![/\\])[^\\\s\x00-\x1f\x7f]{0,499}")
ADDRESS = re.compile(r"https?://[^\\\s\x00-\x1f\x7f]{1,1990}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How a connect begins.

    `binding` is the secret that the browser gets to hold, `in_session` says that a session of ours began it
    rather than a token. `connection` names the one to renew, `scopes` are optional ones to ask for as well.
    With `popup` it ends on a page that posts what happened to its opener at `origin`. A page on another site
    begins where it `crosses_sites`, which browsers let keep no cookie of ours.
    """

    binding: str = field(repr=False)
    in_session: bool
    return_to: str | None = None
    connection: str | None = None
    scopes: Sequence[str] = ()
    origin: str | None = None
    popup: bool = False
    crosses_sites: bool = False


@dataclass(frozen=True, slots=True)
class Returning:
    """Who comes back from a provider.

    A call brings its own user, `caller`, and needs nothing else. A browser brings the digests of what binds
    connects to it, and whoever is signed in to our pages.
    """

    caller: UUID | None = None
    browser: tuple[bytes, ...] = ()
    signed_in: UUID | None = None

    @property
    def is_stranger(self) -> bool:
        """Whether nothing says who it is."""
        return self.caller is None and not self.browser

    def began(self, user_id: UUID, browser_hash: bytes, *, in_session: bool) -> bool:
        """Whether they began a connect. Who is signed in counts only for one that a session began."""
        if self.caller is not None:
            return self.caller == user_id
        if in_session and self.signed_in not in {None, user_id}:
            return False
        return any(same(digest, browser_hash) for digest in self.browser)


def known_origins(settings: Settings) -> frozenset[str]:
    """The origins of front ends that a connect may begin at and lead back to, our own included."""
    return frozenset({*settings.origins, _origin(settings.base_url) or settings.base_url})


def _origin(address: str) -> str | None:
    """The origin of a web address as browsers write it, or None where it has none that is exact."""
    try:
        parts = urlsplit(address)
        return exact_origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return None


def checked_return(address: str | None, origins: Collection[str] = ()) -> str:
    """A path of ours, or an address on one of these origins, to go back to. Raises `InvalidRequest`."""
    if not address:
        return DEFAULT_RETURN
    if OWN_PATH.fullmatch(address):
        return address
    if ADDRESS.fullmatch(address) and _origin(address) in origins:
        return address
    raise InvalidRequest(
        "returnTo has to be a path of this product, such as /settings/integrations, or an address on an "
        "origin of CORS_ORIGINS.",
        {"returnTo": "must be a path that begins with a single slash, or lie on an allowed origin"},
    )


def departure_path(state: str) -> str:
    """Where a browser sets out that is not bound to its connect yet."""
    return f"/connect/{state}"


def comes_back_here(settings: Settings, provider: ProviderSettings) -> bool:
    """Whether a provider sends people back to us rather than to a page of a front end."""
    return _origin(provider.redirect_uri) == _origin(settings.base_url)


def origin_to_post_to(settings: Settings, sent: str | None, return_to: str) -> str:
    """The origin of the page that begins: what its browser says, else where it wants to be led back to."""
    origins = known_origins(settings)
    candidates = (_origin(sent or ""), _origin(return_to))
    return next((origin for origin in candidates if origin in origins and origin), settings.base_url)


async def begun_at(services: Services, provider_id: str, state: str) -> BegunAt | None:
    """Where a state was begun, as far as that is known."""
    try:
        return await authorization_requests.begun_at(services.db, provider_id, state)
    except (DatabaseUnavailable, FluxStudioError):
        return None


def way_back(
    settings: Settings, place: BegunAt | None, outcome: Mapping[str, str], *, signed_in: bool
) -> str:
    """The address that tells `outcome` where the connect began; for an unknown one, where it can be read."""
    if place is not None and place.popup:
        return _with(LANDING_PAGE, {**outcome, "attempt": str(place.attempt_id)})
    if place is not None:
        return led_back(settings, place.return_to, outcome)
    return _with(DEFAULT_RETURN if signed_in else LANDING_PAGE, outcome)


def led_back(settings: Settings, return_to: str | None, outcome: Mapping[str, str]) -> str:
    """The address that a connect wants to lead back to, with `outcome`; ours where it no longer may."""
    try:
        return _with(checked_return(return_to, known_origins(settings)), outcome)
    except InvalidRequest:
        return _with(LANDING_PAGE, outcome)


def _with(address: str, fields: Mapping[str, str]) -> str:
    parts = urlsplit(address)
    query = "&".join(filter(None, (parts.query, urlencode(fields))))
    return urlunsplit(parts._replace(query=query))


def grant_url(settings: Settings, provider: Provider, connection_id: UUID, scopes: Iterable[str]) -> str:
    """Where the API begins to ask for scopes that a connection lacks, of those the provider declares."""
    declared = {scope.name for scope in provider.oauth.described_scopes()}
    wanted = ",".join(scope for scope in scopes if scope in declared)
    query = {"connection": str(connection_id), **({"scopes": wanted} if wanted else {})}
    return f"{settings.base_url}/api/integrations/{provider.id}/auth?{urlencode(query, safe=',:')}"
