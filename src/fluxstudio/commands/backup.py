"""`fluxstudio backup`, `restore` and `resume`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fluxstudio.commands.terminal import command, say, settings_now


@command
async def backup(
    folder: Annotated[Path, typer.Argument(help="Folder to make; it must not be there yet.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the keys beside it: they open every token.")
    ] = False,
) -> None:
    """Dump the database, with a manifest; everything goes on meanwhile."""
    from fluxstudio.app import database_of
    from fluxstudio.core.backup import KEYS, BackupRefused, make_backup
    from fluxstudio.core.secrets import key_source

    settings = settings_now(needs_data=True)
    keys = key_source(settings).read().text() if with_keys else None
    async with database_of(settings) as target:
        try:
            manifest = await make_backup(target, folder, keys)
        except BackupRefused as error:
            raise _refused(error) from None
    say(f"{folder} holds {manifest.bytes:,} bytes, as of {manifest.made_at}.")
    if with_keys:
        say(f"{KEYS} in it opens every token: keep it apart from the dump.")
    elif manifest.keys:
        say(
            f"It takes {', '.join(manifest.keys)} of ENCRYPTION_KEYS to open its tokens. Keep them elsewhere."
        )


@command
async def restore(
    folder: Annotated[Path, typer.Argument(help="What `fluxstudio backup` has made.")],
) -> None:
    """Bring a backup into the empty database of the running settings, with its rights."""
    from fluxstudio.app import database_of, registry_of
    from fluxstudio.core.backup import BackupRefused, restore_backup
    from fluxstudio.core.migrations import migrate_database, restore_database_rights

    settings = settings_now()
    async with database_of(settings) as target:
        try:
            manifest = await restore_backup(target, folder)
        except BackupRefused as error:
            raise _refused(error) from None
        rights = await restore_database_rights(target)
        applied = await migrate_database(target, registry_of(settings))
    say(f"Restored what was dumped at {manifest.made_at} by version {manifest.version}.")
    say(f"{len(rights)} rights were given again, {len(applied)} migrations applied.")
    if manifest.keys:
        say(f"It takes {', '.join(manifest.keys)} of ENCRYPTION_KEYS to open its tokens.")
    say("It starts as a copy that acts for nobody. Once the original is off, run `fluxstudio resume` here.")


@command
async def resume() -> None:
    """Say that this database, restored or moved, takes the place of the one it was copied from."""
    from fluxstudio.app import product, registry_of

    settings = settings_now(needs_data=True)
    async with product(settings, registry_of(settings), maintenance=False) as services:
        reasons = services.installation.reasons
        if not reasons:
            say("This is no copy: it acts already.")
            return
        await services.installation.resume()
        await services.audit.record("resume", None, "command", reasons=list(reasons))
    say(f"It was a copy, since {', and '.join(reasons)}. Running processes act within seconds.")


def _refused(error: Exception) -> typer.Exit:
    say(str(error))
    return typer.Exit(2)
