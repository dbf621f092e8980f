"""Examines an installation with the settings a test gives it, as `fluxstudio doctor` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fluxstudio.core.database import pool
from fluxstudio.core.registry import registry_of
from fluxstudio.flows.doctor import Context, Finding, examine
from fluxstudio.settings import ProviderSettings, Settings

LINEAR = ("tests.dropin",)
APP = {"LINEAR_CLIENT_ID": "an-app", "LINEAR_CLIENT_SECRET": "q8Jx2vLw0Rz5Tn7Kb4Yd"}


@dataclass(frozen=True)
class Diagnosis:
    """What was found."""

    findings: list[Finding]

    def __getitem__(self, name: str) -> Finding:
        """The one finding of that name."""
        findings = [finding for finding in self.findings if finding.name == name]
        assert len(findings) == 1, f"{name}: {[finding.name for finding in self.findings]}"
        return findings[0]

    def __contains__(self, name: str) -> bool:
        return any(finding.name == name for finding in self.findings)

    @property
    def not_good(self) -> list[Finding]:
        """Everything somebody has to look at."""
        return [finding for finding in self.findings if finding.state != "good"]


@dataclass
class Clinic:
    """A folder, a database, and an environment that is a test's own."""

    home: Path
    target: Mapping[str, Any]
    monkeypatch: pytest.MonkeyPatch

    async def examine(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        overrides: Mapping[str, ProviderSettings] | None = None,
        **settings: Any,
    ) -> Diagnosis:
        """Examine an installation with these settings, by their names in the environment or as they are."""
        for name, value in (environment or {}).items():
            self.monkeypatch.setenv(name, value)
        configured = Settings(**{"fluxstudio_home": self.home, **settings})
        registry = registry_of(configured, packages=LINEAR, overrides=overrides)
        http = registry.http()
        try:
            async with pool(configured, self.target) as db:
                patient = Context(settings=configured, registry=registry, http=http, db=db)
                return Diagnosis(await examine(patient))
        finally:
            await http.aclose()
