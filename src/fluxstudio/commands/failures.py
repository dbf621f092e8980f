"""How commands end that cannot do what they are for: a message for people, an exit code for supervisors."""

from __future__ import annotations

import os
from typing import NamedTuple

import asyncpg
from pydantic import ValidationError

from fluxstudio.errors import FluxStudioError
from fluxstudio.kit.postgres.errors import (
    DatabaseRefuses,
    DatabaseUnavailable,
    DatabaseUnfit,
    MigrationError,
    PostgresError,
)
from fluxstudio.kit.serving import CannotListen
from fluxstudio.settings import SettingsError

# What was asked for is refused, or asked for in words that the command does not know.
REFUSED = 2
# As sysexits.h calls them. After the first two starting again is of no use before somebody has changed
# something; what the others tell of may end without anybody.
SETTINGS = os.EX_CONFIG
DATABASE_UNFIT = os.EX_DATAERR
DATABASE_AWAY = os.EX_UNAVAILABLE
SYSTEM = os.EX_OSERR


class Failure(NamedTuple):
    """What is said, and the exit code."""

    message: str
    code: int


def failure_of(error: BaseException) -> Failure | None:
    """What is to be said of an expected failure; None where nobody expected it."""
    match error:
        case SettingsError():
            return _cannot_start_with(error.problems)
        case ValidationError():
            return _cannot_start_with([f"{str(at['loc'][0]).upper()}: {at['msg']}" for at in error.errors()])
        case FluxStudioError():
            return Failure(error.message, REFUSED)
        case PostgresError():
            return Failure(f"FluxStudio cannot start: {error}", _code_of(error))
        case CannotListen():
            return Failure(f"FluxStudio cannot start: {error}", SYSTEM)
        case asyncpg.PostgresError():
            return Failure(f"FluxStudio cannot start: {_database_refuses(error)}", DATABASE_UNFIT)
        case OSError():
            return Failure(f"FluxStudio cannot start: {_system_refuses(error)}", SYSTEM)
    return None


def _cannot_start_with(problems: list[str] | tuple[str, ...]) -> Failure:
    lines = "\n".join(f"  * {problem}" for problem in problems)
    return Failure(f"FluxStudio cannot start:\n{lines}", SETTINGS)


def _code_of(error: PostgresError) -> int:
    match error:
        case DatabaseRefuses():
            return SETTINGS
        case DatabaseUnavailable():
            return DATABASE_AWAY
        case MigrationError() | DatabaseUnfit():
            return DATABASE_UNFIT
    return SYSTEM


def _database_refuses(error: asyncpg.PostgresError) -> str:
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError):
        return "the database is not up to date. Run `fluxstudio migrate` with the same settings first."
    return f"the database refuses what it needs: {error}. Check what its user may do, as in docs/operate.md."


def _system_refuses(error: OSError) -> str:
    place = f" at {error.filename}" if error.filename else ""
    return (
        f"the system refuses what it needs{place} ({error.strerror or error}). Check that this user may read "
        "and write there, or point FLUXSTUDIO_HOME elsewhere."
    )
