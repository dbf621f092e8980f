"""One visit of a browser: who is there, what stands around the page, and how the answer is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fluxstudio.core.automations.run_history import RunHistory, UnseenFailures
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import AdminRequired, FluxStudioError
from fluxstudio.faces.authentication import Authenticator, authenticator_of, services_of
from fluxstudio.faces.cookies import BROWSER_DAYS, new_browser
from fluxstudio.faces.middleware.head import is_head
from fluxstudio.faces.uploads import read_form, uploaded
from fluxstudio.faces.web.components.views import BannerView
from fluxstudio.faces.web.shell.guest import guest_of
from fluxstudio.faces.web.shell.navigation import navigation
from fluxstudio.faces.web.shell.paths import HOME
from fluxstudio.faces.web.shell.sessions import keep_session, new_session
from fluxstudio.faces.web.shell.templating import Page, PageRenderer
from fluxstudio.faces.web.shell.views import NavItem, PersonView, Shell
from fluxstudio.flows.automations.rules.time_zones import is_time_zone
from fluxstudio.kit.postgres.database import DatabaseUnavailable
from fluxstudio.sdk import Upload

NOTHING_UNSEEN = UnseenFailures()
OUTCOME_FIELDS = frozenset(
    {"provider", "status", "code", "notice", "connection", "done", "mine", "started", "retried", "refused"}
)
# What only says what just happened.
FLASH_FIELDS = OUTCOME_FIELDS - {"provider", "connection"}


class SignInNeeded(FluxStudioError):
    """The page is for people who are signed in."""

    status = 401
    code = "MISSING_TOKEN"


class Visit:
    """A browser's request for a page."""

    def __init__(self, request: Request, actor: Actor | None, browser: str, *, first: bool) -> None:
        self.request = request
        self.browser = browser
        self._actor = actor
        self._first = first
        self._new_session: str | None = None

    @classmethod
    async def of(cls, request: Request) -> Visit:
        """The visit that a request is; a guest of a demo is signed in on the first one."""
        authenticator, services = authenticator_of(request), services_of(request)
        browser = authenticator.browser(request)
        actor = await authenticator.signed_in(request)
        await authenticator.count(request, actor)
        visit = cls(request, actor, browser or new_browser(), first=browser is None)
        request.state.visit = visit
        guest = guest_of(request) if visit._actor is None and visit._first else None
        changes = request.method == "GET" and not is_head(request)
        if guest is not None and changes and guest.welcome(request):
            visit._actor = await guest.actor(services)
            visit._new_session = await new_session(request, visit._actor)
        return visit

    @classmethod
    async def of_admin(cls, request: Request) -> Visit:
        """The visit of an administrator. Raises `SignInNeeded`, and `AdminRequired` for everybody else."""
        visit = await cls.of(request)
        if not visit.actor.is_admin:
            raise AdminRequired
        return visit

    @property
    def services(self) -> Services:
        """The services of the running product."""
        return services_of(self.request)

    @property
    def authenticator(self) -> Authenticator:
        """The gate of the running product."""
        return authenticator_of(self.request)

    @property
    def actor(self) -> Actor:
        """Who is signed in. Raises `SignInNeeded`."""
        if self._actor is None:
            raise SignInNeeded("Sign in to see this page.")
        return self._actor

    @property
    def signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return self._actor is not None

    @property
    def time_zone(self) -> str:
        """The time zone of the browser, as app.js has it in a cookie; UTC where that is not known."""
        zone = self.request.cookies.get("zone", "")
        return zone if is_time_zone(zone) else "UTC"

    async def form(self, most: int = 50) -> dict[str, str]:
        """The fields of a posted form of ours, at most so many. Raises `Forbidden` for one that is not."""
        async with self.request.form(max_files=0, max_fields=most) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        self.authenticator.check_csrf(self.request, fields.pop("csrf", None))
        return fields

    async def form_and_files(
        self, files: AsyncExitStack, most: int = 1
    ) -> tuple[dict[str, str], list[Upload]]:
        """The fields of a posted form of ours, and the files chosen in it, open until `files` ends.

        Raises `Forbidden` for a form that is not ours, `InvalidRequest` for one that cannot be read.
        """
        if not self.request.headers.get("content-type", "").startswith("multipart/form-data"):
            return await self.form(), []
        form = await read_form(self.request, most)
        files.push_async_callback(form.close)
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        self.authenticator.check_csrf(self.request, fields.pop("csrf", None))
        chosen = [
            uploaded(value)
            for _, value in form.multi_items()
            if not isinstance(value, str) and value.filename
        ]
        return fields, [file for file in chosen if isinstance(file, Upload)]

    async def unseen(self) -> UnseenFailures:
        """What has failed that whoever is signed in has not looked at."""
        if self._actor is None:
            return UnseenFailures()
        try:
            return await RunHistory(self.services.db).unseen(self._actor.user_id)
        except DatabaseUnavailable:
            return UnseenFailures()

    def shell(self, banners: Sequence[BannerView] = (), unseen: UnseenFailures = NOTHING_UNSEEN) -> Shell:
        """What stands around the page."""
        person = None
        if self._actor is not None:
            name = self._actor.name or self._actor.email or "You"
            person = PersonView(name=name, email=self._actor.email or "", is_admin=self._actor.is_admin)
        return Shell(
            nonce=self.request.state.nonce.value,
            csrf=self._csrf(),
            path=self._clean_path(),
            answers_form=self._posted_from() is not None,
            person=person,
            nav=self._navigation(unseen, person),
            banners=tuple(banners),
        )

    def _navigation(self, unseen: UnseenFailures, person: PersonView | None) -> tuple[NavItem, ...]:
        if person is None:
            return ()
        state = self.request.app.state
        registry = self.services.registry
        return navigation(state.families, registry, self.request.url.path, unseen, admin=person.is_admin)

    def _csrf(self) -> str:
        session = self._new_session or self.authenticator.session(self.request)
        return self.authenticator.csrf(self.browser, session)

    def _clean_path(self) -> str:
        url, posted = self.request.url, self._posted_from()
        if posted is not None:
            return posted
        fields = [(name, value) for name, value in parse_qsl(url.query) if name not in OUTCOME_FIELDS]
        return f"{url.path}?{urlencode(fields)}" if fields else url.path

    def _posted_from(self) -> str | None:
        """The page whose form this answers, which a reload and a way back lead to; None for a page itself."""
        if self.request.method != "POST":
            return None
        page = urlsplit(self.request.headers.get("referer", ""))
        if page.netloc != self.request.url.netloc:
            return None
        fields = [(name, value) for name, value in parse_qsl(page.query) if name not in FLASH_FIELDS]
        path = f"{page.path}?{urlencode(fields)}" if fields else page.path
        return path if local_path(path) == path else None

    async def page(self, page: Page, *, banners: Sequence[BannerView] = (), status: int = 200) -> Response:
        """The page as an answer."""
        pages: PageRenderer = self.request.app.state.pages
        shell = self.shell(banners, await self.unseen())
        return await self.send(HTMLResponse(pages.page(page, shell), status))

    async def part(self, template: str, **context: object) -> Response:
        """A part of a page, for htmx to swap in."""
        pages: PageRenderer = self.request.app.state.pages
        return await self.send(HTMLResponse(pages.render(template, self.shell(), context)))

    async def go(self, path: str) -> Response:
        """On to another page."""
        return await self.send(RedirectResponse(path, 303))

    async def send(self, response: Response) -> Response:
        """An answer with the cookies this visit needs."""
        if self._first:
            self.authenticator.cookies.put(
                response, self.authenticator.cookies.browser, self.browser, days=BROWSER_DAYS
            )
        if self._new_session is not None:
            keep_session(self.request, response, self._new_session)
        return response


def local_path(path: str | None) -> str:
    """A path of ours, or the home page in place of anything else."""
    if path and re.fullmatch(r"/(?![/\\])[^\s\\\x00-\x1f\x7f]{0,4000}", path):
        return path
    return HOME
