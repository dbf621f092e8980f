"""A simulated provider: its consent page, its tokens, its state, and the control over its faults."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from fluxstudio.sdk.simulation.boundary import Boundary, UnknownAddress
from fluxstudio.sdk.simulation.budgets import Budgets
from fluxstudio.sdk.simulation.consent import consent_page, message_page
from fluxstudio.sdk.simulation.control import Control
from fluxstudio.sdk.simulation.deliveries import OutgoingWebhook, WebhookSender
from fluxstudio.sdk.simulation.events import event_controls
from fluxstudio.sdk.simulation.faults import Faults
from fluxstudio.sdk.simulation.grants import SimulatedGrants
from fluxstudio.sdk.simulation.ports import AccountChoice, ConsentRequest
from fluxstudio.sdk.simulation.redirects import Match, Redirects, exactly
from fluxstudio.sdk.simulation.seeds import checked_seed
from fluxstudio.sdk.simulation.world import SimulatedClock, World

HTTPS_PORT = 443
# A SHA-256 in base64url without padding (RFC 7636, section 4.2).
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Simulator(ABC):
    """Base of every simulated provider.

    `hosts` maps the roles of `Provider.hosts` to the real host names, below which the simulator answers:
    role `api` of Figma is served at `{base}/api.figma.com`. A subclass gives the seed of its world, the
    choices of its consent page and its routes by host name. The one registered app has the id and secret
    `app_id` and `app_secret`. `redirects` are the addresses it may send people back to, matched as
    `redirect_match` says. `events_to` is where events go that
    concern the whole app; nothing is sent while it is None.
    """

    name: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]]
    authorize_path: ClassVar[str]
    further_authorize_paths: ClassVar[Sequence[str]] = ()
    choice_noun: ClassVar[str] = "account"
    code_lives: float = 600
    scope_separator: str = " "
    app_id: str
    app_secret: str

    def __init__(self, file: Path | None = None) -> None:
        self.clock = SimulatedClock()
        self.own_seed: dict[str, Any] = {}
        self.world = World(self.seeded, file)
        self.grants = SimulatedGrants(self.world, self.clock, code_lives=self.code_lives)
        self.budgets = Budgets(self.clock)
        self.deliveries = self.sending()
        self.redirects = Redirects(self.redirect_match())
        self.events_to: str | None = None
        self.base = "http://127.0.0.1:8001"
        self.has_real_names = False
        router = Router(self.mounts(), redirect_slashes=False, default=UnknownAddress(self))
        self.faults = Faults(Boundary(router, self))

    @abstractmethod
    def seed(self) -> dict[str, Any]:
        """The sample data a new world begins with."""

    @abstractmethod
    def choices(self) -> Sequence[AccountChoice]:
        """Who a person can be on the consent page."""

    @abstractmethod
    def routes(self) -> Mapping[str, Sequence[BaseRoute]]:
        """The routes of each host name, the consent page excepted."""

    def people(self) -> Sequence[AccountChoice]:
        """Who of an account a person can be on the consent page, where accounts have several; the first
        usually."""
        return ()

    def controls(self) -> Sequence[BaseRoute]:
        """Further routes below `{web}/_control`."""
        return ()

    def write(self, outgoing: OutgoingWebhook, number: int, reason: str) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of an attempt to deliver an event, signed as the provider does."""
        raise NotImplementedError(f"{self.name} sends no events")

    def sending(self) -> WebhookSender:
        """How events are sent, and sent again."""
        return WebhookSender(self.world, self.clock, self.write)

    def happen(self, event_request: Mapping[str, Any]) -> Sequence[OutgoingWebhook]:
        """The letters of an event somebody asks for by `/_control/events`. Raises `LookupError`."""
        raise LookupError(f"{self.name} sends no events")

    def follow_everything(self, address: str) -> None:
        """Have all that happens told to an address, whatever anybody has subscribed to."""
        self.events_to = address

    def seeded(self) -> dict[str, Any]:
        """What a new world begins with: the sample data, with data of one's own in its place."""
        return {**self.seed(), **self.own_seed}

    def seed_with(self, own: Mapping[str, Any]) -> None:
        """Begin again from data of one's own. Raises `ValueError` for data that nothing could begin with."""
        before = self.own_seed
        try:
            self.own_seed = checked_seed(own, self.seed_sample())
            self.reset()
            if not self.choices():
                raise ValueError("nobody could sign in")
        except (LookupError, TypeError, AttributeError, OverflowError) as error:
            self._begin_again_with(before)
            raise ValueError(f"this cannot be read: {type(error).__name__}: {error}") from None
        except ValueError:
            self._begin_again_with(before)
            raise

    def seed_sample(self) -> Mapping[str, Any]:
        """What data of one's own has to look like."""
        return self.seed()

    def _begin_again_with(self, own: dict[str, Any]) -> None:
        self.own_seed = own
        self.reset()

    def reset(self) -> None:
        """Begin again from the seed, without faults, limits of one's own, and what was seen."""
        self.world.reset()
        self.clock.offset = 0
        self.faults.active.clear()
        self.faults.requests.clear()
        self.budgets.reset()
        self.deliveries.forget()

    def renewable(self, enabled: bool) -> bool:
        """Hand out tokens that can be renewed, or not, where an app may choose; whether they now can be."""
        return True

    def named_calls(self) -> Sequence[str]:
        """Paths that one route answers by their names, such as the methods of a web API."""
        return ()

    def unknown(self, host: str, request: Request) -> Response:
        """What a host answers to an address or a method that it does not have."""
        if host == self.hosts["web"]:
            return message_page(self.name, "Nothing here", "There is no such page here.", status=404)
        return PlainTextResponse("Not Found", 404)

    def broken(self, host: str, request: Request) -> Response:
        """What a host answers when it fails."""
        if host == self.hosts["web"]:
            return message_page(self.name, "Something went wrong", "Go back and try again.", status=500)
        return PlainTextResponse("Internal Server Error", 500)

    def url(self, role: str) -> str:
        """The base URL that stands in for one of the provider's hosts."""
        if self.has_real_names:
            port = urlsplit(self.base).port
            return f"https://{self.hosts[role]}" + ("" if port in {None, HTTPS_PORT} else f":{port}")
        return f"{self.base}/{self.hosts[role]}"

    def scopes_of(self, query: Mapping[str, str]) -> tuple[str, ...]:
        """The scopes an authorization request asks for."""
        return tuple(part for part in query.get("scope", "").replace(",", " ").split() if part)

    def unknown_scopes(self, scopes: Sequence[str]) -> Sequence[str]:
        """Those of the asked scopes that this provider does not have."""
        return ()

    def redirect_match(self) -> Match:
        """How an address is held against the registered ones."""
        return exactly

    def default_redirect(self) -> str:
        """Where people go back to when a request does not say; "" where it has to."""
        return ""

    def shown_scopes(self, ask: ConsentRequest) -> Sequence[str]:
        """What the consent page says that is asked for."""
        return ask.scopes

    def refusal(self, ask: ConsentRequest) -> str | None:
        """Why this provider refuses a request that is well-formed; None where it does not."""
        return None

    def denied(self, ask: ConsentRequest) -> Response:
        """What follows when the person declines: back to the app with `access_denied`."""
        return self.send_back(ask, error="access_denied", error_description="The person declined.")

    def allowed(self, ask: ConsentRequest, choice: str, **details: Any) -> Response:
        """What follows when the person allows: back to the app with a one-time code."""
        code = self.grants.new_code(
            client_id=ask.client_id,
            redirect_uri=ask.redirect_uri,
            account=choice,
            scopes=ask.scopes,
            challenge=ask.challenge,
            **details,
        )
        return self.send_back(ask, code=code)

    def send_back(self, ask: ConsentRequest, **fields: str) -> Response:
        """A redirect to the app with the state it sent."""
        joint = "&" if urlsplit(ask.redirect_uri).query else "?"
        return RedirectResponse(ask.redirect_uri + joint + urlencode({**fields, "state": ask.state}), 302)

    def mounts(self) -> list[BaseRoute]:
        by_host: dict[str, list[BaseRoute]] = {host: list(routes) for host, routes in self.routes().items()}
        by_host.setdefault(self.hosts["web"], []).extend(
            Route(path, self._authorize, methods=["GET", "POST"])
            for path in (self.authorize_path, *self.further_authorize_paths)
        )
        mounts: list[BaseRoute] = [
            Mount(f"/{host}", routes=[*routes, Mount("/", UnknownAddress(self))])
            for host, routes in by_host.items()
        ]
        control = [
            *Control(self).routes(),
            *event_controls(self),
            *self.controls(),
            Mount("/", UnknownAddress(self)),
        ]
        web = self.hosts["web"]
        return [Route(f"/{web}", self._home), *mounts, Mount(f"/{web}/_control", routes=control)][::-1]

    async def _home(self, request: Request) -> Response:
        """A host without a path is its first page, as in any browser."""
        return RedirectResponse(self.url("web") + "/", 307)

    def _checked(self, query: Mapping[str, str]) -> ConsentRequest | str:
        redirect_uri = query.get("redirect_uri") or self.default_redirect()
        if query.get("client_id") != self.app_id:
            return "The client_id is not one of a registered app."
        if not self.redirects.allows(redirect_uri):
            return "The redirect_uri is not registered for this app."
        if query.get("response_type", "code") != "code":
            return "The response_type must be code."
        if "code_challenge" in query and query.get("code_challenge_method") != "S256":
            return "The code_challenge_method must be S256."
        if not CHALLENGE.fullmatch(query.get("code_challenge", "A" * 43)):
            return "The code_challenge is not one that S256 makes."
        scopes = self.scopes_of(query)
        unknown = self.unknown_scopes(scopes)
        if unknown:
            return f"Invalid scopes: {', '.join(unknown)}."
        ask = ConsentRequest(
            client_id=query["client_id"],
            redirect_uri=redirect_uri,
            state=query.get("state", ""),
            scopes=scopes,
            challenge=query.get("code_challenge"),
            query=query,
        )
        return self.refusal(ask) or ask

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        ask = self._checked(query)
        if isinstance(ask, str):
            return message_page(self.name, "This request cannot be shown", ask, status=400)
        if request.method == "GET":
            return consent_page(self, ask)
        form = await request.form()
        if form.get("decision") != "allow":
            return self.denied(ask)
        choice = str(form.get("choice", ""))
        if choice not in {entry.id for entry in self.choices()}:
            return message_page(self.name, "Choose one", f"No {self.choice_noun} is chosen.", status=400)
        person = str(form.get("person", ""))
        is_person = person in {entry.id for entry in self.people()}
        answer = self.allowed(ask, choice, **({"person": person} if is_person else {}))
        self.world.save()
        return answer
