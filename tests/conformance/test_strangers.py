"""Whatever strangers send to a simulator, it answers as its service does, and goes on answering."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fluxstudio.core.registry import discover
from tests.support.strangers import PLAIN_CALLS, SimulatedRoute, Stranger

PROVIDERS = {provider.id: provider for provider, _ in discover() if provider.id in PLAIN_CALLS}
METHODS = ("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
ODD_WORDS = (
    *("", "a", "0", "-1", "1" * 30, "1.5", "nan", "true", "null", "[]", "{}", "..", "%", "*", "'\"<>&"),
    *("\0", "\ud83d", "é💧", "x" * 5000, "main", "refs/heads/main", "2026-11-30", "#", "C0DESIGN01"),
)
KINDS = (
    *("application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded"),
    *("multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "", "a/b/c; d"),
)
ODD_BODIES = (
    *(b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 20_000, b'{"a":' * 5_000, b"1" * 5000),
    *(b'{"text": "\\ud83d"}', b'{"a": 1e999}', b'{"a": NaN}', b"--x\r\n\r\n", b"a=%ud83d&b", b"a=1&" * 1500),
)
ODD_QUERIES = (
    *(b"", b"%ff=%00", b"a=1&" * 400, b"per_page=" + b"9" * 30 + b"&page=-1&limit=0&cursor=x&depth=0"),
    *(b"page_size=x&before=y&since=z&ids=,&state=odd&sha=%00&ref=..&recursive=1",),
)
FIELDS = [
    "title",
    "body",
    "message",
    "content",
    "sha",
    "branch",
    "ref",
    "tree",
    "parents",
    "base",
    "head",
    "state",
    "labels",
    "assignees",
    "milestone",
    "name",
    "events",
    "config",
    "active",
    "query",
    "variables",
    "channel",
    "text",
    "blocks",
    "thread_ts",
    "cursor",
    "limit",
    "user",
    "users",
    "ts",
    "files",
    "file",
    "channel_id",
    "length",
    "filename",
    "code",
    "grant_type",
    "refresh_token",
    "redirect_uri",
    "client_id",
    "client_secret",
    "status",
    "access_token",
    "event_type",
    "context",
    "context_id",
    "endpoint",
    "passcode",
    "comment_id",
    "client_meta",
    "event",
    "repository",
    "by",
]
PLAIN = st.sampled_from(ODD_WORDS) | st.text(max_size=8)
SCALARS = PLAIN | st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=6,
)


# Always the same few, so that one run is as good as another; STRANGERS=200 tries as many others.
COUNT = os.environ.get("STRANGERS")
EXAMPLES = settings(
    max_examples=int(COUNT or 3),
    derandomize=COUNT is None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)


@cache
def stranger_at(provider_id: str) -> Stranger:
    return Stranger(PROVIDERS[provider_id])


EVERYTHING = [
    pytest.param(provider_id, route, id=f"{provider_id}-{route}")
    for provider_id in sorted(PROVIDERS)
    for route in stranger_at(provider_id).routes()
]


@pytest.mark.parametrize(("provider_id", "route"), EVERYTHING)
@settings(EXAMPLES)
@given(data=st.data())
async def test_nothing_that_is_sent_breaks_a_simulator(
    provider_id: str, route: SimulatedRoute, data: st.DataObject
) -> None:
    stranger = stranger_at(provider_id)
    stranger.begin_again()
    word = st.sampled_from(stranger.words) | PLAIN
    path = filled(route, word, data)
    method = data.draw(st.sampled_from((*route.methods, *route.methods, *METHODS)))
    kind, body = sent(word, data)
    query = data.draw(st.sampled_from(ODD_QUERIES))
    authorization = data.draw(
        st.sampled_from((*[f"Bearer {stranger.token}"] * 4, "Bearer ", "Basic !", "Basic YTpi", "é"))
    )
    answer = await stranger.ask(method, path, query, body, content_type=kind, authorization=authorization)
    about = (method, path, query[:99], kind, body[:200], answer.status, answer.body[:300])
    assert answer.status < 500, about
    assert method == "HEAD" or stranger.fits(route, answer), about
    assert await stranger.works(), about


def filled(route: SimulatedRoute, word: st.SearchStrategy[str], data: st.DataObject) -> str:
    """A path of that form."""
    path = f"/{route.host}{route.path}"
    for brace in re.findall(r"{[^}]+}", path):
        number = st.integers(0, 10).map(str) | st.sampled_from(["401877", "404418", "9" * 25])
        value = data.draw(number if ":int" in brace else word).encode("utf-8", "replace").decode()
        path = path.replace(brace, value if ":path" in brace else value.replace("/", "-") or "-", 1)
    return path


def sent(word: st.SearchStrategy[str], data: st.DataObject) -> tuple[str, bytes]:
    """A content type and a body: what could be meant, or nothing of the sort."""
    how = data.draw(st.sampled_from(("json", "json", "form", "odd")))
    if how == "odd":
        return data.draw(st.sampled_from(KINDS)), data.draw(st.sampled_from(ODD_BODIES))
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS) | PLAIN, VALUES | word, max_size=6))
    if how == "json":
        return "application/json", json.dumps(fields).encode("utf-8", "surrogatepass")
    pairs = [
        f"{quote(key, errors='replace')}={quote(str(value), errors='replace')}"
        for key, value in fields.items()
    ]
    return "application/x-www-form-urlencoded", "&".join(pairs).encode()


def escaped(text: str) -> str:
    """A text as forms have it."""
    return quote(text, errors="replace")
