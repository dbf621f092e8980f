"""Where outbound calls may go."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore2
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.kit.http import Host, HttpClient, HttpError, NotAllowed, Unreachable
from tests.support.raw import Serve, be_silent, moved, reply


@asynccontextmanager
async def client(*urls: str, private: bool = True, **options: Any) -> AsyncIterator[HttpClient]:
    made = HttpClient([Host(url, private) for url in urls], **options)
    try:
        yield made
    finally:
        await made.aclose()


async def test_an_answer_comes_whole_with_lower_case_header_names(serve: Serve) -> None:
    server = await serve(it=reply(b'{"a": 1}', "X-Thing: yes", status="201 Created"))
    async with client(server.url) as http:
        answer = await http.request("GET", f"{server.url}/it")
    assert (answer.status, answer.json(), answer.headers["x-thing"]) == (201, {"a": 1}, "yes")


async def test_a_host_that_is_not_configured_is_never_called(serve: Serve) -> None:  # R37
    ours, other = await serve(), await serve()
    addresses = [
        f"{other.url}/",
        f"http://localhost:{ours.port}/",
        f"https://127.0.0.1:{ours.port}/",
        f"http://127.0.0.1:{ours.port}@127.0.0.1:{other.port}/",
        f"http://127.0.0.1:{ours.port}\\@127.0.0.1:{other.port}/",
        f"//127.0.0.1:{ours.port}/",
        "file:///etc/passwd",
        "http://[",
        "http://127.0.0.1:port/",
        "",
    ]
    async with client(ours.url) as http:
        for address in addresses:
            with pytest.raises(NotAllowed):
                await http.request("GET", address)
    assert not ours.requests
    assert not other.requests


pieces = st.sampled_from(
    ["http:", "https:", "//", "/", "\\", "@", ":", "?", "#", ".", "api.example", "evil.example", "80", "443",
     "[", "]", "::1", "%2f", "%40", "%5c", "\t", "\n", " ", "\x00", "。", "℀", "é", "user", ";"]
)  # fmt: skip


@given(st.lists(pieces, max_size=9).map("".join), st.booleans())
def test_no_spelling_of_an_address_leads_to_another_host(text: str, prefixed: bool) -> None:  # R37
    reached: list[httpx2.URL] = []

    def transport(request: httpx2.Request) -> httpx2.Response:
        reached.append(request.url)
        return httpx2.Response(200)

    async def ask() -> None:
        http = HttpClient([Host("https://api.example")], transport=httpx2.MockTransport(transport))
        try:
            await http.request("GET", ("https://api.example" if prefixed else "") + text)
        except HttpError:
            pass
        finally:
            await http.aclose()

    asyncio.run(ask())
    assert all((url.scheme, url.host, url.port) == ("https", "api.example", None) for url in reached)


async def test_a_redirect_within_the_host_is_followed(serve: Serve) -> None:
    server = await serve(old=moved("/new"))
    async with client(server.url) as http:
        assert (await http.request("GET", f"{server.url}/old")).content == b"fine"


async def test_a_redirect_to_another_host_is_not_followed(serve: Serve) -> None:  # R37
    other = await serve()
    server = await serve(old=moved(f"{other.url}/new"), sly=moved(f"//127.0.0.1:{other.port}/new"))
    async with client(server.url, other.url) as http:
        for path in ("old", "sly"):
            answer = await http.request(
                "GET", f"{server.url}/{path}", headers={"authorization": "Bearer not-a-real-token"}
            )
            assert answer.status == 302
    assert not other.requests


async def test_what_was_posted_is_not_posted_again_elsewhere(serve: Serve) -> None:
    server = await serve(old=moved("/new", 307))
    async with client(server.url) as http:
        assert (await http.request("POST", f"{server.url}/old", content=b"")).status == 307
    assert len(server.requests) == 1


async def test_a_circle_of_redirects_ends(serve: Serve) -> None:
    server = await serve(round=moved("/round"))
    async with client(server.url) as http:
        assert (await http.request("GET", f"{server.url}/round")).status == 302
    assert len(server.requests) == 4


@pytest.mark.parametrize("target", ["http://[", "http://127.0.0.1:port/", "\x7f", "http://\x80/"])
async def test_a_redirect_to_nowhere_is_an_answer_like_any_other(serve: Serve, target: str) -> None:
    server = await serve(old=moved(target))
    async with client(server.url) as http:
        assert (await http.request("GET", f"{server.url}/old")).status == 302


@dataclass
class Network:
    """What names resolve to, one list of addresses for each time of asking; and what was connected to."""

    answers: list[list[str]]
    asked: int = 0
    reached: list[str] = field(default_factory=list)

    def resolve(self, host: str, port: int, *_: object, **__: object) -> list[Any]:
        result = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(kinds[":" in address], socket.SOCK_STREAM, 6, "", (address, port)) for address in result]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network([])

    async def connect(_: object, host: str, *__: object, **___: object) -> None:
        network.reached.append(host)
        raise httpcore2.ConnectError("nobody is there")

    monkeypatch.setattr(socket, "getaddrinfo", network.resolve)
    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect)
    return network


NOT_PUBLIC = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "::1", "::", "fd00::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "192.0.2.1",
]  # fmt: skip
NEVER = [
    "169.254.169.254", "fe80::1", "fe80::1%1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "224.0.0.1",
    "ff02::1", "0.0.0.0", "::",
]  # fmt: skip


@pytest.mark.parametrize("address", [*NOT_PUBLIC, *NEVER])
async def test_a_name_that_leads_into_the_private_network_is_refused(
    network: Network, address: str
) -> None:  # R37
    network.answers = [[address]]
    async with client("https://api.example", private=False) as http:
        with pytest.raises(Unreachable) as refused:
            await http.request("GET", "https://api.example/")
    assert not refused.value.sent
    assert network.reached == []


@pytest.mark.parametrize("address", NEVER)
async def test_the_metadata_service_is_refused_even_to_a_configured_private_host(
    network: Network, address: str
) -> None:  # R37
    network.answers = [[address]]
    async with client("https://api.example", private=True) as http:
        with pytest.raises(Unreachable):
            await http.request("GET", "https://api.example/")
    assert network.reached == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fd00::1", "::ffff:10.0.0.1"])
async def test_a_configured_private_host_may_be_private(network: Network, address: str) -> None:
    network.answers = [[address]]
    async with client("https://api.example", private=True) as http:
        with pytest.raises(Unreachable):
            await http.request("GET", "https://api.example/")
    assert network.reached == [address]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://10.0.0.1", "http://[::1]:1"])
async def test_a_private_address_has_to_be_configured_as_such(network: Network, url: str) -> None:  # R37
    network.answers = [[url.partition("//")[2].rsplit(":1", 1)[0].strip("[]")]]
    async with client(url, private=False) as http:
        with pytest.raises(Unreachable):
            await http.request("GET", url)
    assert network.reached == []


async def test_of_several_addresses_only_the_public_ones_are_tried(network: Network) -> None:  # R37
    network.answers = [["10.0.0.1", "93.184.216.34", "169.254.169.254", "2606:2800:220:1::1"]]
    async with client("https://api.example", private=False) as http:
        with pytest.raises(Unreachable):
            await http.request("GET", "https://api.example/")
    assert network.reached == ["93.184.216.34", "2606:2800:220:1::1"]


async def test_the_address_that_was_checked_is_the_one_connected_to(network: Network) -> None:  # R37
    """A name that turns to the metadata service once it was found harmless gains nothing."""
    network.answers = [["93.184.216.34"], ["169.254.169.254"]]
    async with client("https://api.example", private=False) as http:
        for _ in range(2):
            with pytest.raises(Unreachable):
                await http.request("GET", "https://api.example/")
    assert network.reached == ["93.184.216.34"]
    assert network.asked == 2


async def test_a_name_without_an_address_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with client("https://api.example") as http:
        with pytest.raises(Unreachable, match=r"api\.example cannot be reached") as refused:
            await http.request("GET", "https://api.example/")
    assert not refused.value.sent


async def test_settings_of_the_environment_change_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:  # R37
    proxy, server = await serve(), await serve()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("NO_PROXY", "")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password not-a-real-password\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with client(server.url) as http:
        await http.request("GET", f"{server.url}/it")
    assert not proxy.requests
    assert "authorization" not in server.requests[0].lower()


async def test_cookies_are_not_kept(serve: Serve) -> None:
    server = await serve(
        it=reply(b"", "Set-Cookie: a=b; Path=/"),
        old=reply(b"", "Set-Cookie: a=b", "Location: /it", status="302 Found"),
    )
    async with client(server.url) as http:
        for path in ("it", "old", "it"):
            await http.request("GET", f"{server.url}/{path}")
    assert len(server.requests) == 4
    assert all("cookie" not in request.lower() for request in server.requests)


async def test_no_message_tells_more_than_the_host(serve: Serve) -> None:  # R17
    server = await serve(it=be_silent)
    async with client(server.url, seconds=0.1) as http:
        for address in (
            f"{server.url}/it?token=not-a-real-token",
            "http://evil.example/?token=not-a-real-token",
        ):
            with pytest.raises(HttpError) as error:
                await http.request("GET", address, headers={"authorization": "Bearer not-a-real-token"})
            assert "not-a-real-token" not in str(error.value)
