"""`fluxstudio keys`: make, list, rotate and retire the keys that seal tokens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from fluxstudio.commands.terminal import command, say, settings_now
from fluxstudio.core.tokens.vault import LOCAL_KEYS
from fluxstudio.kit.sealing import Keyset
from fluxstudio.settings import Settings

app = typer.Typer(help="Make, list, rotate and retire the keys that seal tokens.", no_args_is_help=True)


@app.command()
@command
async def new() -> None:
    """Make a key that can be read everywhere before it seals anything."""
    from fluxstudio.app import key_care
    from fluxstudio.flows.rotate_keys import new_key

    settings = Settings()
    if settings.production and settings.encryption_keys is None:
        _first_key(settings.home / LOCAL_KEYS)
        return
    async with key_care(settings_now(needs_data=True)) as service:
        made = await new_key(service)
        if made.entry is None:
            say(f"“{made.id}” is in {service.source.name}; running processes have it in a few seconds.")
            say("Keep a copy of that file, then run `fluxstudio keys rotate` to let the key seal.")
            return
        say(f"Add this entry for “{made.id}” to the end of ENCRYPTION_KEYS of every process, after a comma:")
        print(made.entry, flush=True)  # noqa: T201 - the command's answer
        say("Restart them all, then run `fluxstudio keys rotate` to let it seal. It is shown only now.")


@app.command("list")
@command
async def list_keys() -> None:
    """Show every key and what still needs it, never the key itself."""
    from fluxstudio.app import key_care
    from fluxstudio.commands.keytable import key_table

    async with key_care(settings_now(needs_data=True)) as service:
        here = frozenset(service.source.read().keys)
        usable, retired, holders = (
            await service.keys.usable(),
            await service.keys.retired(),
            await service.keys.holders(),
        )
        print(key_table(usable, retired, here, len(holders)))  # noqa: T201 - the command's answer


@app.command()
@command
async def rotate(
    key_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Key to seal with.")] = None,
    at_a_time: Annotated[int, typer.Option(min=1, max=5000, help="Data keys in one statement.")] = 200,
) -> None:
    """Seal with the newest key, and re-wrap what others sealed. Safe to cut off and run again."""
    from fluxstudio.app import key_care
    from fluxstudio.flows.rotate_keys import rotate as rotation

    async with key_care(settings_now(needs_data=True)) as service:
        with _refusals():
            done = await rotation(service, key_id, tell=_now_and_then(), at_a_time=at_a_time)
        say(f"“{done.key_id}” seals now. Re-wrapped: {done.rewrapped:,} data keys.")
        if done.unreadable:
            say(
                f"{done.unreadable:,} data keys cannot be opened: they were changed. They stay under their "
                "old key. `fluxstudio keys retire ID --give-up` lets them go; their people connect again."
            )
            raise typer.Exit(1)


@app.command()
@command
async def retire(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Key to let go.")],
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Also when it is lost: those sealed with it connect again.")
    ] = False,
) -> None:
    """Let a key go for good. Refused while anything is sealed with it."""
    from fluxstudio.app import key_care
    from fluxstudio.flows.rotate_keys import retire as retiring

    async with key_care(settings_now(needs_data=True)) as service:
        with _refusals():
            done = await retiring(service, key_id, give_up=give_up)
        if done.given_up:
            say(f"{done.given_up:,} accounts can no longer be opened. Their owners have to reconnect.")
        if done.succeeded:
            say(
                f"Another key named “{key_id}” is in {service.source.name}; "
                "it takes the place of the lost one."
            )
            return
        say(f"“{key_id}” is retired. Dumps of the database from before still need it: keep a copy with them.")
        if done.erased:
            say(f"It is deleted from {service.source.name}.")
        elif key_id in service.source.read().keys:
            say(f"Delete the entry that begins with `{key_id}:` from {service.source.name} of every process.")


def _first_key(file: Path) -> None:
    if file.exists():
        say(f"The keys of this machine are in {file}. Set ENCRYPTION_KEYS to its content; then make another.")
        raise typer.Exit(1)
    say("Set ENCRYPTION_KEYS of every process to this, and keep a copy where your backups are not:")
    print(Keyset.new().text(), flush=True)  # noqa: T201 - the command's answer


@contextmanager
def _refusals() -> Iterator[None]:
    """End with exit code 1 and the reason where something is refused."""
    from fluxstudio.flows.rotate_keys import KeyRefused

    try:
        yield
    except KeyRefused as refused:
        say(str(refused))
        raise typer.Exit(1) from None


def _now_and_then(seconds: float = 1.0) -> Callable[[str], None]:
    """Says the first thing it is told, then one a second."""
    last_at = 0.0

    def tell(text: str) -> None:
        nonlocal last_at
        if time.monotonic() - last_at >= seconds:
            last_at = time.monotonic()
            say(text)

    return tell
