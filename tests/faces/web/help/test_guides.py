"""Guides of the documentation as pages of help."""

from __future__ import annotations

import re

import pytest

from fluxstudio import errors
from fluxstudio.core.registry import Registry, discover
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.help import family
from fluxstudio.faces.web.help.guides import guides, html_of_guide
from fluxstudio.settings import ProviderSettings

PROVIDERS = [entry.provider for entry in Registry(discover(), lambda provider: ProviderSettings())]
TEXTS = {guide.name: guide.text for guide in guides()}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_every_permission_of_a_provider_is_explained_in_its_guide(provider: object) -> None:
    listed = set(re.findall(r"^\| `([^`]+)` \|", TEXTS[provider.id], re.MULTILINE))  # type: ignore[attr-defined]
    assert listed == {scope.name for scope in provider.oauth.scopes}  # type: ignore[attr-defined]


def test_every_error_has_help_where_its_page_leads() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FluxStudioError)
    ]
    html = html_of_guide("troubleshooting")
    assert [kind.code for kind in kinds if f'id="{kind.code.lower()}"' not in html] == []


def test_guides_lead_to_one_another_and_are_offered_by_search() -> None:
    assert 'href="/docs/automations.md"' in html_of_guide("slack")
    results = {command.href: command.words for command in family.commands}
    assert "provider rate limited" in results["/help/troubleshooting"]
