"""No token leaves the product but towards its provider: not in an answer, a page or a log."""

from __future__ import annotations

import re

import httpx2
import pytest

from fluxstudio.core.tokens.vault import Vault
from fluxstudio.sdk.simulation.faults import Fault
from tests.support.journal import journal
from tests.support.planted import Planted, leaked, secrets_of
from tests.support.running import SECRET, WITH_LINEAR, Running, Start

PAGES = (
    "/settings/integrations",
    "/settings/integrations?provider=linear&status=error&code=ACCESS_DENIED",
    "/settings/integrations/{provider}/card",
    "/settings/integrations/{provider}/attempts",
    "/settings/integrations/{provider}/disconnect?connection={connection}",
    "/integrations/{provider}/files?part=results",
    "/integrations/{provider}/channels?part=results",
    "/integrations/{provider}/repositories?part=results",
)
CALLS = (
    "/api/integrations",
    "/api/session",
    "/api/openapi.json",
    "/api/integrations/{provider}/attempts",
    "/api/integrations/linear/issues/ENG",
    "/api/integrations/figma/files",
    "/api/integrations/slack/channels",
    "/api/integrations/github/repositories",
    "/api/integrations/github/user",
)
NEEDING_A_TOKEN = (
    "/api/integrations/linear/issues/ENG",
    "/api/integrations/slack/channels",
    "/api/integrations/github/user",
    "/api/integrations/figma/comments/not-a-real-key",
)


class Watched:
    """A client whose every answer is kept, headers and all."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.answers: list[bytes] = []
        client.event_hooks = {"response": [self.keep]}

    async def keep(self, answer: httpx2.Response) -> None:
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.answers.append(f"{answer.status_code}\n{head}\n".encode() + await answer.aread())

    async def visit(self, running: Running, connections: dict[str, str], paths: tuple[str, ...]) -> set[int]:
        """Open every path for every provider; the statuses there were."""
        wanted = {
            path.format(provider=provider, connection=connection)
            for path in paths
            for provider, connection in connections.items()
        }
        return {(await self.client.get(path)).status_code for path in sorted(wanted)}


async def connected(running: Running, client: httpx2.AsyncClient, provider: str) -> str:
    connection = await running.connect(client, provider)
    assert (await client.post(f"/api/integrations/{provider}/refresh")).status_code == 200
    return connection


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Planted:
    return Planted.by(monkeypatch)


async def test_no_answer_no_page_and_no_log_line_holds_a_token(
    start: Start, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:  # R17
    with journal(monkeypatch) as log:
        running = await start(packages=WITH_LINEAR)
        ada = Watched(await running.client())
        providers = [entry.provider.id for entry in running.services.registry]
        connections = {provider: await connected(running, ada.client, provider) for provider in providers}
        await ada.client.post("/api/session")
        cookies = set(ada.client.cookies.values())
        assert await ada.visit(running, connections, CALLS) == {200}
        assert 200 in await ada.visit(running, connections, PAGES)
        await what_goes_wrong(running, ada.client)
        for provider in providers:
            assert (await ada.client.delete(f"/api/integrations/{provider}")).status_code == 200
    assert len(planted.tokens) >= 2 * len(providers)
    assert leaked(b"\n".join(ada.answers), planted.tokens | secrets_of(running) | {SECRET}) == set()
    hidden = planted.tokens | planted.passing | secrets_of(running) | cookies | {SECRET, running.token()}
    assert "refresh_unanswered" in log.getvalue()
    assert leaked(log.getvalue(), hidden) == set()


async def what_goes_wrong(running: Running, client: httpx2.AsyncClient) -> None:
    """Failures say more than successes; none of them may say a token."""
    linear = running.simulators["linear"]
    declined = await running.decide(await running.begin(client, "linear"), decision="deny")
    await client.get(declined)
    await client.get("/api/integrations/linear/callback?code=not-a-real-code&state=not-a-real-state")
    linear.faults.active.append(Fault(match="/oauth/token|/issues"))
    assert (await client.post("/api/integrations/linear/refresh")).status_code == 502
    linear.faults.active.clear()
    linear.grants.remove(kind="access")
    linear.grants.remove(kind="refresh")
    await running.services.db.execute("DELETE FROM provider_cache")
    assert (await client.get("/api/integrations/linear/issues/ENG")).status_code in {409, 502}


async def test_an_exception_with_a_token_in_it_tells_nobody_the_token(
    start: Start, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:  # R17 R44 R52
    with journal(monkeypatch) as log:
        running = await start(packages=WITH_LINEAR)
        ada = Watched(await running.client())
        for provider in ("linear", "slack", "github", "figma"):
            await running.connect(ada.client, provider)
        opened = Vault.open_token

        def spilled(self: Vault, *details: object) -> str:
            raise RuntimeError(f"cannot use {opened(self, *details)!r} as it is")  # type: ignore[arg-type]

        monkeypatch.setattr(Vault, "open_token", spilled)
        for path in NEEDING_A_TOKEN:
            answer = await ada.client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL"), path
            assert not re.search(r"Traceback|RuntimeError|\.py|line \d", answer.text)
    assert "RuntimeError" in log.getvalue()
    assert "open_token" in log.getvalue()
    assert leaked(log.getvalue(), planted.tokens) == set()
    assert leaked(b"\n".join(ada.answers), planted.tokens) == set()
