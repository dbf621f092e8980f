"""Front ends on other origins: those named, exactly, and nobody else."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from fluxstudio.core.startup_checks import check_settings
from fluxstudio.settings import Settings, SettingsError
from tests.support.browsing import cookies_set
from tests.support.running import Running, Start

APP, OTHER = "https://app.example", "http://127.0.0.1:5173"
GRANTING = "access-control-"


@pytest.fixture
async def shared(start: Start) -> Running:
    """The product with two front ends on other origins."""
    return await start(packages=("tests.dropin",), cors_origins=f" {APP}, {OTHER},")


def granted(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith(GRANTING)}


async def preflight(
    client: httpx2.AsyncClient, origin: str, path: str = "/api/integrations"
) -> httpx2.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": "DELETE",
        "access-control-request-headers": "authorization, content-type",
    }
    return await client.options(path, headers={**headers, "authorization": ""})


@pytest.mark.parametrize("origin", [APP, OTHER])
async def test_a_named_origin_may_call_and_read(shared: Running, origin: str) -> None:  # R40
    client = await shared.client("ada")
    asked = await preflight(client, origin)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == origin
    assert asked.headers["access-control-allow-credentials"] == "true"
    assert "DELETE" in asked.headers["access-control-allow-methods"]
    assert "authorization" in asked.headers["access-control-allow-headers"].lower()
    answer = await client.get("/api/integrations", headers={"origin": origin})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://app.example.evil.example",
        "https://evilapp.example",
        "https://sub.app.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example/",
        "HTTPS://APP.EXAMPLE",
        "null",
        "",
        "*",
    ],
)
async def test_any_other_origin_is_granted_nothing(shared: Running, origin: str) -> None:  # R40
    client = await shared.client("ada")
    for answer in (
        await preflight(client, origin),
        await client.get("/api/integrations", headers={"origin": origin}),
        await client.get("/api/integrations", headers={"origin": origin, "authorization": ""}),
    ):
        assert granted(answer) == {}
        assert "Origin" in answer.headers["vary"]


async def test_errors_can_be_read_by_a_named_origin_too(shared: Running) -> None:  # R40
    client = await shared.client(None)
    for path in ("/api/integrations", "/api/nothing", "/api/integrations/nobody/auth"):
        answer = await client.get(path, headers={"origin": APP})
        assert answer.status_code in {401, 404}
        assert answer.headers["access-control-allow-origin"] == APP
    client.headers["authorization"] = f"Bearer {shared.token()}"
    large = await client.post(
        "/api/integrations/linear/callback", headers={"origin": APP}, content=b"x" * (2 * 1024 * 1024)
    )
    assert (large.status_code, large.headers["access-control-allow-origin"]) == (413, APP)


async def test_pages_are_shared_with_nobody(shared: Running) -> None:  # R40
    client = await shared.client(None)
    for path in ("/sign-in", "/settings/integrations", "/health"):
        assert granted(await client.get(path, headers={"origin": APP})) == {}
        assert granted(await preflight(client, APP, path)) == {}


async def test_without_the_setting_nothing_is_shared(product: Running) -> None:  # R40
    client = await product.client("ada")
    assert granted(await client.get("/api/integrations", headers={"origin": APP})) == {}
    assert granted(await preflight(client, APP)) == {}


async def test_a_session_cookie_is_of_no_use_to_another_origin(shared: Running) -> None:  # R39
    ada = await shared.client("ada")
    await ada.post("/api/session")
    ada.headers.pop("authorization")
    answer = await ada.delete("/api/integrations/linear", headers={"origin": APP, "x-csrf-token": "made-up"})
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


async def test_a_front_end_elsewhere_connects_with_its_token_alone(shared: Running) -> None:  # R2
    ada = await shared.client("ada")
    begun = await ada.get("/api/integrations/linear/auth", headers={"origin": APP})
    assert [cookie["samesite"] for cookie in cookies_set(begun).values()] == ["lax"]
    back = httpx2.URL(await shared.decide(begun.json()["authorizationUrl"]))
    handed = {"code": back.params["code"], "state": back.params["state"]}
    mei, again = await shared.client("mei"), await shared.client("ada")
    path = "/api/integrations/linear/callback"
    answer = await again.post(path, json=handed, headers={"origin": APP})
    assert (answer.status_code, answer.json()["data"]["provider"]) == (200, "linear")
    assert (await mei.post(path, json=handed, headers={"origin": APP})).status_code == 400


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "https://*.example",
        "https://app.example/path",
        "https://app.example/",
        "app.example",
        "ftp://app.example",
        "null",
        "https://user@app.example",
        f"{APP} https://other.example",
        f"{APP},*",
    ],
)
def test_what_is_no_exact_origin_is_refused_at_the_start(value: str) -> None:  # R40
    arguments: dict[str, Any] = {"cors_origins": value}
    with pytest.raises(SettingsError, match="CORS_ORIGINS cannot be used"):
        check_settings(Settings(_env_file=None, **arguments))  # type: ignore[call-arg]


def test_an_origin_is_compared_as_browsers_write_it() -> None:
    arguments: dict[str, Any] = {
        "cors_origins": "https://App.Example:443,http://[::1]:80,https://a.example:8443"
    }
    settings = Settings(_env_file=None, **arguments)  # type: ignore[call-arg]
    assert settings.origins == ("https://app.example", "http://[::1]", "https://a.example:8443")


async def test_agents_in_browsers_of_named_origins_speak_the_protocol(shared: Running) -> None:  # R46
    client = await shared.client("ada")
    asked = await client.options(
        "/mcp",
        headers={
            "origin": APP,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, mcp-protocol-version, mcp-method, mcp-name",
            "authorization": "",
        },
    )
    assert asked.status_code == 200
    assert "mcp-method" in asked.headers["access-control-allow-headers"]
    refused = await client.post("/mcp", json={}, headers={"origin": APP, "authorization": ""})
    assert refused.status_code == 401
    shown = refused.headers["access-control-expose-headers"]
    assert {"Mcp-Session-Id", "MCP-Protocol-Version", "WWW-Authenticate"} <= set(shown.split(", "))
    stranger = await client.post("/mcp", json={}, headers={"origin": "https://evil.example"})
    assert stranger.status_code == 403
    assert not granted(stranger)
