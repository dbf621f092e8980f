"""What a diagnosis looks at."""

from __future__ import annotations

from dataclasses import dataclass

from fluxstudio.core.registry import Registry
from fluxstudio.flows.doctor.finding import Finding
from fluxstudio.kit.http import HttpClient
from fluxstudio.kit.postgres.database import Database
from fluxstudio.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """An installation, running or not.

    `db` is None where there is no database to ask; `without` is then what is to be said of that.
    """

    settings: Settings
    registry: Registry
    http: HttpClient
    db: Database | None
    without: Finding | None = None
