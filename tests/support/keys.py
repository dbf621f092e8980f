"""The keys of a product under test."""

from __future__ import annotations

from fluxstudio.core.secrets import key_source, vault_over
from fluxstudio.core.tokens.key_source import KeySource
from fluxstudio.core.tokens.keys import Keys
from fluxstudio.flows.rotate_keys import KeyService
from tests.support.running import Running


def care_of(running: Running, source: KeySource | None = None) -> KeyService:
    """What a command beside the running product works with."""
    services = running.services
    source = source or key_source(services.settings)
    vault = vault_over(source)
    return KeyService(vault, source, Keys(services.db, vault, source), services.audit)
