"""Whatever is wrong with a form is said at once, each beside its field, and nothing typed is lost."""

from __future__ import annotations

from html import unescape

import pytest

from tests.support.browsing import Browser
from tests.support.running import Running

PASSWORD = "not-a-real-password"
FORMS = {
    "/settings/account/access-tokens/new": (
        {"name": "", "tools": "no.such", "scopes": ""},
        ("Give it a name.", "There is no tool “no.such”."),
    ),
    "/settings/account/password": (
        {"current": "wrong", "password": "short"},
        ("This is not your password.", "Use 12 characters or more"),
    ),
    "/settings/people/invite": (
        {"email": "nobody", "role": "king"},
        ("Enter an address like ada@example.com.", "Choose a role: admin or member."),
    ),
    "/agents/notice": (
        {"connection": "none", "channel": "#approvals"},
        ("Choose one of your connections to be asked through.",),
    ),
}


@pytest.mark.parametrize("path", FORMS)
async def test_all_that_is_wrong_is_said_at_once(product: Running, path: str) -> None:
    ada = await Browser.new(product)
    await ada.sign_up("ada@example.com", PASSWORD)
    await ada.open("/settings/account")
    fields, problems = FORMS[path]
    answer = await ada.send(path, **fields)
    assert answer.status_code == 400, answer.text
    for problem in problems:
        assert problem in unescape(answer.text)
