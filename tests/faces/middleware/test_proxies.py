"""Who a client is, as proxies tell it: believed only where they are named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from fluxstudio.core.startup_checks import check_settings
from fluxstudio.faces.middleware.pipeline import Pipeline
from fluxstudio.faces.middleware.proxies import TrustedProxies, address_of
from fluxstudio.settings import Settings, SettingsError
from tests.support.browsing import Browser
from tests.support.running import Running, Start

PROXY, FARTHER, CLIENT = "10.0.0.1", "10.0.0.2", "203.0.113.7"


def settings(**arguments: Any) -> Settings:
    return Settings(_env_file=None, **arguments)  # type: ignore[call-arg]


async def seen(peer: str, trusted: str = "10.0.0.0/8, 2001:db8::/32", **headers: str | list[str]) -> Request:
    """The request as the product sees it, sent by `peer` with these headers."""
    results: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        results.append(scope)

    lines = [("host", "inside:8000")]
    for name, values in headers.items():
        lines += [
            (name.replace("_", "-"), value) for value in ([values] if isinstance(values, str) else values)
        ]
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "client": (peer, 4711),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in lines],
    }
    proxies = TrustedProxies(settings(trusted_proxies=trusted).proxies)
    await Pipeline(app, [proxies])(scope, _never, _never)
    return Request(results[0])


async def _never(*_: Any) -> Any:
    raise AssertionError("nothing is read or sent")


async def test_a_trusted_proxy_tells_address_scheme_and_host() -> None:  # R43
    request = await seen(
        PROXY, x_forwarded_for=CLIENT, x_forwarded_proto="https", x_forwarded_host="flux.example"
    )
    assert address_of(request) == CLIENT
    assert (request.url.scheme, request.headers["host"]) == ("https", "flux.example")


async def test_anybody_else_is_who_calls() -> None:  # R43
    request = await seen(
        CLIENT, x_forwarded_for="198.51.100.1", x_forwarded_proto="https", x_forwarded_host="evil.example"
    )
    assert address_of(request) == CLIENT
    assert (request.url.scheme, request.headers["host"]) == ("http", "inside:8000")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (f"198.51.100.1, {CLIENT}", CLIENT),
        (f"198.51.100.1, {CLIENT}, {FARTHER}", CLIENT),
        (f"127.0.0.1, {CLIENT}", CLIENT),
        (f"{FARTHER}, {CLIENT}, {FARTHER}", CLIENT),
        (f"{CLIENT}:4711", CLIENT),
        ("[2a00:1::7]:4711", "2a00:1::7"),
        ("2a00:1::7", "2a00:1::7"),
        (f"::ffff:{CLIENT}", CLIENT),
        (FARTHER, FARTHER),
        ("", PROXY),
        ("unknown", PROXY),
        (f"{CLIENT}, unknown", PROXY),
        (f"{CLIENT}, unknown, {FARTHER}", FARTHER),
        (f"{CLIENT}, <script>, 10.0.0.300", PROXY),
        ([CLIENT, FARTHER], CLIENT),
        (["198.51.100.1", CLIENT], CLIENT),
    ],
    ids=str,
)
async def test_the_last_address_that_is_no_proxy_of_ours_counts(  # R43
    forwarded: str | list[str], address: str
) -> None:
    assert address_of(await seen(PROXY, x_forwarded_for=forwarded)) == address


@pytest.mark.parametrize(
    ("text", "scheme"), [("https", "https"), ("http, https", "https"), ("gopher", "http")]
)
async def test_the_scheme_is_what_the_nearest_proxy_says(text: str, scheme: str) -> None:
    assert (await seen(PROXY, x_forwarded_proto=text)).url.scheme == scheme


TWO_HOPS = f"{CLIENT}, {FARTHER}"


@pytest.mark.parametrize(
    ("forwarded", "proto", "scheme"),
    [
        (TWO_HOPS, "https,http", "https"),
        (TWO_HOPS, "http,https", "http"),
        (TWO_HOPS, ["https", "http"], "https"),
        (TWO_HOPS, "https", "https"),
        (TWO_HOPS, "http", "http"),
        (TWO_HOPS, "https,http,http", "http"),
        (TWO_HOPS, "http,HTTPS,http", "https"),
        (f"198.51.100.1, {CLIENT}", "https,http", "http"),
        (CLIENT, "https,http", "http"),
        (CLIENT, "http,https", "https"),
        (f"{CLIENT}, {FARTHER}, 10.0.0.3", "https,http,http", "https"),
        (f"{CLIENT}, {FARTHER}, 10.0.0.3", "https,http", "https"),
        (f"{CLIENT}, unknown, {FARTHER}", "https,http", "http"),
        (TWO_HOPS, "gopher,http", "http"),
        (TWO_HOPS, " , ", "http"),
        ([], "https,http", "http"),
    ],
    ids=str,
)
async def test_the_scheme_is_what_the_farthest_proxy_of_ours_says(  # R43 R73
    forwarded: str | list[str], proto: str | list[str], scheme: str
) -> None:
    request = await seen(PROXY, x_forwarded_for=forwarded, x_forwarded_proto=proto)
    assert request.url.scheme == scheme


async def test_a_host_name_is_walked_alike() -> None:  # R43 R73
    both = await seen(PROXY, x_forwarded_for=TWO_HOPS, x_forwarded_host="flux.example, inner.example")
    one = await seen(PROXY, x_forwarded_for=CLIENT, x_forwarded_host="evil.example, flux.example")
    single = await seen(PROXY, x_forwarded_for=TWO_HOPS, x_forwarded_host="flux.example")
    assert {request.headers["host"] for request in (both, one, single)} == {"flux.example"}


async def test_what_a_proxy_does_not_write_is_not_read() -> None:  # R73
    text = f"for={CLIENT};proto=https;host=evil.example"
    request = await seen(PROXY, forwarded=text)
    assert (address_of(request), request.url.scheme) == (PROXY, "http")
    assert request.headers["host"] == "inside:8000"


async def test_a_network_written_in_ipv6_form_is_the_same_network() -> None:  # R73
    for peer in (PROXY, f"::ffff:{PROXY}"):
        assert address_of(await seen(peer, "::ffff:10.0.0.0/104", x_forwarded_for=CLIENT)) == CLIENT


@pytest.mark.parametrize("host", ["", "a b", "flux.example/path", "user@flux.example", "ü.example", "[::1"])
async def test_a_host_that_is_none_is_read_past(host: str) -> None:
    assert (await seen(PROXY, x_forwarded_host=host)).headers["host"] == "inside:8000"


async def test_a_proxy_may_call_over_ipv6_or_a_mapped_address() -> None:
    for peer in ("2001:db8::1", "::ffff:10.0.0.1"):
        assert address_of(await seen(peer, x_forwarded_for=CLIENT)) == CLIENT


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=80))
async def test_no_header_breaks_anything(text: str) -> None:
    request = await seen(PROXY, x_forwarded_for=text, x_forwarded_proto=text, x_forwarded_host=text)
    assert address_of(request) is not None
    assert request.url.scheme in {"http", "https"}


async def signed_in_from(running: Running, **headers: str) -> str:
    """The address that the audit log has for a sign-in with these headers."""
    browser = await Browser.new(running)
    browser.client.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    await browser.sign_in("nobody@example.com")
    address: str = await running.services.db.fetchval(
        "SELECT host(address) FROM audit_log ORDER BY id DESC LIMIT 1"
    )
    return address


async def test_by_default_no_proxy_is_believed(product: Running) -> None:  # R43
    headers = {"x_forwarded_for": CLIENT, "forwarded": f"for={CLIENT}", "x_real_ip": CLIENT}
    assert await signed_in_from(product, **headers) == "127.0.0.1"


async def test_the_audit_log_has_the_address_a_trusted_proxy_tells(start: Start) -> None:  # R43
    running = await start(packages=("tests.dropin",), trusted_proxies="127.0.0.1")
    assert await signed_in_from(running, x_forwarded_for=f"198.51.100.1, {CLIENT}") == CLIENT
    assert await signed_in_from(running, x_forwarded_for="not an address") == "127.0.0.1"


@pytest.mark.parametrize("value", ["*", "10.0.0.0/33", "proxy.internal", "10.0.0.1/8", "10.0.0.1;10.0.0.2"])
def test_what_is_no_network_is_refused_at_the_start(value: str) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES cannot be used"):
        check_settings(settings(trusted_proxies=value))
