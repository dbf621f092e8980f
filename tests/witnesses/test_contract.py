"""`make live`, tried on providers that are at hand: the simulators themselves, lying ones, and `emulate`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.__main__ import main
from contract.compare import compare
from contract.people import at_the_simulator
from contract.plan import plan_of
from fluxstudio.commands.simulated import simulator_of
from fluxstudio.core.registry import RegisteredProvider, discover
from fluxstudio.kit.serving import listening_socket, serving
from fluxstudio.sdk import Provider
from fluxstudio.sdk.simulation import simulation
from fluxstudio.settings import ProviderSettings, Settings
from tests.support.running import NO_TLS
from tests.witnesses.emulated import allowed, emulated

ROOT = Path(__file__).parents[2]
REGISTERED = {
    entry.id: RegisteredProvider(entry, package, ProviderSettings()) for entry, package in discover()
}
GIVEN = {"figma": {"url": "https://www.figma.com/files/team/1174201358246917205/Harbour-Pine"}}

Lie = Callable[[str, Any], Any]


def settings() -> Settings:
    with listening_socket("127.0.0.1", 0) as probe:
        return Settings(_env_file=None, port=probe.getsockname()[1])  # type: ignore[call-arg]


@asynccontextmanager
async def simulated(monkeypatch: pytest.MonkeyPatch, lie: Lie | None = None) -> AsyncIterator[None]:
    """Simulators in the place of the real providers; `lie` may change what they say at a path."""
    made = {provider.id: simulator_of(provider) for provider, _ in discover()}
    with listening_socket("127.0.0.1", 0) as listening:
        app = simulation(list(made.values()), f"http://127.0.0.1:{listening.getsockname()[1]}")
        for name, simulator in made.items():
            monkeypatch.setenv(f"{name.upper()}_CLIENT_ID", simulator.app_id)
            monkeypatch.setenv(f"{name.upper()}_CLIENT_SECRET", simulator.app_secret)
            for role in simulator.hosts:
                monkeypatch.setenv(f"{name.upper()}_{role.upper()}_URL", simulator.url(role))
        async with serving(lying(app, lie) if lie else app, listening):
            yield


def lying(app: ASGIApp, lie: Lie) -> ASGIApp:
    """The app, with its JSON answers as the lie turns them."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        stored: list[Message] = []

        async def keep(message: Message) -> None:
            stored.append(message)

        await app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in stored)
        headers = dict(stored[0]["headers"])
        if headers.get(b"content-type", b"").startswith(b"application/json"):
            body = msgspec.json.encode(lie(scope["path"], msgspec.json.decode(body)))
        headers[b"content-length"] = str(len(body)).encode()
        await send({**stored[0], "headers": list(headers.items())})
        await send({"type": "http.response.body", "body": body})

    return changed


async def test_a_provider_like_its_simulator_differs_in_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with simulated(monkeypatch):
        comparison = await compare(settings(), ["figma", "github", "slack"], GIVEN, at_the_simulator)
    assert comparison == {"figma": [], "github": [], "slack": []}


async def test_the_command_waits_for_a_person_and_ends_well_when_all_is_as_promised(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    port = settings().port
    async with simulated(monkeypatch):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "contract", "github"),
            cwd=tmp_path,
            env={**os.environ, "PORT": str(port), "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        asked = (await process.stdout.readline()).decode()
        assert f"Open http://127.0.0.1:{port}/settings/integrations and connect GitHub." in asked
        await at_the_simulator(f"http://127.0.0.1:{port}", REGISTERED["github"].provider)
        text = (await process.stdout.read()).decode()
        assert await process.wait() == 0, text
    assert "github.commits: as its simulator" in text


async def test_what_a_provider_says_otherwise_is_reported_by_name_and_type_and_never_by_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lie(path: str, body: Any) -> Any:
        if not path.endswith("/user"):
            return body
        left = {name: value for name, value in body.items() if name != "html_url"}
        return left | {"name": 42, "planted": "a value of the account"}

    async with simulated(monkeypatch, lie):
        comparison = await compare(settings(), ["github"], {}, at_the_simulator)
    texts = {(entry.step, entry.text, entry.breaks) for entry in comparison["github"]}
    assert {
        ("github.user", "GET /user: never says .html_url, the simulator always", False),
        ("github.user", "GET /user: .name is number, at the simulator text", False),
        ("github.user", "GET /user: also says .planted", False),
    } <= texts
    broken = {text for _, text, breaks in texts if breaks}
    assert broken == {"our answer is not what our document promises: name (string_type)"}
    assert "a value of the account" not in capsys.readouterr().out


async def test_a_provider_that_refuses_or_lacks_something_is_reported_and_the_tour_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with simulated(monkeypatch, lambda path, body: [] if path.endswith("/user/repos") else body):
        comparison = await compare(settings(), ["github", "figma"], {}, at_the_simulator)
    untried = {
        entry.step for entry in comparison["github"] if entry.text.startswith("not tried: there is no repos")
    }
    assert {"github.issues", "github.commits"} <= untried
    assert "not tried: there is no given/url" in {entry.text for entry in comparison["figma"]}


async def test_another_github_and_slack_can_be_read_as_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def ada(base: str, provider: Provider) -> None:
        async with httpx2.AsyncClient(base_url=base, verify=NO_TLS) as browser:
            await browser.get("/settings/integrations")
            begun = await browser.get(f"/api/integrations/{provider.id}/auth")
            query = await allowed(begun.json()["authorizationUrl"])
            await browser.get(f"/api/integrations/{provider.id}/callback?{query}")

    async with emulated(tmp_path) as places:
        for name, value in places.items():
            monkeypatch.setenv(name, value)
        comparison = await compare(settings(), ["github", "slack"], {}, ada)
    differences = [*comparison["github"], *comparison["slack"]]
    # It has no such methods; we do without what they tell, as test_emulate.py shows.
    assert {entry.text for entry in differences if entry.breaks} == {
        "POST /api/auth.teams.list: answers 404, the simulator 200",
        "POST /api/users.conversations: answers 404, the simulator 200",
    }
    assert "POST /api/oauth.v2.access: never says .refresh_token, the simulator always" in {
        entry.text for entry in differences
    }


async def test_without_credentials_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert await main([]) == 2
    assert "no credentials for any provider" in capsys.readouterr().err
    assert await main(["slack"]) == 2
    assert "no credentials for slack" in capsys.readouterr().err
    assert await main(["nowhere"]) == 2
    assert "Known providers" in capsys.readouterr().err


@pytest.mark.parametrize("provider", sorted(REGISTERED))
def test_no_plan_writes_anything_at_a_provider(provider: str) -> None:
    entry = REGISTERED[provider]
    stops = plan_of(entry)
    assert stops
    for stop in stops:
        assert stop.remembers or not entry.provider[stop.operation].writes
