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

app = typer.Typer(help="Create, list, rotate and retire the keys that encrypt tokens.", no_args_is_help=True)


@app.command()
@command
async def new() -> None:
    """Create a key. It is distributed to every process before it is used."""
    from fluxstudio.flows.rotate_keys import key_care, new_key

    settings = Settings()
    if settings.production and settings.encryption_keys is None:
        _first_key(settings.home / LOCAL_KEYS)
        return
    async with key_care(settings_now(needs_data=True)) as service:
        made = await new_key(service)
        if made.entry is None:
            say(f"Added “{made.id}” to {service.source.name}. Running processes pick it up within seconds.")
            say("Back up that file, then run `fluxstudio keys rotate` to start using the key.")
            return
        say(f"Append this entry for “{made.id}” to ENCRYPTION_KEYS of every process, after a comma:")
        print(made.entry, flush=True)  # noqa: T201 - the command's answer
        say("Restart them all, then run `fluxstudio keys rotate` to start using it. It won't be shown again.")


@app.command("list")
@command
async def list_keys() -> None:
    """List the keys and what still depends on each. Never shows a key itself."""
    from fluxstudio.commands.keytable import key_table
    from fluxstudio.flows.rotate_keys import key_care

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
    key_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Key to encrypt with (default: the newest).")
    ] = None,
    at_a_time: Annotated[int, typer.Option(min=1, max=5000, help="Data keys per statement.")] = 200,
) -> None:
    """Switch to the newest key and re-encrypt everything. Safe to interrupt and run again."""
    from fluxstudio.flows.rotate_keys import key_care
    from fluxstudio.flows.rotate_keys import rotate as rotation

    async with key_care(settings_now(needs_data=True)) as service:
        with _refusals():
            done = await rotation(service, key_id, tell=_now_and_then(), at_a_time=at_a_time)
        say(f"Now encrypting with “{done.key_id}”. Re-encrypted {done.rewrapped:,} data keys.")
        if done.unreadable:
            say(
                f"{done.unreadable:,} data keys cannot be opened: they were changed. They stay under their "
                "old key. `fluxstudio keys retire ID --give-up` lets them go; their people connect again."
            )
            raise typer.Exit(1)


@app.command()
@command
async def retire(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Key to retire.")],
    give_up: Annotated[
        bool,
        typer.Option(
            "--give-up",
            help="Retire it even though it is lost. Everyone whose token it encrypts has to reconnect.",
        ),
    ] = False,
) -> None:
    """Retire a key for good. Refused while anything is still encrypted with it."""
    from fluxstudio.flows.rotate_keys import key_care
    from fluxstudio.flows.rotate_keys import retire as retiring

    async with key_care(settings_now(needs_data=True)) as service:
        with _refusals():
            done = await retiring(service, key_id, give_up=give_up)
        if done.given_up:
            say(f"{done.given_up:,} accounts can no longer be decrypted. Their owners have to reconnect.")
        if done.succeeded:
            say(
                f"Another key named “{key_id}” is in {service.source.name}; "
                "it takes the place of the lost one."
            )
            return
        say(f"Retired “{key_id}”. Older backups still need it: keep a copy with them.")
        if done.erased:
            say(f"Deleted it from {service.source.name}.")
        elif key_id in service.source.read().keys:
            say(f"Delete the entry that begins with `{key_id}:` from {service.source.name} of every process.")


def _first_key(file: Path) -> None:
    if file.exists():
        say(
            f"This machine's keys are in {file}. Set ENCRYPTION_KEYS to its content, then create another key."
        )
        raise typer.Exit(1)
    say("Set ENCRYPTION_KEYS of every process to this, and keep a copy apart from your backups:")
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
