"""What every command does alike: settings, messages, expected failures, signals."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, ParamSpec

import typer
import uvloop
from pydantic import ValidationError

from fluxstudio import logs
from fluxstudio.kit.postgres.embedded import make_home
from fluxstudio.kit.postgres.errors import PostgresError
from fluxstudio.kit.serving import CannotListen
from fluxstudio.settings import Settings, SettingsError

P = ParamSpec("P")


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is the terminal's face


def command(run: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """An async command whose expected failures end in one readable message and exit code 2."""

    @wraps(run)
    def started(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            uvloop.run(run(*args, **kwargs))
        except SettingsError as error:
            say("FluxStudio cannot start:\n" + "\n".join(f"  * {problem}" for problem in error.problems))
        except ValidationError as error:
            wrong = [f"  * {str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()]
            say("FluxStudio cannot start:\n" + "\n".join(wrong))
        except (PostgresError, CannotListen) as error:
            say(f"FluxStudio cannot start: {error}")
        except (KeyboardInterrupt, asyncio.CancelledError):
            return
        else:
            return
        raise typer.Exit(2)

    return started


def settings_now(*, simulating: bool = False) -> Settings:
    """The settings, checked; `simulating` says that the command stands in for providers.

    Raises `SettingsError`.
    """
    settings = Settings()
    if simulating and settings.production:
        raise SettingsError(
            ["This simulates providers, which ENV=production rules out. Run `fluxstudio serve` instead."]
        )
    settings.check()
    make_home(settings.home)
    logs.set_up(as_json=settings.production)
    return settings


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
