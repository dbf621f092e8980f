"""`fluxstudio doctor`, as an operator or a script runs it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import fluxstudio
from tests.support.planted import leaked
from tests.support.process import KEYS

Target = dict[str, Any]

NO_DATABASE: Target = {"user": "flux", "password": "", "database": "flux", "host": "/nowhere"}
PLANTED = {
    "JWT_SECRET": "planted-jwt-q8Jx2vLw0",
    "ENCRYPTION_KEYS": "k1:cGxhbnRlZC1rZXktcGxhbnRlZA",
    "FIGMA_CLIENT_ID": "an-app",
    "FIGMA_CLIENT_SECERT": "planted-secret-Rz5Tn7Kb",
    "GITHUB_CLIENT_ID": "an-app",
    "GITHUB_CLIENT_SECRET": "planted-secret-Yd4mPq1X",
    "GITHUB_WEBHOOK_SECRET": "planted-hook-7Zt",
    "SLACK_SIGNING_SECRET": "planted-sign-6Yr",
}
SECRETS = {value.partition(":")[2] or value for value in PLANTED.values()} - {"an-app"}


@pytest.fixture
def nowhere() -> str:
    """Host and port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


async def test_everything_broken_at_once_is_told_with_its_mend_and_without_a_secret(
    database: Target, tmp_path: Path, nowhere: str
) -> None:  # R17 R52
    (tmp_path / ".env").write_text("FIGMA_TEAM=1\nTRUSTED_PROXIES=nobody\n")
    broken = PLANTED | {
        "PORT": "eight thousand",
        "DATABASE_URL": f"postgresql://ada:planted-base-5Xq@{nowhere}/flux",
        "REDIS_URL": f"redis://:planted-redis-4Wp@{nowhere}/0",
        "PUBLIC_URL": "https://ada:planted-pass-3Vo@flux.example",
        "GITHUB_WEB_URL": f"http://{nowhere}",
        "GITHUB_API_URL": f"http://{nowhere}",
    }
    done = await fluxstudio("doctor", database, tmp_path, **broken)
    assert done.code == 2
    assert done.errors == ""
    for line, mend in (
        ("bad      PORT cannot be read", "Correct it, or leave it out for the default (8000)."),
        ("warning  FIGMA_CLIENT_SECERT is no setting", "Rename it in the environment"),
        ("warning  FIGMA_TEAM is no setting", "Take it out of .env"),
        ("bad      TRUSTED_PROXIES cannot be used", "does not start before"),
        ("bad      PUBLIC_URL holds a user name or a password", "Leave both out"),
        ("bad      ENCRYPTION_KEYS cannot be read", "`fluxstudio keys new`"),
        ("warning  JWT_SECRET is shorter than 32 bytes", "openssl rand"),
        ("warning  .env: Others on this machine can read .env", "chmod go="),
        ("bad      Reachable: The database cannot be reached.", "Its address is in DATABASE_URL."),
        ("bad      Figma: FIGMA_CLIENT_ID is set and FIGMA_CLIENT_SECRET is not", "Set FIGMA_CLIENT_SECRET"),
        ("bad      GitHub reachable: 127.0.0.1 cannot be reached.", "correct GITHUB_WEB_URL and GITHUB_API"),
        ("warning  Slack is not set up", "then set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET."),
        ("warning  Database needed: Not checked", "Fix the database first"),
        ("bad      REDIS_URL: Redis does not answer.", "Start Redis"),
    ):
        text = done.out.partition(line)[2].partition("\n           → ")[2].partition("\n")[0]
        assert mend in text, (line, done.out)
    planted = SECRETS | {"planted-base-5Xq", "planted-redis-4Wp", "planted-pass-3Vo"}
    assert leaked(done.out, planted) == set()


async def test_scripts_read_the_same_as_json_and_the_exit_code(
    database: Target, tmp_path: Path, nowhere: str
) -> None:
    fine = await fluxstudio("doctor --json", database, tmp_path)
    assert (fine.code, fine.errors) == (0, "")
    text = json.loads(fine.out)
    assert text["state"] == "warning"
    assert {tuple(finding) for finding in text["findings"]} == {
        ("area", "name", "state", "what", "mend", "paste")
    }
    assert {finding["name"] for finding in text["findings"] if finding["state"] == "bad"} == set()

    redis = f"redis://{nowhere}/0"
    broken = await fluxstudio("doctor --json", database, tmp_path, REDIS_URL=redis, ENCRYPTION_KEYS=KEYS)
    text = json.loads(broken.out)
    assert (broken.code, text["state"]) == (2, "bad")
    assert all(bool(finding["mend"]) == (finding["state"] != "good") for finding in text["findings"])


async def test_a_fresh_machine_is_in_order_and_stays_as_it_was(tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    done = await fluxstudio("doctor", NO_DATABASE, home, DATABASE_URL="", FLUXSTUDIO_HOME=str(home / "data"))
    assert done.code == 0, done.out
    assert "Embedded PostgreSQL: It is made at the first start" in done.out
    assert list(home.iterdir()) == []


async def test_the_manifest_has_this_installations_addresses_and_the_declared_permissions(
    tmp_path: Path,
) -> None:
    at = {"PUBLIC_URL": "https://flux.example"}
    done = await fluxstudio("doctor --slack-manifest", NO_DATABASE, tmp_path, **at)
    assert (done.code, done.errors) == (0, "")
    manifest = json.loads(done.out)
    place = "https://flux.example/api/integrations/slack"
    assert manifest["oauth_config"]["redirect_urls"] == [f"{place}/callback"]
    assert manifest["settings"]["event_subscriptions"]["request_url"] == f"{place}/webhook"
    assert "chat:write" in manifest["oauth_config"]["scopes"]["bot"]
    assert (await fluxstudio("doctor --manifest slack", NO_DATABASE, tmp_path, **at)).out == done.out


@pytest.mark.parametrize(
    ("words", "settings", "text"),
    [
        ("--manifest figma", {}, "Figma has no manifest. Available for: slack."),
        ("--manifest linear", {}, "There is no provider “linear”."),
        ("--slack-manifest", {"PUBLIC_URL": "https://a:planted@flux.example"}, "Set PUBLIC_URL"),
    ],
)
async def test_a_manifest_that_cannot_be_had_is_refused_with_what_to_do(
    tmp_path: Path, words: str, settings: dict[str, str], text: str
) -> None:
    done = await fluxstudio(f"doctor {words}", NO_DATABASE, tmp_path, **settings)
    assert (done.code, done.out) == (2, "")
    assert text in done.errors
    assert "planted" not in done.errors


async def test_a_manifest_for_this_machine_only_says_so_beside_it(tmp_path: Path) -> None:
    done = await fluxstudio("doctor --slack-manifest", NO_DATABASE, tmp_path)
    assert json.loads(done.out)
    assert done.errors.startswith("Note: these addresses aren't HTTPS. For production, set PUBLIC_URL")
