"""What a page of a long list costs: time and size, beside a bare route that prints 50 rows of a template."""

from __future__ import annotations

import gzip
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median

import httpx2
from fastapi import FastAPI
from jinja2 import Environment
from starlette.responses import HTMLResponse

from bench.stage import installation
from fluxstudio.kit.serving import listening_socket, serving
from tests.support.long_lists import TEAM, with_channels, with_files, with_repositories
from tests.support.running import Running

CHANNELS, FILES, REPOSITORIES = 2000, 510, 1000
PAGES = {
    f"{CHANNELS:,} channels": "/integrations/slack/channels",
    f"{CHANNELS:,} channels, searched": "/integrations/slack/channels?q=c-12",
    f"{FILES} files": "/integrations/figma/files",
    f"{REPOSITORIES:,} repositories": "/integrations/github/repositories",
}
ROWS = """<ul>{% for row in rows %}<li id="{{ row.id }}"><a href="{{ row.href }}">{{ row.name }}</a>
<p>{{ row.text }}</p></li>{% endfor %}</ul>"""


async def lists(repetitions: int, seconds: float) -> None:
    """Fill three accounts, and open a page of each again and again."""
    async with AsyncExitStack() as stack:
        browser = await filled(await stack.enter_async_context(installation()))
        bare = await took(await bare_route(stack), "/", round(50 * repetitions))
        print("A page of 50 rows, medians; the answer is kept already")
        print(f"  {'bare template route':28}{bare * 1000:7.1f} ms")
        for title, path in PAGES.items():
            address = f"{path}{'&' if '?' in path else '?'}part=results"
            seconds_each = await took(browser, address, round(10 * repetitions))
            page = (await browser.get(address, headers={"accept-encoding": "identity"})).content
            sizes = f"{len(page) / 1000:6.1f} KB{len(gzip.compress(page, 5)) / 1000:6.1f} KB compressed"
            print(f"  {title:28}{seconds_each * 1000:7.1f} ms{seconds_each / bare:6.1f} ×{sizes}")


async def filled(running: Running) -> httpx2.AsyncClient:
    """A browser of somebody whose three accounts have long lists."""
    with_channels(running, CHANNELS)
    with_files(running, FILES)
    with_repositories(running, REPOSITORIES)
    client = await running.client()
    for provider in ("slack", "figma", "github"):
        await running.connect(client, provider)
    await client.post("/api/integrations/figma/teams", json={"url": TEAM})
    await client.post("/api/session")
    browser = await running.client(None)
    browser.cookies = client.cookies
    return browser


async def bare_route(stack: AsyncExitStack) -> httpx2.AsyncClient:
    """A client of a route that renders 50 rows of a template and does nothing else."""
    app, template = FastAPI(), Environment(autoescape=True).from_string(ROWS)
    rows = [{"id": f"C{number}", "href": "#", "name": f"c-{number}", "text": "A row"} for number in range(50)]

    @app.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(template.render(rows=rows))

    listening = stack.enter_context(listening_socket("127.0.0.1", 0))
    await stack.enter_async_context(serving(app, listening))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    return await stack.enter_async_context(httpx2.AsyncClient(base_url=base, verify=False))


async def took(client: httpx2.AsyncClient, path: str, times: int) -> float:
    """Seconds from a request to the whole answer, client included; the median."""
    return median(await took_each(client, path, times))


async def took_each(client: httpx2.AsyncClient, path: str, times: int) -> Sequence[float]:
    """The same for each time, without the first three."""
    return [await _once(client, path) for _ in range(times + 3)][3:]


async def _once(client: httpx2.AsyncClient, path: str) -> float:
    begun = time.perf_counter()
    answer = await client.get(path)
    took = time.perf_counter() - begun
    assert answer.status_code == 200, answer.text
    return took
