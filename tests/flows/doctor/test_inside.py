"""The doctor names what is wrong with settings, secrets and this machine, and the mend of each thing."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from redis.asyncio import Redis

from fluxstudio.flows.doctor import Context, Finding, run_checks, worst
from fluxstudio.flows.doctor.finding import MACHINE
from fluxstudio.kit.sealing import Keyset
from tests.support.clinic import APP, Clinic
from tests.support.redis import redis_server

GOOD_SECRET = "kT7wQz0mVb3nXr8sLd5fHj2gPy9cUa4e"
PRODUCTION = {"ENV": "production", "PUBLIC_URL": "https://flux.example"}
CALLBACK = "/api/integrations/linear/callback"


async def test_an_installation_in_order_has_nothing_to_look_at(clinic: Clinic) -> None:
    findings = await clinic.examine(jwt_secret=GOOD_SECRET)
    assert {finding.name for finding in findings.not_good} == {"Linear"}
    assert worst(findings.findings) == "warning"
    areas = [finding.area.id for finding in findings.findings]
    assert list(dict.fromkeys(areas)) == [
        "settings",
        "addresses",
        "secrets",
        "database",
        "providers",
        "connections",
        "events",
        "work",
        "clock",
        "machine",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LINEAR_CLIENT_SECERT", "LINEAR_CLIENT_SECRET"),
        ("ENCRYPTION_KEY", "ENCRYPTION_KEYS"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("JWT_SECERT", "JWT_SECRET"),
        ("REDIS_URI", "REDIS_URL"),
        ("LINAER_CLIENT_ID", "LINEAR_CLIENT_ID"),
    ],
)
async def test_a_misspelt_setting_is_named_with_the_one_that_was_meant(
    clinic: Clinic, name: str, meant: str
) -> None:
    findings = (await clinic.examine({name: "planted-value"}))[name]
    assert findings.state == "warning"
    assert f"Did you mean {meant}?" in findings.what
    assert findings.mend.startswith("Rename it in the environment")
    assert "planted-value" not in str(findings)


async def test_a_name_is_called_unknown_only_where_it_can_only_be_for_us(clinic: Clinic) -> None:
    Path(".env").write_text("LINEAR_TEAM=x\nPOSTGRES_PASSWORD=x\nCOMPOSE_FILE=x\n")
    ours = {"FLUXSTUDIO_COLOUR": "red"}
    others = {"LINEAR_RUNNER": "x", "GITHUB_SERVER_URL": "x", "NODE_ENV": "x", "DATABASE_HOST": "x"}
    findings = await clinic.examine(ours | others)
    named = [finding.name for finding in findings.not_good if finding.area.id == "settings"]
    assert named == ["FLUXSTUDIO_COLOUR", "LINEAR_TEAM"]
    assert findings["LINEAR_TEAM"].mend == "Take it out of .env, or look its right name up in .env.example."


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"PUBLIC_URL": "flux.example"}, "not an address that begins with https://"),
        ({"PUBLIC_URL": "https://ada:planted@flux.example"}, "a user name or a password"),
        ({"PUBLIC_URL": "https://flux.example/app"}, "something after the host"),
        ({"HOST": "0.0.0.0"}, "leads nowhere"),
        ({"ENV": "production"}, "to their own machine"),
        ({"ENV": "production", "PUBLIC_URL": "http://flux.example"}, "not encrypted"),
    ],
    ids=lambda arguments: str(arguments)[:40],
)
async def test_a_public_address_nobody_can_use_is_bad(
    clinic: Clinic, settings: Mapping[str, str], what: str
) -> None:
    diagnosis = await clinic.examine(settings)
    result = diagnosis["PUBLIC_URL"]
    assert (result.state, what in result.what) == ("bad", True), result
    assert "Set PUBLIC_URL" in result.mend
    assert diagnosis["Linear redirect address"].paste == ""
    assert "planted" not in str(diagnosis)


async def test_plain_http_that_reaches_others_is_to_look_at(clinic: Clinic) -> None:
    assert (await clinic.examine(public_url="http://flux.example"))["PUBLIC_URL"].state == "warning"


async def test_the_redirect_address_to_register_is_there_to_be_pasted(clinic: Clinic) -> None:
    findings = (await clinic.examine(public_url="https://flux.example/"))["Linear redirect address"]
    assert (findings.state, findings.paste) == ("good", f"https://flux.example{CALLBACK}")


@pytest.mark.parametrize(
    ("uri", "state", "what"),
    [
        ("https://flux.example/callback", "bad", "a page of ours that does not take Linear's answers"),
        ("https://app.example/connected", "warning", "leads to app.example, not here"),
        ("http://app.example/connected", "bad", "not encrypted"),
        ("app.example/connected", "bad", "not an address"),
    ],
)
async def test_a_redirect_address_that_does_not_lead_back_to_us_is_named(
    clinic: Clinic, uri: str, state: str, what: str
) -> None:
    environment = {"PUBLIC_URL": "https://flux.example", "LINEAR_REDIRECT_URI": uri}
    findings = (await clinic.examine(environment))["Linear redirect address"]
    assert (findings.state, what in findings.what) == (state, True), findings
    assert "eave LINEAR_REDIRECT_URI empty" in findings.mend
    assert findings.paste == f"https://flux.example{CALLBACK}"


@pytest.mark.parametrize("secret", ["Zq3-too-short-x7", "change-me-please-change-me-please", "abcabcab" * 5])
async def test_a_guessable_token_secret_is_bad_in_production_and_to_look_at_before(
    clinic: Clinic, secret: str
) -> None:
    for environment, state in (({}, "warning"), (PRODUCTION, "bad")):
        findings = (await clinic.examine({**environment, "JWT_SECRET": secret}))["JWT_SECRET"]
        assert findings.state == state
        assert "who guesses it can act as anybody" in findings.what
        assert "openssl rand" in findings.mend
        assert secret not in str(findings)


async def test_a_key_for_tokens_that_cannot_be_used_is_bad(clinic: Clinic) -> None:
    short = (await clinic.examine(jwt_secret="tiny"))["JWT_SECRET"]
    assert (short.state, short.what) == (
        "bad",
        "JWT_SECRET cannot be used: it is shorter than 14 bytes (112 bits).",
    )
    garbage = (await clinic.examine(jwt_public_key="not a key"))["JWT_PUBLIC_KEY"]
    assert (garbage.state, "PEM or JWK" in garbage.mend) == ("bad", True)


async def test_a_key_set_that_cannot_be_fetched_is_bad(clinic: Clinic) -> None:
    findings = (await clinic.examine(jwt_jwks_url="http://127.0.0.1:9/keys"))["JWT_JWKS_URL"]
    assert findings.state == "bad"
    assert findings.what == "API tokens cannot be checked: 127.0.0.1 cannot be reached."


async def test_sealing_keys_that_cannot_be_read_or_guessed_are_named_and_not_shown(
    clinic: Clinic,
) -> None:
    unreadable = (await clinic.examine(encryption_keys="k1:planted"))["ENCRYPTION_KEYS"]
    assert (unreadable.state, "is not base64" in unreadable.what) == ("bad", True)
    zeros = Keyset("k1", {"k1": bytes(32)}).text()
    guessable = (await clinic.examine(PRODUCTION | {"ENCRYPTION_KEYS": zeros}))["ENCRYPTION_KEYS"]
    assert (guessable.state, "does not look random" in guessable.what) == ("bad", True)
    assert "fluxstudio keys new" in guessable.mend
    for secret in ("planted", zeros.partition(":")[2]):
        assert secret not in str([unreadable, guessable])


async def test_everything_production_refuses_is_said_once(clinic: Clinic) -> None:
    findings = await clinic.examine(
        {**APP, "ENV": "production", "LINEAR_API_URL": "http://127.0.0.1:9", "TRUSTED_PROXIES": "nobody"}
    )
    texts = [finding.what for finding in findings.findings if finding.state == "bad"]
    for setting in ("ENCRYPTION_KEYS", "JWT_SECRET", "LINEAR_API_URL", "TRUSTED_PROXIES"):
        assert sum(setting in text for text in texts) == 1, (setting, texts)


async def test_files_with_secrets_that_others_can_read_are_named_with_the_command_that_closes_them(
    clinic: Clinic,
) -> None:
    clinic.home.mkdir()
    keys, env = clinic.home / "encryption.keys", Path(".env")
    keys.write_text(Keyset.new().text())
    env.write_text("PORT=8000\n")
    for file, mode in ((keys, 0o644), (env, 0o640)):
        file.chmod(mode)
    findings = await clinic.examine()
    assert (findings["encryption.keys"].state, findings[".env"].state) == ("bad", "warning")
    assert f"chmod go= {keys}" in findings["encryption.keys"].mend
    for file in (keys, env):
        os.system(f"chmod go= {file}")
    findings = await clinic.examine()
    assert findings["Files"].state == "good"
    assert "encryption.keys" not in findings


async def test_a_damaged_key_file_is_bad_and_none_is_made_in_passing(clinic: Clinic) -> None:
    assert "will be made at the first start" in (await clinic.examine())["Sealing keys"].what
    assert not clinic.home.exists()
    clinic.home.mkdir()
    (clinic.home / "encryption.keys").write_text("gone")
    findings = (await clinic.examine())["Sealing keys"]
    assert (findings.state, "from a backup" in findings.mend) == ("bad", True)


async def test_a_full_disk_is_bad_before_anything_is_lost(clinic: Clinic) -> None:
    states = {}
    for free in (5_000_000, 500_000_000, 5_000_000_000):
        clinic.monkeypatch.setattr("shutil.disk_usage", lambda folder, free=free: SimpleNamespace(free=free))
        states[free] = (await clinic.examine())["Disk"].state
    assert list(states.values()) == ["bad", "warning", "good"]


async def test_renewed_access_that_never_reached_the_database_is_named(clinic: Clinic) -> None:
    spool = clinic.home / "spool"
    spool.mkdir(parents=True, mode=0o700)
    waiting = spool / "00000000-0000-0000-0000-000000000000.3.sealed"
    waiting.write_bytes(b"sealed")
    assert (await clinic.examine())["Spool"].state == "good", "one that was written just now is on its way"
    two_hours_ago = time.time() - 7200
    os.utime(waiting, (two_hours_ago, two_hours_ago))
    findings = (await clinic.examine())["Spool"]
    assert (findings.state, "120 minutes" in findings.what) == ("warning", True)
    assert "Keep these files" in findings.mend


async def test_redis_is_asked_for_what_it_is_and_named_when_it_does_not_answer(
    clinic: Clinic, tmp_path: Path
) -> None:
    async with redis_server(tmp_path) as server:
        findings = (await clinic.examine(redis_url=server.url))["Redis"]
        assert (findings.state, findings.what.startswith("Redis ")) == ("good", True)
        async with Redis.from_url(server.url) as client:
            await client.config_set("requirepass", "not-a-real-password")
        refused = (await clinic.examine(redis_url=f"redis://:planted@127.0.0.1:{server.port}/0"))["REDIS_URL"]
        assert (refused.state, "user name or password" in refused.what) == ("bad", True)
    silent = (await clinic.examine(redis_url=f"redis://:planted@127.0.0.1:{server.port}/0"))["REDIS_URL"]
    assert (silent.state, silent.what) == ("bad", "Redis does not answer.")
    wrong = (await clinic.examine(redis_url="http://planted.example"))["REDIS_URL"]
    assert (wrong.state, "redis://user:password@host" in wrong.mend) == ("bad", True)
    assert "planted" not in str([refused, silent, wrong])


async def test_a_check_that_fails_keeps_no_other_from_running(clinic: Clinic) -> None:
    async def broken(patient: Context) -> list[Finding]:
        raise RuntimeError("planted-detail")

    clinic.monkeypatch.setattr(run_checks, "CHECKS", ((MACHINE, broken), *run_checks.CHECKS))
    findings = await clinic.examine()
    assert (findings["Unfinished"].state, "RuntimeError" in findings["Unfinished"].what) == ("bad", True)
    assert "planted-detail" not in str(findings)
    assert findings["Workers"].state == "good"
