"""Which providers there are, for front ends that offer them."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.startup_checks import SIMULATED
from fluxstudio.faces.api.connections import Caller, errors
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.api.schemas.providers import ProviderEntry, ProvidersAnswer, ScopeEntry
from fluxstudio.faces.authentication import services_of

router = APIRouter(prefix="/api/providers", tags=["Providers"], responses=errors)


@router.get("", response_model=ProvidersAnswer, operation_id="list_providers")
async def providers(request: Request, actor: Caller) -> Response:
    """List the providers that people can connect, with what each asks for in words."""
    entries = [provider_entry(entry) for entry in services_of(request).registry if not entry.retired]
    return json_answer(ProvidersAnswer(providers=entries))


def provider_entry(registered: RegisteredProvider) -> ProviderEntry:
    """A provider as the API shows it."""
    provider = registered.provider
    return ProviderEntry(
        id=provider.id,
        name=provider.name,
        icon=_address_of(registered.file("icon.svg") or ""),
        tagline=provider.tagline,
        configured=registered.settings.configured,
        simulated=registered.settings.client_id.startswith(SIMULATED),
        scopes=[
            ScopeEntry(name=scope.name, means=scope.means, access=scope.kind, optional=scope.optional)
            for scope in provider.oauth.described_scopes()
        ],
        capabilities=[_words(type(capability).__name__) for capability in provider.capabilities],
        connect_path=f"/api/integrations/{quote(provider.id)}/auth",
    )


def _address_of(icon: str) -> str:
    """An icon as an address that `<img>` takes."""
    return f"data:image/svg+xml;base64,{base64.b64encode(icon.encode()).decode()}" if icon else ""


def _words(name: str) -> str:
    """The name of a class with underscores: CodeHost → code_host."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
