"""Under which names the product answers, and whom the demo signs in."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import socket
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from fluxstudio.commands.simulated import demo_guest
from fluxstudio.core.startup_checks import problems_of
from fluxstudio.faces.web.shell.guest import new_link
from fluxstudio.settings import Settings
from tests.support.running import Running, Start

REBOUND = "rebound.attacker.example"
PRODUCTION = {"env": "production", "public_url": "https://flux.example", "trusted_proxies": "127.0.0.1"}
BY_PROXY = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.5"}


def settings(**arguments: Any) -> Settings:
    return Settings(_env_file=None, **arguments)  # type: ignore[call-arg]


async def test_a_name_that_a_website_let_lead_here_is_not_served(start: Start) -> None:  # R73
    running = await start(demo=True)
    client = await running.client(None)
    port = running.base.rpartition(":")[2]
    for path in ("/", "/settings/integrations", "/api/integrations", "/api/openapi.json", "/static/none"):
        for host in (
            REBOUND,
            f"{REBOUND}:{port}",
            "127.0.0.1.nip.io",
            "",
            "a b",
            "0x7f000001",
            "evil@localhost",
        ):
            answer = await client.get(path, headers={"host": host})
            assert answer.status_code == 421, (path, host)
            assert answer.json()["code"] == "MISDIRECTED"
            assert running.base in answer.json()["error"]
            assert "set-cookie" not in answer.headers
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "LOCALHOST.", f"[::1]:{port}", "192.0.2.7"):
        answer = await client.get("/api/integrations", headers={"host": host})
        assert answer.status_code == 401, host


async def test_health_and_signed_webhooks_are_served_under_any_name(start: Start) -> None:  # R73
    running = await start(demo=True)
    client = await running.client(None)
    assert (await client.get("/health", headers={"host": "x"})).status_code == 200
    body = b'{"zen": "z", "repository": {"id": 1, "full_name": "a/b"}, "sender": {"id": 1, "login": "a"}}'
    signed = hmac.new(b"simulated-webhook-secret", body, hashlib.sha256).hexdigest()
    headers = {
        "host": "x",
        "content-type": "application/json",
        "x-github-event": "ping",
        "x-github-delivery": str(uuid4()),
        "x-hub-signature-256": f"sha256={signed}",
    }
    for signature, status in ((f"sha256={signed}", 200), ("sha256=" + "0" * 64, 401)):
        headers["x-hub-signature-256"] = signature
        answer = await client.post("/api/integrations/github/webhook", content=body, headers=headers)
        assert answer.status_code == status


async def test_production_serves_its_own_names_and_addresses(start: Start) -> None:  # R73
    running = await start(packages=("tests.dropin",), allowed_hosts="flux.internal", **PRODUCTION)
    async with httpx2.AsyncClient(base_url=served_at(running), verify=False) as client:
        for host, status in (
            ("flux.example", 200),
            ("flux.internal", 200),
            ("127.0.0.1:8000", 200),
            (REBOUND, 421),
        ):
            answer = await client.get("/sign-in", headers={**BY_PROXY, "host": host})
            assert answer.status_code == status, host
        forwarded = {**BY_PROXY, "host": "10.0.0.1", "x-forwarded-host": REBOUND}
        assert (await client.get("/sign-in", headers=forwarded)).status_code == 421
        forwarded["x-forwarded-host"] = "flux.example"
        assert (await client.get("/sign-in", headers=forwarded)).status_code == 200


def served_at(running: Running) -> str:
    return f"http://127.0.0.1:{running.services.settings.port}"


async def test_a_demo_that_others_can_reach_asks_for_the_link_which_counts_once(
    start: Start, tmp_path: Path
) -> None:
    announced: list[str] = []
    running = await start(demo=lambda services: demo_guest(services, announced.append), host="0.0.0.0")
    assert running.base.startswith("http://127.0.0.1:")
    browser = await running.client(None)
    page = await browser.get("/sign-in")
    assert "fluxstudio demo-link" in page.text
    assert 'action="/demo"' not in page.text
    assert (await browser.get("/settings/integrations")).status_code != 200
    assert (await browser.get("/sign-up")).status_code == 403
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    assert (await browser.post("/demo", data={"csrf": csrf})).status_code == 403

    link = announced[0]
    assert link.startswith(f"{running.base}/demo?key=")
    assert (await browser.get(f"{link}x")).status_code == 403
    assert (await browser.get(link)).status_code == 303
    assert (await browser.get("/settings/integrations")).status_code == 200
    other = await running.client(None)
    assert (await other.get(link)).status_code == 403
    assert (await other.get("/settings/integrations")).status_code != 200
    assert len(announced) == 2
    newer = new_link(tmp_path, running.base)
    assert (await other.get(announced[1])).status_code == 403
    assert (await other.get(newer)).status_code == 303


async def test_whoever_comes_to_the_demo_through_a_tunnel_is_not_signed_in(start: Start) -> None:
    running = await start(demo=True)
    browser = await running.client(None)
    answer = await browser.get("/settings/integrations", headers={"x-forwarded-for": "203.0.113.5"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


async def test_whoever_signed_out_of_the_demo_comes_back_in_with_a_button(start: Start) -> None:
    running = await start(demo=True)
    browser = await running.client(None)
    page = await browser.get("/settings/integrations")
    assert page.status_code == 200
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    assert (await browser.post("/sign-out", data={"csrf": csrf})).status_code == 303
    page = await browser.get("/sign-in")
    assert "Sign in as the demo user" in page.text
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    answer = await browser.post("/demo", data={"csrf": csrf, "returnTo": "/activity"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/activity")
    assert (await browser.get("/activity")).status_code == 200


async def test_outside_the_demo_there_is_no_way_in_without_an_account(running: Running) -> None:
    browser = await running.client(None)
    page = await browser.get("/sign-in")
    assert "demo" not in page.text.lower()
    assert (await browser.get("/demo?key=x")).status_code == 404


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8000"),
        ({"host": "::"}, "http://127.0.0.1:8000"),
        ({"host": "::1"}, "http://[::1]:8000"),
        ({"host": "[::1]"}, "http://[::1]:8000"),
        ({"host": "0:0:0:0:0:0:0:1", "port": 9000}, "http://[::1]:9000"),
        ({"host": "LocalHost"}, "http://localhost:8000"),
        ({"public_url": "HTTPS://Flux.Example:443/"}, "https://flux.example"),
        ({"public_url": "http://[0:0::1]:80"}, "http://[::1]"),
        ({"public_url": "https://flüx.example"}, "https://xn--flx-ioa.example"),
    ],
)
def test_addresses_are_those_that_browsers_reach(arguments: dict[str, Any], address: str) -> None:
    result = settings(**arguments)
    assert result.base_url == address
    assert problems_of(result) == []
    assert result.of_provider("figma").redirect_uri == f"{address}/api/integrations/figma/callback"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "flux.example",
            "ftp://flux.example",
            "https://",
            "https://flux.example/app",
            "http://0.0.0.0:8000",
        ),
        *("https://a:b@flux.example", "https://flux.example?x=1", "https://flux.example#x", "http://[::]"),
        *("https://flux.example:0", "https://flux.example:70000", "https://flux.example:x", "http://::1:80"),
        *("https://flux example", "https://*.example", "https://flux.example/?"),
    ],
)
def test_a_public_address_that_is_not_one_stops_the_start_and_names_the_mend(address: str) -> None:
    (problem,) = problems_of(settings(public_url=address))
    assert problem.startswith("PUBLIC_URL cannot be used")
    assert "https://flux.example" in problem


async def test_a_port_in_use_and_one_out_of_range_are_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(Exception, match="is taken"):
                await asyncio.to_thread(listen, host, taken.getsockname()[1])
    for port in (0, 65536, -1):
        with pytest.raises(ValueError, match="port"):
            settings(port=port)


def listen(host: str, port: int) -> None:
    from fluxstudio.kit.serving import listening_socket

    with listening_socket(host, port):
        pass
