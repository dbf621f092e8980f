"""Opening Activity as people do."""

from __future__ import annotations

import html
import re

import httpx2

from tests.support.browsing import Browser, browser_of
from tests.support.receiving import team_of
from tests.support.running import Running

HERE = "/activity"


async def connected(running: Running, user: str = "ada") -> tuple[Browser, str]:
    """Somebody in a browser, and the workspace they have connected."""
    client = await running.client(user)
    team = await team_of(running, await running.connect(client, "slack"))
    return await browser_of(running, client), team


def shown(answer: httpx2.Response) -> list[str]:
    """Ids of the events a page lists, in its order."""
    assert answer.status_code == 200
    return re.findall(r'data-event="([^"]+)"', answer.text)


def following(answer: httpx2.Response, label: str) -> str:
    """Where the link of this name on the page itself leads."""
    page = answer.text.partition("<main")[2]
    [href] = re.findall(rf'<a [^>]*href="([^"]+)"[^>]*>(?:(?!</a>).)*{label}', page, re.DOTALL)
    return html.unescape(href)
