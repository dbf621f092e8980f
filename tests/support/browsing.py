"""A browser without a screen: it keeps cookies, and sends forms as the pages give them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import httpx2

from tests.support.forms import Form
from tests.support.running import Running


@dataclass
class Browser:
    """Opens pages and sends their forms; `csrf` is the proof on the page it saw last."""

    client: httpx2.AsyncClient
    csrf: str = ""

    @classmethod
    async def new(cls, running: Running) -> Browser:
        """A browser that has never been here."""
        return cls(await running.client(None))

    async def open(self, path: str) -> httpx2.Response:
        """Open a page."""
        answer = await self.client.get(path, headers={"accept": "text/html"})
        match = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        self.csrf = match[1] if match else self.csrf
        return answer

    async def send(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form to a path, with the proof of the page that was open before."""
        return await self.client.post(path, data={"csrf": self.csrf, **fields})

    async def send_form(self, form: Form, **fields: str) -> httpx2.Response:
        """Send a form of the page, with these fields changed."""
        return await self.client.post(form.action, data={**form.fields, **fields})

    async def send_files(
        self, path: str, name: str, files: Mapping[str, bytes], **fields: str
    ) -> httpx2.Response:
        """Send a form with files chosen in one of its fields."""
        parts = [(name, (filename, data, "application/json")) for filename, data in files.items()]
        return await self.client.post(path, data={"csrf": self.csrf, **fields}, files=parts)

    async def sign_up(self, email: str, password: str = "not-a-real-password", name: str = "Ada") -> None:
        """Make an account and be signed in to it."""
        await self.open("/sign-up")
        answer = await self.send("/sign-up", name=name, email=email, password=password)
        assert answer.status_code == 303, answer.text
        assert (await self.sign_in(email, password)).status_code == 303

    async def sign_in(self, email: str, password: str = "not-a-real-password") -> httpx2.Response:
        """Try to sign in."""
        await self.open("/sign-in")
        return await self.send("/sign-in", email=email, password=password)

    def hold(self, name: str, value: str) -> None:
        """Hold this cookie in place of an earlier one of its name."""
        for cookie in list(self.client.cookies.jar):
            if cookie.name == name:
                self.client.cookies.delete(name, cookie.domain, cookie.path)
        self.client.cookies.set(name, value, domain=self.client.base_url.host, path="/")

    async def signed_in(self) -> bool:
        """Whether the integrations page opens instead of leading to the sign-in page."""
        return (await self.open("/settings/integrations")).status_code == 200


async def browser_of(running: Running, client: httpx2.AsyncClient) -> Browser:
    """A browser in which the client's user is signed in."""
    assert (await client.post("/api/session")).status_code < 300
    browser = await Browser.new(running)
    browser.client.cookies = client.cookies
    return browser


async def fresh_browser(running: Running) -> Browser:
    """Ada's browser; nothing that providers answered before is remembered, and none of them fails."""
    for table in ("provider_cache", "provider_budgets"):
        await running.services.db.execute(f"DELETE FROM {table}")
    for simulator in running.simulators.values():
        simulator.faults.active.clear()
    return await browser_of(running, await running.client())


async def signed_in(running: Running, user: str, **claims: str) -> httpx2.AsyncClient:
    """A client with a session of this user."""
    client = await running.client(user, **claims)
    assert (await client.post("/api/session")).status_code < 300
    return client


async def page_of(browser: Browser, path: str, **query: str) -> str:
    """A page with all of its content."""
    answer = await browser.open(f"{path}?{urlencode({**query, 'part': 'results'})}")
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def words(page: str) -> str:
    """What a page says, without its tags."""
    text = re.sub(r"<(script|noscript|template).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def cookies_set(answer: httpx2.Response) -> SimpleCookie:
    """The cookies an answer sets, flags and all."""
    result: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        result.load(header)
    return result
