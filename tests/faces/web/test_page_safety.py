"""What every page and every answer carries, and what none of them shows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest

from fluxstudio.core.connections.connections import Connections
from tests.conftest import NewDatabase
from tests.faces.conftest import UNLIMITED
from tests.support.browsing import Browser
from tests.support.journal import journal
from tests.support.running import WITH_LINEAR, Running, started

HOME = "/settings/integrations"
PAGES = (
    "/sign-in",
    "/sign-up",
    "/components",
    "/api/docs",
    "/no/such/page",
    HOME,
    f"{HOME}?provider=linear&status=error&code=STATE_INVALID",
    f"{HOME}/linear/attempts",
    f"{HOME}/linear/card",
    f"{HOME}/nothing/attempts",
    f"{HOME}/linear/disconnect?connection={{linear}}",
    f"{HOME}/linear/disconnect?connection=none",
    "/integrations/figma/files?part=results",
    "/integrations/slack/channels?part=results",
    "/integrations/github/repositories?part=results",
    "/integrations/linear/files",
    "/activity",
    "/activity?state=dead&from=slack",
    "/automations",
    "/automations/gallery",
    "/automations/gallery/comment-to-channel?part=form",
    "/automations/new",
    "/automations/none",
    "/settings/webhooks",
    "/settings/webhooks/new?connection={github}",
)
EMBEDDING = {"base", "object", "embed", "iframe", "frame", "applet"}


class Document(HTMLParser):
    """The parts of a page that a policy is about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@dataclass
class Stage:
    """The product with all providers, and a browser whose person has connected each."""

    running: Running
    ada: httpx2.AsyncClient
    browser: Browser
    connections: dict[str, str] = field(default_factory=dict)

    async def open(self, path: str) -> httpx2.Response:
        """Open a page as Ada, or as somebody new where she would be sent on."""
        browser = await Browser.new(self.running) if path.startswith("/sign-") else self.browser
        return await browser.open(path.format(**self.connections))


@pytest.fixture(scope="module")
async def stage(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        running = await start(packages=WITH_LINEAR, **UNLIMITED)
        ada = await running.client()
        result = Stage(running, ada, Browser(await running.client(None)))
        for entry in running.services.registry:
            result.connections[entry.provider.id] = await running.connect(ada, entry.provider.id)
        await ada.post("/api/session")
        result.browser.client.cookies = ada.cookies
        yield result


def policy_of(answer: httpx2.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";") if part.strip()]
    # Of a directive that stands there twice browsers take the first.
    assert len({name for name, *_ in parts}) == len(parts)
    return {name: values for name, *values in parts}


def nonce_of(answer: httpx2.Response) -> str:
    [source] = [source for source in policy_of(answer)["script-src"] if source.startswith("'nonce-")]
    return source.removeprefix("'nonce-").removesuffix("'")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_runs_nothing_but_our_own_scripts(stage: Stage, path: str) -> None:  # R41
    answer = await stage.open(path)
    assert answer.headers["content-type"].startswith("text/html"), answer.status_code
    policy = policy_of(answer)
    assert (
        policy["default-src"]
        == policy["object-src"]
        == policy["base-uri"]
        == policy["frame-ancestors"]
        == ["'none'"]
    )
    assert policy["script-src"] == [f"'nonce-{nonce_of(answer)}'"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not any(source in {"*", "http:", "https:"} for sources in policy.values() for source in sources)
    for tag, attributes in Document(answer.text).tags:
        assert tag not in EMBEDDING
        if tag in {"script", "style"}:
            assert attributes.get("nonce") == nonce_of(answer), (tag, attributes)
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", (tag, value)
            assert not re.match(r"\s*(javascript|vbscript|data:text)", value or "", re.IGNORECASE), (
                tag,
                value,
            )


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_loads_its_parts_from_us_alone(stage: Stage, path: str) -> None:  # R41
    answer = await stage.open(path)
    for tag, attributes in Document(answer.text).tags:
        source = attributes.get("src") or (attributes.get("href") if tag in {"link", "use"} else None)
        if source is not None and tag != "img":
            assert re.match(r"/(?!/)", source), (tag, source)
        if tag == "img":
            allowed = policy_of(answer)["img-src"]
            assert source
            assert re.match(r"/(?!/)|data:image/", source) or any(
                source.startswith(host) for host in allowed
            ), source


async def test_every_page_has_a_nonce_of_its_own(stage: Stage) -> None:  # R41
    answers = [await stage.open(path) for path in (*PAGES, *PAGES)]
    nonces = {nonce_of(answer) for answer in answers}
    assert len(nonces) == len(answers)
    assert min(map(len, nonces)) >= 22


@pytest.mark.parametrize("path", ["/api/integrations", "/health", "/static/shell/base.css"])
async def test_what_is_no_page_runs_nothing_at_all(stage: Stage, path: str) -> None:  # R41
    answer = await stage.browser.client.get(path)
    policy = policy_of(answer)
    assert policy["script-src"] == ["'none'"]
    assert policy["default-src"] == policy["frame-ancestors"] == ["'none'"]


async def test_words_from_outside_stay_words(stage: Stage) -> None:  # R41
    script = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    for path in (
        f"{HOME}?provider={script}&status=error&code={script}",
        f"{HOME}?provider=linear&status=success&connection={script}&notice={script}",
        f"/sign-in?returnTo=/{script}",
        f"/integrations/slack/channels?part=results&q={script}",
        f"/{script}",
        f"{HOME}/{script}/attempts",
    ):
        answer = await stage.browser.client.get(path, headers={"accept": "text/html"})
        assert "<script>alert" not in answer.text, path
        assert not any(
            name.startswith("on") for _, result in Document(answer.text).tags for name in result
        ), path


OTHERS: tuple[tuple[str, str, dict[str, Any], int], ...] = (
    ("GET", "/health", {}, 200),
    ("GET", "/ready", {}, 200),
    ("GET", "/api/openapi.json", {}, 200),
    ("GET", "/api/integrations", {}, 200),
    ("GET", "/api/nothing", {}, 404),
    ("PUT", "/api/integrations", {}, 405),
    ("DELETE", "/sign-in", {}, 405),
    ("GET", "/static/shell/app.js", {}, 200),
    ("GET", "/static/shell/none.js", {}, 404),
    ("GET", "/", {}, 200),
    ("GET", "/api/session", {}, 200),
    ("POST", "/sign-in", {"data": {"email": "a"}}, 403),
    ("POST", "/api/integrations/linear/callback", {"content": b"{"}, 400),
    ("POST", "/api/integrations/linear/callback", {"content": b" " * 2_000_000}, 413),
)


@pytest.mark.parametrize(("method", "path", "request_", "status"), OTHERS)
async def test_every_answer_is_taken_for_what_it_is(
    stage: Stage, method: str, path: str, request_: dict[str, Any], status: int
) -> None:  # R42
    answer = await stage.ada.request(method, path, **request_)
    assert answer.status_code == status, answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in {"no-referrer", "strict-origin-when-cross-origin"}
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert policy_of(answer)["frame-ancestors"] == ["'none'"]
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers
    assert "strict-transport-security" not in answer.headers


async def test_what_is_somebodys_is_never_kept_in_between(stage: Stage) -> None:  # R42
    for path in (*PAGES, "/api/integrations", "/api/session"):
        assert (await stage.open(path)).headers["cache-control"] == "no-store", path


async def test_an_error_says_what_to_do_and_shows_nothing_of_us(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:  # R44
    async def breaks(*_: object) -> None:
        raise KeyError("not-a-real-token in /srv/secret/place.py")

    with journal(monkeypatch) as log:
        monkeypatch.setattr(Connections, "of_user", breaks)
        page, answer = await stage.open(HOME), await stage.browser.client.get("/api/integrations")
    assert page.status_code == answer.status_code == 500
    assert answer.json()["success"] is False
    assert answer.json()["code"] == "INTERNAL"
    assert "Try again" in answer.json()["error"]
    assert page.headers["content-type"].startswith("text/html")
    assert "Try again" in page.text
    for text in (page.text, answer.text):
        assert not re.search(r"not-a-real-token|KeyError|Traceback|place\.py|site-packages", text)
    assert log.getvalue().count('"event": "unforeseen"') == 2
    assert "of_user" in log.getvalue() or "breaks" in log.getvalue()


async def test_a_broken_page_breaks_nothing_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:  # R44
    async def breaks(*_: object) -> None:
        raise KeyError

    with monkeypatch.context() as patched:
        patched.setattr(Connections, "of_user", breaks)
        await stage.open(HOME)
    assert (await stage.open(HOME)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api", "/api/integrations/linear/nothing/at/all", "/api/../api/x"]
)
async def test_an_unknown_path_of_the_api_is_said_so_as_json(stage: Stage, path: str) -> None:  # R44
    answer = await stage.browser.client.get(path, headers={"accept": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert answer.json()["success"] is False


async def test_an_unknown_provider_is_named_with_those_there_are(stage: Stage) -> None:  # R44
    answer = await stage.browser.client.get("/api/integrations/jira/auth")
    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_PROVIDER")
    assert "figma, github, linear, slack" in answer.json()["error"].lower()


async def test_a_method_that_does_not_work_is_said_with_those_that_do(stage: Stage) -> None:  # R44
    for method, path, allowed in (
        ("PUT", "/api/integrations", {"GET"}),
        ("PATCH", "/api/session", {"GET", "POST", "DELETE"}),
        ("DELETE", "/sign-in", {"GET", "POST"}),
    ):
        answer = await stage.browser.client.request(method, path)
        assert answer.status_code == 405
        assert allowed <= {entry.strip() for entry in answer.headers["allow"].split(",")}
        if path.startswith("/api"):
            assert answer.json()["code"] == "METHOD_NOT_ALLOWED"
