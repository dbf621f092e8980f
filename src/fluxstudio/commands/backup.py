"""`fluxstudio backup`, `restore` and `resume`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fluxstudio.commands.terminal import command, say, settings_now


@command
async def backup(
    folder: Annotated[Path, typer.Argument(help="Folder to create. It must not exist yet.")],
    with_keys: Annotated[
        bool,
        typer.Option(
            "--with-keys", help="Include the encryption keys. Anyone who has them can read every token."
        ),
    ] = False,
) -> None:
    """Back up the database while everything keeps running."""
    from fluxstudio.core.backup import KEYS, BackupRefused, make_backup
    from fluxstudio.core.database import database_of
    from fluxstudio.core.secrets import key_source

    settings = settings_now(needs_data=True)
    keys = key_source(settings).read().text() if with_keys else None
    async with database_of(settings) as target:
        try:
            manifest = await make_backup(target, folder, keys, programs=settings.database_programs)
        except BackupRefused as error:
            raise _refused(error) from None
    say(f"Wrote {manifest.bytes:,} bytes to {folder}, as of {manifest.made_at}.")
    if with_keys:
        say(f"{KEYS} in that folder can decrypt every token. Store it elsewhere.")
    elif manifest.keys:
        say(
            f"Its tokens can be read with {', '.join(manifest.keys)} of ENCRYPTION_KEYS. Keep them elsewhere."
        )


@command
async def restore(
    folder: Annotated[Path, typer.Argument(help="Folder written by `fluxstudio backup`.")],
) -> None:
    """Restore a backup into an empty database, including its rights."""
    from fluxstudio.core.backup import BackupRefused, restore_backup
    from fluxstudio.core.database import database_of
    from fluxstudio.core.migrations import migrate_database, restore_database_rights
    from fluxstudio.core.registry import registry_of

    settings = settings_now()
    async with database_of(settings) as target:
        try:
            manifest = await restore_backup(target, folder, programs=settings.database_programs)
        except BackupRefused as error:
            raise _refused(error) from None
        rights = await restore_database_rights(target)
        applied = await migrate_database(target, registry_of(settings))
    say(f"Restored the backup of {manifest.made_at}, made by version {manifest.version}.")
    say(f"Restored {len(rights)} rights and applied {len(applied)} migrations.")
    if manifest.keys:
        say(f"To read its tokens, ENCRYPTION_KEYS must contain {', '.join(manifest.keys)}.")
    say("It starts as a quiet copy. Once the original is stopped, run `fluxstudio resume` here.")


@command
async def resume() -> None:
    """Let a restored copy take over: tokens are refreshed and automations run again."""
    from fluxstudio.app import product
    from fluxstudio.core.registry import registry_of

    settings = settings_now(needs_data=True)
    async with product(settings, registry_of(settings), maintenance=False) as services:
        reasons = services.installation.reasons
        if not reasons:
            say("This isn't a quiet copy. Nothing to resume.")
            return
        await services.installation.resume()
        await services.audit.record("resume", None, "command", reasons=list(reasons))
    say(f"No longer a copy ({', and '.join(reasons)}). Running processes resume within seconds.")


def _refused(error: Exception) -> typer.Exit:
    say(str(error))
    return typer.Exit(2)
