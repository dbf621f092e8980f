"""Opening pages of automations and sending their forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx2

from tests.support.automating import COMMENT, Automating
from tests.support.browsing import Browser, words
from tests.support.forms import Form

HOME = "/automations"
GALLERY = f"{HOME}/gallery"
COMMENTS = f"{GALLERY}/comment-to-channel"
FILE = COMMENT["file_key"]
FILLED = {"name": "Talk", "file": FILE, "channel": "#design"}


async def page(browser: Browser, path: str) -> str:
    """What a page says, which opens."""
    answer = await browser.open(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(browser: Browser, form: Form, then: str = "", **changed: str) -> httpx2.Response:
    """Send a form as a browser does, with one of its buttons."""
    pressed = {"then": then} if then else {}
    sent = {**form.fields, **changed, **pressed}
    return await browser.client.post(form.action.partition("#")[0], data=sent)


async def follow(browser: Browser, answer: httpx2.Response) -> str:
    """The page that an answer leads to."""
    assert answer.status_code == 303, answer.text
    return await page(browser, answer.headers["location"].partition("#")[0])


async def kept_of(ada: Automating, automation: str) -> Mapping[str, Any]:
    """An automation as the API shows it."""
    body: Mapping[str, Any] = (await ada.client.get(f"/api/automations/{automation}")).json()
    return body


def beside(text: str, field: str) -> str:
    """What is said to be wrong with a field, next to it."""
    match = re.search(rf'id="field-{field.replace(".", "-")}-error">(.*?)</p>', text, re.DOTALL)
    assert match, f"nothing is said of {field}"
    return words(match[1])
