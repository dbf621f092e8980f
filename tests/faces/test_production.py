"""`ENV=production`: nothing by default, nothing in clear, and every reason not to start at once."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr

from fluxstudio.core import startup_checks
from fluxstudio.core.registry import discover
from fluxstudio.core.startup_checks import check_settings
from fluxstudio.kit.sealing import Keyset
from fluxstudio.settings import Settings, SettingsError
from tests.support.browsing import cookies_set
from tests.support.commands import fluxstudio
from tests.support.process import served
from tests.support.running import Running, Start

SITE = "https://flux.example"
BY_HTTPS = {"x-forwarded-proto": "https"}
IN_CLEAR = {"x-forwarded-proto": "http"}
SOUND = {
    "env": "production",
    "public_url": SITE,
    "jwt_secret": secrets.token_urlsafe(48),
    "encryption_keys": Keyset.new().text(),
    "trusted_proxies": "127.0.0.1",
}


def problems(**changes: Any) -> list[str]:
    """What keeps production from starting with sound settings and these changes."""
    try:
        check_settings(Settings(_env_file=None, **{**SOUND, **changes}))  # type: ignore[call-arg]
    except SettingsError as error:
        return list(error.problems)
    return []


def test_sound_settings_start() -> None:
    assert problems() == []
    for secret in (secrets.token_hex(16), secrets.token_hex(32), secrets.token_urlsafe(32)):
        assert problems(jwt_secret=secret) == []
    assert problems(jwt_secret=None, jwt_jwks_url="https://id.example/keys.json") == []
    assert problems(cors_origins="https://app.example") == []
    assert problems(llm_base_url="https://llm.example/v1", llm_model="some-model", llm_api_key="key") == []
    assert problems(llm_base_url="http://127.0.0.1:11434/v1", llm_model="some-model") == []
    assert problems(anthropic_api_key="key", llm_model="some-model") == []


@pytest.mark.parametrize(
    "secret",
    [
        "changeme",
        "x" * 31,
        "x" * 64,
        "ab12" * 20,
        "secret-secret-secret-secret-secret-secret",
        "change-me-change-me-change-me-change-me",
        "your-256-bit-secret-goes-here-your-256-bit-secret",
        "0123456789abcdef0123456789abcdef",
        "replace_this_with_a_random_string_of_at_least_32_bytes",
        "not-a-real-secret-not-a-real-secret",
    ],
)
def test_a_short_or_default_secret_is_refused(secret: str) -> None:  # R22 R55
    (problem,) = problems(jwt_secret=secret)
    assert problem.startswith("JWT_SECRET ")
    assert secret not in problem


def weak(name: str) -> str:
    return ECKey.generate_key(name).as_pem(private=False).decode()


@pytest.mark.parametrize(
    ("setting", "changes"),
    [
        ("JWT_SECRET", {"jwt_secret": None}),
        ("ENCRYPTION_KEYS", {"encryption_keys": None}),
        ("ENCRYPTION_KEYS", {"encryption_keys": "k1:" + "A" * 43 + "="}),
        ("ENCRYPTION_KEYS", {"encryption_keys": "k1:c2hvcnQ="}),
        ("ENCRYPTION_KEYS", {"encryption_keys": "nonsense"}),
        ("PUBLIC_URL", {"public_url": ""}),
        ("PUBLIC_URL", {"public_url": "http://flux.example"}),
        ("CORS_ORIGINS", {"cors_origins": "*"}),
        ("CORS_ORIGINS", {"cors_origins": "http://app.example"}),
        ("JWT_JWKS_URL", {"jwt_jwks_url": "http://id.example/keys.json"}),
        ("JWT_JWKS_URL", {"jwt_jwks_url": "id.example"}),
        ("JWT_PUBLIC_KEY", {"jwt_public_key": "nonsense"}),
        ("JWT_PUBLIC_KEY", {"jwt_public_key": weak("P-384")}),
        ("JWT_PUBLIC_KEY", {"jwt_public_key": RSAKey.generate_key(2048).as_pem(private=True).decode()}),
        ("JWT_SECRET", {"jwt_secret": RSAKey.generate_key(2048).as_pem(private=False).decode()}),
        ("TRUSTED_PROXIES", {"trusted_proxies": "*"}),
        ("RATE_LIMIT_USER", {"rate_limit_user": "unlimited"}),
        ("REDIS_URL", {"redis_url": "localhost:6379"}),
        ("LLM_MODEL", {"llm_base_url": "https://llm.example/v1"}),
        ("LLM_BASE_URL", {"llm_model": "some-model"}),
        ("LLM_BASE_URL", {"llm_api_key": "key"}),
        ("LLM_BASE_URL", {"llm_base_url": "llm.example", "llm_model": "some-model"}),
        ("LLM_BASE_URL", {"llm_base_url": "https://a:b@llm.example", "llm_model": "some-model"}),
        ("LLM_BASE_URL", {"llm_base_url": "http://[", "llm_model": "some-model", "llm_api_key": "key"}),
        (
            "LLM_BASE_URL",
            {"llm_base_url": "http://llm.example", "llm_model": "some-model", "llm_api_key": "key"},
        ),
        ("ANTHROPIC_API_KEY", {"anthropic_api_key": "two words"}),
        (
            "ANTHROPIC_API_KEY",
            {"anthropic_api_key": "key", "llm_base_url": "https://llm.example", "llm_model": "some-model"},
        ),
    ],
)
def test_every_unsafe_or_unreadable_setting_is_refused(  # R55
    setting: str, changes: dict[str, Any]
) -> None:
    (problem,) = problems(**changes)
    assert setting in problem
    assert problem.endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIGMA_CLIENT_ID", "simulated-figma"),
        ("FIGMA_CLIENT_SECRET", "simulated-secret"),
        ("SLACK_SIGNING_SECRET", "simulated-signing-secret"),
        ("GITHUB_WEBHOOK_SECRET", "changeme"),
        ("GITHUB_WEB_URL", "http://127.0.0.1:8001/github.com"),
        ("SLACK_WEB_URL", "http://slack.example"),
    ],
)
def test_simulators_and_placeholders_of_providers_are_refused(  # R55
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    (problem,) = problems()
    assert problem.startswith(f"{name} ")


@pytest.mark.parametrize(
    "name", ["FIGMA_WEBHOOK_SECRET", "SLACK_SIGNING_SECRET", "GITHUB_WEBHOOK_SECRET", "FIGMA_PASSCODE"]
)
@pytest.mark.parametrize(
    "value", ["abc", "4711", "x" * 64, "hunter2hunter2", "0123456789abcdef0123456789abcdef"]
)
def test_what_proves_a_webhook_is_as_strong_as_any_other_secret(  # R55 R72
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    (problem,) = problems()
    assert problem.startswith(f"{name} ")
    assert value not in problem
    monkeypatch.setenv(name, secrets.token_hex(16))
    assert problems() == []


def test_so_is_that_of_a_provider_that_was_dropped_in(  # R55 R72
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dropped_in = discover(("tests.dropin",))
    monkeypatch.setattr(startup_checks, "discover", lambda: dropped_in)
    monkeypatch.setenv("LINEAR_WEBHOOK_SECRET", "0815")
    (problem,) = problems()
    assert problem.startswith("LINEAR_WEBHOOK_SECRET ")


def test_the_token_of_a_scraper_is_as_strong() -> None:  # R55
    (problem,) = problems(metrics_token="0815")
    assert problem.startswith("METRICS_TOKEN ")


def test_outside_production_defaults_do() -> None:
    check_settings(Settings(_env_file=None))  # type: ignore[call-arg]


async def test_all_reasons_not_to_start_are_told_at_once(  # R22 R55
    database: dict[str, Any], tmp_path: Path
) -> None:
    wrong = {
        "ENV": "production",
        "JWT_SECRET": "changeme",
        "ENCRYPTION_KEYS": "",
        "PUBLIC_URL": "http://flux.example",
        "CORS_ORIGINS": "*",
        "TRUSTED_PROXIES": "the proxy",
        "RATE_LIMIT_SIGN_IN": "0/minute",
        "FIGMA_CLIENT_ID": "simulated-figma",
        "GITHUB_API_URL": "http://127.0.0.1:8001/api.github.com",
    }
    done = await fluxstudio("serve", database, tmp_path, **wrong)
    first, *lines = done.errors.strip().splitlines()
    assert (done.code, done.out, first) == (os.EX_CONFIG, "", "FluxStudio cannot start:")
    assert [sum(name in line for line in lines) for name in wrong if name != "ENV"] == [1] * 8
    assert len(lines) == 8
    assert "Traceback" not in done.errors
    assert "changeme" not in done.errors


@pytest.mark.parametrize("words", ["demo", "simulate"])
async def test_nothing_is_simulated_in_production(  # R55
    words: str, database: dict[str, Any], tmp_path: Path
) -> None:
    sound = {name.upper(): value for name, value in SOUND.items()}
    done = await fluxstudio(words, database, tmp_path, **sound)
    assert done.code == os.EX_CONFIG
    assert "fluxstudio serve" in done.errors


async def test_a_sound_installation_starts_and_serves(
    start: Start, database: dict[str, Any], tmp_path: Path
) -> None:
    running = await start(encryption_keys=SecretStr(SOUND["encryption_keys"]))
    sound = {name.upper(): value for name, value in SOUND.items()}
    async with (
        served(replace(running, simulators={}), database, tmp_path / "second", **sound) as process,
        httpx2.AsyncClient(base_url=process.base) as client,
    ):
        assert (await client.get("/sign-in", headers=BY_HTTPS)).status_code == 200
        assert (await client.get("/sign-in", headers=IN_CLEAR)).status_code == 307
        assert (await client.get("/api/integrations")).json()["code"] == "HTTPS_REQUIRED"


async def production(start: Start, **settings: Any) -> Running:
    """The product in production, with the smallest provider."""
    return await start(packages=("tests.dropin",), env="production", public_url=SITE, **settings)


def client_of(running: Running) -> httpx2.AsyncClient:
    port = running.services.settings.port
    return httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"host": "flux.example"})


@pytest.fixture(params=["past the proxy", "through the proxy"])
async def clear(start: Start, request: pytest.FixtureRequest) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that reaches the product in clear."""
    proxied = request.param == "through the proxy"
    running = await production(start, trusted_proxies="127.0.0.1" if proxied else "10.0.0.1")
    async with client_of(running) as client:
        client.headers.update(IN_CLEAR if proxied else {})
        yield client


async def test_a_page_in_clear_leads_to_https(clear: httpx2.AsyncClient) -> None:  # R42
    answer = await clear.get("/sign-in?returnTo=%2Fsettings")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{SITE}/sign-in?returnTo=%2Fsettings"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "/%2f%2fevil.example", "/@evil.example"]
)
async def test_the_way_to_https_leads_to_no_other_host(clear: httpx2.AsyncClient, path: str) -> None:  # R7
    answer = await clear.get(path, headers={"host": "127.0.0.1"})
    assert httpx2.URL(answer.headers["location"]).host == "flux.example"
    answer = await clear.get(path, headers={"host": "evil.example"})
    assert (answer.status_code, "location" in answer.headers) == (421, False)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/integrations"),
        ("GET", "/api/integrations/linear/callback?code=a&state=b"),
        ("POST", "/api/session"),
        ("POST", "/sign-in"),
        ("DELETE", "/api/integrations/linear"),
    ],
)
async def test_nothing_else_is_served_in_clear(
    clear: httpx2.AsyncClient, method: str, path: str
) -> None:  # R42
    answer = await clear.request(method, path, headers={"authorization": "Bearer a.b.c"})
    assert (answer.status_code, answer.json()["code"]) == (403, "HTTPS_REQUIRED")
    assert SITE in answer.json()["error"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_balancers_may_ask_in_clear(clear: httpx2.AsyncClient) -> None:
    assert [(await clear.get(path)).status_code for path in ("/health", "/ready")] == [200, 200]


async def test_by_https_everything_is_served_with_its_locks(start: Start) -> None:  # R25 R42
    running = await production(start, trusted_proxies="127.0.0.1")
    async with client_of(running) as client:
        client.headers.update(BY_HTTPS)
        page = await client.get("/sign-in")
        session = await client.post("/api/session", headers={"authorization": f"Bearer {running.token()}"})
    assert (page.status_code, session.status_code) == (200, 200)
    results = [cookie for answer in (page, session) for cookie in cookies_set(answer).values()]
    assert {cookie.key for cookie in results} == {"__Host-fluxstudio_browser", "__Host-fluxstudio_session"}
    for cookie in results:
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (
            True,
            True,
            "/",
            "",
        )
    for answer in (page, session):
        seconds = int(answer.headers["strict-transport-security"].partition("max-age=")[2].partition(";")[0])
        assert seconds >= 31536000


async def test_the_page_of_pieces_is_not_there(start: Start) -> None:
    running = await production(start, trusted_proxies="127.0.0.1")
    async with client_of(running) as client:
        assert (await client.get("/components", headers=BY_HTTPS)).status_code == 404


@pytest.mark.parametrize(
    ("trusted", "headers"), [("10.0.0.1", BY_HTTPS), ("127.0.0.1", {"x-forwarded-for": "203.0.113.7"})]
)
async def test_a_proxy_set_up_wrongly_ends_in_an_explanation_not_in_a_circle(
    start: Start, trusted: str, headers: dict[str, str]
) -> None:
    async with client_of(await production(start, trusted_proxies=trusted)) as client:
        answer = await client.get("/sign-in", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "HTTPS_REQUIRED")
    assert "TRUSTED_PROXIES" in answer.json()["error"]
    assert "127.0.0.1" not in answer.text


async def test_outside_production_plain_http_is_served(running: Running) -> None:
    assert (await (await running.client(None)).get("/sign-in")).status_code == 200
