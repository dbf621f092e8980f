from __future__ import annotations

import re
from pathlib import Path

import pytest

from fluxstudio.core.registry import discover
from fluxstudio.sdk.provider import Provider
from fluxstudio.settings import Settings
from tests.house.repository import ROOT

EXAMPLE = (ROOT / ".env.example").read_text()
SHOWN = dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE, re.MULTILINE))


def settings_of(provider: Provider) -> set[str]:
    """The names of everything that can be set for a provider."""
    names = {"client_id", "client_secret", "redirect_uri"} | {f"{role}_url" for role in provider.http.hosts}
    if provider.webhooks:
        names.add(provider.webhooks.secret)
    if isinstance(provider.oauth.pkce, str):
        names.add(provider.oauth.pkce)
    return {f"{provider.id}_{name}".upper() for name in names}


def test_env_example_names_every_setting_of_the_product() -> None:
    assert {name.upper() for name in Settings.model_fields} - SHOWN.keys() == set()


@pytest.mark.parametrize("provider", [result for result, _ in discover()], ids=lambda provider: provider.id)
def test_env_example_names_every_setting_of_a_provider(provider: Provider) -> None:
    assert settings_of(provider) - SHOWN.keys() == set()


@pytest.mark.parametrize("provider", [result for result, _ in discover()], ids=lambda provider: provider.id)
def test_env_example_shows_the_hosts_a_provider_is_reached_at(provider: Provider) -> None:
    shown = {role: SHOWN[f"{provider.id}_{role}_url".upper()] for role in provider.http.hosts}
    assert shown == provider.http.hosts


def test_env_example_says_of_every_setting_what_it_is_for() -> None:
    bare = re.findall(r"(?:^|\n)(?!# )[^\n]*\n(#?[A-Z][A-Z0-9_]*)=", EXAMPLE)
    assert bare == []


def test_env_example_sets_nothing_until_somebody_chooses_to() -> None:
    assert all(line.startswith("#") or not line for line in EXAMPLE.splitlines())


def test_env_example_shows_the_defaults_that_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in SHOWN:
        monkeypatch.delenv(name, raising=False)
    defaults = Settings()
    for field in ("port", "host", "env"):
        assert SHOWN[field.upper()] == str(getattr(defaults, field))
