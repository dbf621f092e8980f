"""`emulate`, an independent GitHub and Slack: started, named in settings, and its pages answered."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2

from tests.support.running import NO_TLS
from tests.witnesses.node import node

SERVER = Path(__file__).with_suffix(".mjs")
REDIRECT = "http://127.0.0.1:9/callback"
APP = {"CLIENT_ID": "fluxstudio", "CLIENT_SECRET": "not-a-real-client-secret-at-all"}


@asynccontextmanager
async def emulated(folder: Path) -> AsyncIterator[dict[str, str]]:
    """Run it for as long as this lasts; the settings that put it in the place of GitHub and Slack."""
    async with node(SERVER, folder / "emulate.log", **APP, REDIRECT_URI=REDIRECT) as text:
        places = {"GITHUB_WEB_URL": text["github"], "GITHUB_API_URL": text["github"]}
        places |= {"SLACK_WEB_URL": text["slack"], "SLACK_FILES_URL": text["slack"]}
        app = APP | {"REDIRECT_URI": REDIRECT}
        yield places | {f"{name}_{key}": value for name in ("GITHUB", "SLACK") for key, value in app.items()}


async def allowed(authorization_url: str) -> str:
    """Choose Ada on its page; the query that it sends her back with."""
    async with httpx2.AsyncClient(verify=NO_TLS, follow_redirects=False) as browser:
        page = (await browser.get(authorization_url)).text
        form = next(form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if "Ada Park" in form)
        action = re.findall(r'action="([^"]+)"', form)[0]
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
        answer = await browser.post(urljoin(authorization_url, action), data=fields)
    return urlsplit(answer.headers["location"]).query
