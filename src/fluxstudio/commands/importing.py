"""`fluxstudio import`: connections from elsewhere."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from fluxstudio.commands.terminal import command, say, settings_now
from fluxstudio.errors import InvalidRequest

app = typer.Typer(help="Import connections from another product.", no_args_is_help=True)


@app.callback()
def importing() -> None:
    """Import connections from another product."""


@app.command()
@command
async def nango(
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what would be imported and what wouldn't, without changing anything."
        ),
    ] = False,
) -> None:
    """Import connections from Nango, including tokens. Nobody has to reconnect."""
    from fluxstudio.app import product
    from fluxstudio.core.registry import registry_of
    from fluxstudio.flows.connections.importing import import_from
    from fluxstudio.flows.connections.nango import NangoApi

    settings = settings_now()
    if settings.nango_secret_key is None:
        raise InvalidRequest("Set NANGO_SECRET_KEY to the secret key of your environment in Nango.")
    api = NangoApi(settings.nango_url, settings.nango_secret_key.get_secret_value())
    counts: Counter[str] = Counter()
    try:
        async with product(settings, registry_of(settings), maintenance=False) as services:
            async for line in import_from(services, api, dry_run=dry_run):
                counts[line.outcome] += 1
                print(f"{line.outcome}\t{line.label}\t{line.why}", flush=True)  # noqa: T201 - the command's answer
    finally:
        await api.aclose()
    say(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "Nango has no connections.")
