"""What every command does alike: settings, messages, expected failures, signals."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import structlog
import typer
import uvloop

from fluxstudio import logs
from fluxstudio.commands.failures import failure_of
from fluxstudio.core.installation import CopyIsQuiet
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres, make_home
from fluxstudio.kit.service_manager import ServiceManager
from fluxstudio.kit.web_address import ip_of
from fluxstudio.settings import Settings, SettingsError

if TYPE_CHECKING:
    from fluxstudio.core.services import Services

log = structlog.get_logger(__name__)

P = ParamSpec("P")


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is the terminal's face


def announce(text: str, settings: Settings) -> None:
    """Tell whoever runs a server; as a log line where each line is to be JSON."""
    if settings.json_logs:
        log.info("announced", message=text)
    else:
        say(text)


def command(run: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """An async command; expected failures end in a readable message and the exit code of their kind."""

    @wraps(run)
    def started(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            uvloop.run(run(*args, **kwargs))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            say(failure.message)
            raise typer.Exit(failure.code) from None

    return started


def settings_now(*, simulating: bool = False, needs_data: bool = False) -> Settings:
    """The settings, checked, with the data folder made.

    `simulating` says that the command replaces providers, `needs_data` that it is of no use where the product
    has never run.

    Raises `SettingsError`.
    """
    from fluxstudio.core.startup_checks import check_settings

    settings = Settings()
    if simulating and settings.production:
        raise SettingsError(
            ["This simulates providers, which ENV=production rules out. Run `fluxstudio serve` instead."]
        )
    check_settings(settings)
    if needs_data:
        _require_data(settings)
    try:
        make_home(settings.home)
    except OSError as error:
        problem = f"FLUXSTUDIO_HOME: the folder {settings.home} cannot be made ({error.strerror})."
        raise SettingsError([f"{problem} Set it to one that this user may write in."]) from None
    logs.set_up(as_json=settings.json_logs, level=settings.log_level)
    return settings


def _embedded(settings: Settings) -> EmbeddedPostgres:
    return EmbeddedPostgres(settings.home, programs=settings.database_programs)


def _require_data(settings: Settings) -> None:
    """A mistaken folder must not end in a second, empty database."""
    if settings.database_url is None and not _embedded(settings).made:
        problem = (
            f"There is no database in {settings.home}: FluxStudio has not run with this data folder. Set "
            "FLUXSTUDIO_HOME to the folder of the one you mean, or start it here first (make run)."
        )
        raise SettingsError([problem])


def say_where(settings: Settings) -> None:
    """Say where the embedded database is, if it is not in the data folder."""
    if settings.database_url is None and (folder := _embedded(settings).elsewhere) is not None:
        announce(
            f"The database is in {folder}, because its system account can't enter {settings.home}.", settings
        )


def say_copy(services: Services) -> None:
    """Say that this is a copy that does nothing, where it is one."""
    if services.installation.quiet:
        reasons = ", and ".join(services.installation.reasons)
        announce(f"{CopyIsQuiet()} It is a copy, since {reasons}.", services.settings)


def say_wildcard(settings: Settings) -> None:
    """Say which address is used where it listens on all of them."""
    ip = ip_of(settings.host)
    if ip is not None and ip.is_unspecified and not settings.public_url:
        announce(
            f"It listens on every address, and sends people to {settings.base_url}. Set PUBLIC_URL to the "
            "address that others reach it at.",
            settings,
        )


@asynccontextmanager
async def until_stopped() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set; a second one waits for nothing that is still under way."""
    stopped = asyncio.Event()
    loop, running = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if stopped.is_set() and running is not None:
            running.cancel()
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    yield stopped


async def until_drained(stopped: asyncio.Event, settings: Settings, drain: Drain) -> None:
    """Run until it is stopped, then until what is under way has ended, and tell the service manager."""
    manager = ServiceManager(settings.notify_socket, settings.watchdog_seconds)
    async with manager.served():
        await stopped.wait()
        manager.stopping(drain.notice_seconds + drain.seconds)
        drain.begin()
        if drain.count:
            announce(f"Stopping. Waiting up to {drain.seconds:g} s for {drain.count} in progress.", settings)
        if not await drain.finish():
            announce(f"Stopped. {drain.count} in progress didn't finish in time.", settings)
