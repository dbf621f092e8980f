"""The pages in a real browser, under the policy they are served with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser
from playwright.async_api import Page as Tab
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from fluxstudio.faces.web.agents.views import ReturnPage
from fluxstudio.faces.web.integrations.views import IntegrationsPage
from fluxstudio.faces.web.shell.filters import ago
from fluxstudio.faces.web.shell.templating import PageRenderer, StaticFiles, environment
from fluxstudio.faces.web.sign_in.views import SignedOutPage
from tests.faces.web import samples
from tests.support.serving import serving

POLICY = (
    "default-src 'none'; script-src 'nonce-a-nonce'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
PAGES = PageRenderer(environment())
SAMPLES = samples.pages()
STATIC = StaticFiles()
CARDS = SAMPLES.index(next(page for page in SAMPLES if isinstance(page, IntegrationsPage)))


async def sample(request: Request) -> Response:
    """`/{number}` as that sample."""
    html = PAGES.page(SAMPLES[request.path_params["number"]], samples.shell())
    return HTMLResponse(html, headers={"content-security-policy": POLICY})


async def static_file(request: Request) -> Response:
    """A file of ours, which the browser keeps as it keeps those of the product."""
    path = STATIC.find(request.path_params["name"])
    assert path is not None, request.url
    return FileResponse(path, headers={"cache-control": "max-age=600, immutable"})


async def nothing(_request: Request) -> Response:
    """What the samples lead to and no test asks for."""
    return Response(status_code=204)


@pytest.fixture(scope="module")
async def home() -> AsyncIterator[str]:
    """Where the samples are served."""
    routes = [
        Route("/static/{name:path}", static_file),
        Route("/{number:int}", sample),
        Route("/{rest:path}", nothing, methods=["GET", "POST"]),
    ]
    async with serving(lambda _base: Starlette(routes=routes)) as base:
        yield base


@pytest.fixture
async def tab(chromium: Browser, home: str) -> AsyncIterator[Tab]:
    context = await chromium.new_context(viewport={"width": 390, "height": 844}, base_url=home)
    yield await context.new_page()
    await context.close()


async def test_every_page_runs_under_the_strict_policy_and_fits_a_phone(tab: Tab, home: str) -> None:  # R41
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))

    def elsewhere(address: str) -> bool:
        return not address.startswith(home)

    # One of each template: what differs within one is drawn by tests/browser.
    first = {page.template: number for number, page in reversed(list(enumerate(SAMPLES)))}
    for number in sorted(first.values()):
        page = SAMPLES[number]
        leads_on = isinstance(page, ReturnPage | SignedOutPage)
        if leads_on:
            await tab.route(elsewhere, lambda route: route.fulfill(status=204))
        await tab.goto(f"/{number}")
        overflow = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, page.template
        assert complaints == [], page.template
        if leads_on:
            # While anything is intercepted, the browser keeps no file.
            await tab.unroute(elsewhere)


async def test_the_browser_tells_times_in_the_same_words_as_the_server(tab: Tab) -> None:
    await tab.goto(f"/{CARDS}")
    minutes = (0, 0.5, 1, 3, 59, 60, 150, 1439, 1440, 4000, 86399, 86400, 525599, 525600, 2000000)
    for gap in [timedelta(minutes=sign * minute) for minute in minutes for sign in (1, -1)]:
        now = samples.NOW.timestamp() * 1000
        text = await tab.evaluate(
            "([moment, now]) => ago(moment, now)", [now - gap.total_seconds() * 1000, now]
        )
        assert text == ago(samples.NOW - gap, samples.NOW)


async def test_a_theme_once_chosen_is_there_before_the_next_page_is_drawn(tab: Tab) -> None:
    await tab.emulate_media(color_scheme="light")
    await tab.goto(f"/{CARDS}")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await tab.evaluate(ground)
    await tab.locator("summary.person").click()
    await tab.get_by_label("Dark").check()
    dark = await tab.evaluate(ground)
    assert dark != light
    await tab.route("**/static/shell/app.js*", lambda route: route.abort())
    await tab.goto(f"/{CARDS}")
    assert await tab.evaluate(ground) == dark


async def test_disconnect_asks_in_a_dialog_and_keeps_by_default(tab: Tab) -> None:
    await tab.goto(f"/{CARDS}")
    await tab.get_by_label("More for Ada Lovelace").click()
    await tab.get_by_role("link", name="Disconnect").click()
    dialog = tab.get_by_role("dialog")
    assert "2 automations stop." in await dialog.inner_text()
    assert await tab.evaluate("document.activeElement.textContent.trim()") == "Keep it connected"
    await tab.keyboard.press("Enter")
    assert not await dialog.is_visible()


async def test_a_menu_closes_on_escape_and_gives_the_focus_back(tab: Tab) -> None:
    await tab.goto(f"/{CARDS}")
    opener = tab.get_by_label("More for Ada Lovelace")
    await opener.focus()
    await tab.keyboard.press("Enter")
    assert await tab.get_by_role("link", name="Disconnect").is_visible()
    await tab.keyboard.press("Tab")
    await tab.keyboard.press("Escape")
    assert not await tab.get_by_role("link", name="Disconnect").is_visible()
    assert await opener.evaluate("opener => opener === document.activeElement")


async def test_a_form_is_sent_once_however_often_it_is_pressed(tab: Tab) -> None:
    await tab.goto(f"/{CARDS}")
    sent = await tab.get_by_role("button", name="Connect Plotter").evaluate(
        """button => {
            let sent = 0;
            document.addEventListener("submit", (event) => { sent += 1; event.preventDefault(); });
            button.click();
            button.click();
            return sent;
        }"""
    )
    assert sent == 1
    assert await tab.get_by_role("button", name="Connect Plotter").get_attribute("aria-busy") == "true"


async def test_a_select_with_search_finds_and_chooses_by_keyboard(tab: Tab) -> None:
    await tab.goto("/0")
    field = tab.get_by_role("combobox", name="City, with search")
    await field.fill("lo")
    assert await tab.locator(".combobox-list [role=option]").all_inner_texts() == ["London", "Oslo"]
    await tab.keyboard.press("ArrowDown")
    await tab.keyboard.press("Enter")
    assert await field.input_value() == "Oslo"
    assert await tab.locator("[data-combobox] select").input_value() == "oslo"
    await field.fill("nowhere")
    assert "Nothing matches" in await tab.locator(".combobox-list").inner_text()
    await tab.keyboard.press("Escape")
    assert await field.input_value() == "Oslo"


def test_static_files_of_ours_are_small_enough_to_read() -> None:
    for file in StaticFiles().own():
        assert len(file.read_text("utf-8").splitlines()) <= 400 or file.name == "htmx.min.js", file.name
