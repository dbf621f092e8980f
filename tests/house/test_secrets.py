"""No secret is in the history, in a traceback, or in what a failing test prints."""

from __future__ import annotations

import re
import subprocess
import traceback

import pytest

from fluxstudio.flows.call import api_of
from fluxstudio.sdk import TokenAnswer
from tests.house.repository import ROOT
from tests.house.supply import SECRETS
from tests.support.planted import Planted, leaked, secrets_of
from tests.support.running import SECRET, WITH_LINEAR, Running, Start


def test_no_commit_ever_held_what_looks_like_a_secret() -> None:  # R52
    command = ["git", "log", "--all", "--format=commit %h %B", "--patch", "--unified=0", "--text"]
    patches = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    assert patches.startswith(b"commit ")
    result = re.split(r"^commit ", patches.decode("utf-8", "ignore"), flags=re.MULTILINE)[1:]
    assert [patch.split()[0] for patch in result if SECRETS.search(patch)] == []


async def test_a_failing_test_prints_no_secret_of_what_it_works_with(  # R52
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Planted.by(monkeypatch)
    running = await start(packages=WITH_LINEAR)
    connection = await running.connect(await running.client(), "linear")
    [token] = [token for token in planted.tokens if running.simulators["linear"].grants.live(token, "access")]
    with pytest.raises(AssertionError) as failed:
        await _fails(running, connection, TokenAnswer(token, token, raw={"access_token": token}))
    # This test itself knows the tokens.
    failed.traceback = failed.traceback[1:]
    printed = str(failed.getrepr(showlocals=True, style="long"))
    text = "".join(
        traceback.TracebackException(
            failed.type, failed.value, failed.tb.tb_next, capture_locals=True
        ).format()
    )
    assert "does not hold" in printed
    assert "TokenAnswer(" in printed
    assert leaked(printed + text, planted.tokens | secrets_of(running) | {SECRET}) == set()


async def _fails(running: Running, connection: str, answer: TokenAnswer) -> None:
    services = running.services
    grant = await services.grants.read((await running.grant_of(connection))["id"])
    assert grant is not None
    settings, vault, registry = services.settings, services.vault, services.registry
    user = await services.db.fetchval("SELECT user_id FROM connections WHERE id = $1::text::uuid", connection)
    operation = registry.operation("linear.issues")
    picked = await services.connections.pick(user, operation.provider)
    api = api_of(services, operation, picked)
    everything = [settings, vault, vault._keyset, grant, answer, picked, api, api.token, registry]
    assert not everything, "does not hold"
