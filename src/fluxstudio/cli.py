"""The commands."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from fluxstudio import __version__
from fluxstudio.commands import backup, design_tokens, importing, keys, people
from fluxstudio.commands.ask import ask
from fluxstudio.commands.doctor import doctor
from fluxstudio.commands.mcp import mcp
from fluxstudio.commands.terminal import (
    announce,
    command,
    say,
    say_copy,
    say_where,
    say_wildcard,
    settings_now,
    until_drained,
    until_stopped,
)
from fluxstudio.kit.serving import collect_less, listening_socket, serving
from fluxstudio.settings import Settings

if TYPE_CHECKING:
    from fluxstudio.core.services import Services

app = typer.Typer(
    help="Connects Figma, Slack and GitHub for every user of your product.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fluxstudio {__version__}")
        raise typer.Exit


@app.callback()
def fluxstudio(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Connects Figma, Slack and GitHub for every user of your product."""


app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="people")
app.add_typer(design_tokens.app, name="tokens")
app.add_typer(importing.app, name="import")
app.command()(doctor)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(backup.resume)
app.command()(ask)
app.command()(mcp)
app.command()(people.admin)
app.command()(people.erase)


@app.command()
@command
async def serve(
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Serve the pages and the API without running jobs.")
    ] = False,
) -> None:
    """Serve the pages and the API, and run background jobs."""
    from fluxstudio.app import product
    from fluxstudio.core.registry import registry_of
    from fluxstudio.faces.app import web_app

    settings = settings_now()
    async with until_stopped() as stopped:
        with listening_socket(settings.host, settings.port) as listening:
            async with (
                product(settings, registry_of(settings), maintenance=not no_worker) as services,
                serving(web_app(services), listening, services.drain),
            ):
                collect_less()
                announce(f"FluxStudio serves {settings.base_url}", settings)
                say_where(settings)
                say_wildcard(settings)
                if settings.production and not settings.proxies:
                    announce(
                        "Without TRUSTED_PROXIES every request counts as plain HTTP and is refused.", settings
                    )
                say_copy(services)
                await until_drained(stopped, settings, services.drain)


@app.command()
@command
async def worker() -> None:
    """Run background jobs only: events, automations, token refresh, cleanup. Start as many as you need."""
    from fluxstudio.app import product
    from fluxstudio.core.registry import registry_of
    from fluxstudio.faces.app import probes

    settings = settings_now()
    async with until_stopped() as stopped, AsyncExitStack() as stack:
        # Before anything else, so that a port in use is said at once.
        port = settings.worker_port
        listening = stack.enter_context(listening_socket(settings.host, port)) if port else None
        services = await stack.enter_async_context(product(settings, registry_of(settings)))
        if listening is not None:
            await stack.enter_async_context(serving(probes(services), listening, services.drain))
        collect_less()
        announce("Running background jobs. Ctrl-C stops after the jobs in progress are done.", settings)
        if port:
            announce(
                f"Probes answer on port {port} of {settings.host}: /health, /ready and /metrics.", settings
            )
        say_where(settings)
        say_copy(services)
        await until_drained(stopped, settings, services.drain)


@app.command()
@command
async def replay(
    event: Annotated[
        list[str] | None,
        typer.Argument(help="Event ids, or `run` followed by run ids. Without any: every failed event."),
    ] = None,
    provider: Annotated[str | None, typer.Option(help="Only events from this provider.")] = None,
    most: Annotated[int, typer.Option(help="Stop after this many.", min=1)] = 1000,
) -> None:
    """Replay failed events, or run failed automation runs again (once each)."""
    from fluxstudio.app import product
    from fluxstudio.core.registry import registry_of
    from fluxstudio.core.webhooks.events import Events
    from fluxstudio.flows.webhooks import process

    words = event or []
    runs = words[:1] == ["run"]
    try:
        named = [UUID(word) for word in words[runs:]]
    except ValueError:
        say("Ids look like this: 01932c07-5a1e-7d34-8c1b-3f6a90b2c4d5.")
        raise typer.Exit(2) from None
    if runs and not named:
        say("Which runs? fluxstudio replay run ID. You find run ids on an automation’s page and in the API.")
        raise typer.Exit(2)
    settings = settings_now(needs_data=True)
    async with product(settings, registry_of(settings), maintenance=False) as services:
        if runs:
            await _run_again(services, named)
            return
        event_ids = named or await Events(services.db).dead_letters(provider=provider, limit=most)
        count = await process.replay(services, event_ids)
        await services.audit.record("replay", provider, "command", events=count)
    say(f"Queued {count} of {len(event_ids)} events for replay.")


async def _run_again(services: Services, run_ids: Sequence[UUID]) -> None:
    """Run failed runs again, and say of each what came of it; exit code 2 when any was refused."""
    from fluxstudio.errors import FluxStudioError
    from fluxstudio.flows.automations.runs.retry import retry

    refused = False
    for run_id in run_ids:
        try:
            done = await retry(services, run_id, owner=None, by=None)
        except FluxStudioError as error:
            refused = True
            say(f"{run_id}: {error.message}")
        else:
            say(f"{run_id}: {'run again' if done.added else 'already run again'} as {done.run_id}.")
    if refused:
        raise typer.Exit(2)


@app.command()
@command
async def demo() -> None:
    """Run the whole product with simulated providers and a demo user."""
    from fluxstudio.app import product
    from fluxstudio.commands.simulated import demo_guest, simulating
    from fluxstudio.core.registry import registry_of
    from fluxstudio.faces.app import web_app

    start = time.monotonic()
    settings = settings_now(simulating=True)
    async with until_stopped() as stopped:
        with listening_socket(settings.host, settings.port) as listening:
            async with (
                simulating(settings) as overrides,
                product(settings, registry_of(settings, overrides=overrides)) as services,
                serving(
                    web_app(services, guest=await demo_guest(services, _say_link)), listening, services.drain
                ),
            ):
                collect_less()
                say(f"FluxStudio is ready at {settings.base_url} after {time.monotonic() - start:.1f} s.")
                say_where(settings)
                say_wildcard(settings)
                simulated = ", ".join(services.registry[name].provider.name for name in overrides)
                if simulated:
                    say(f"Simulated here: {simulated}. Ctrl-C stops everything; your data stays.")
                await until_drained(stopped, settings, services.drain)


def _say_link(link: str) -> None:
    say(f"Other machines can reach this demo, so nobody is signed in automatically. Sign in once: {link}")


@app.command()
@command
async def demo_link() -> None:
    """Print a one-time link that signs you in to the running demo."""
    from fluxstudio.faces.web.shell.guest import new_link

    settings = settings_now(simulating=True, needs_data=True)
    print(new_link(settings.home, settings.base_url))  # noqa: T201 - the command's answer


@app.command()
@command
async def migrate(
    restore_rights: Annotated[
        bool,
        typer.Option("--restore-rights", help="First restore the rights that a restored database lacks."),
    ] = False,
) -> None:
    """Apply pending database migrations."""
    from fluxstudio.core.database import database_of
    from fluxstudio.core.migrations import grant_database_rights, migrate_database, restore_database_rights
    from fluxstudio.core.registry import registry_of

    settings = settings_now()
    async with database_of(settings) as target:
        if restore_rights:
            restored = await restore_database_rights(target)
            say("\n".join(f"ran {statement}" for statement in restored) or "No right was missing.")
        applied = await migrate_database(target, registry_of(settings))
        missing_rights = await grant_database_rights(target)
    if missing_rights:
        say(f"Gave fluxstudio_runtime {missing_rights} rights that it lacked.")
    say("\n".join(f"applied {name}" for name in applied) or "The database is up to date.")
    say_where(settings)


@app.command()
@command
async def check() -> None:
    """Check the settings without starting anything or connecting to the database."""
    from fluxstudio.core.startup_checks import check_settings

    check_settings(Settings())
    say("The settings are valid. Run `fluxstudio doctor` to check everything else.")


@app.command()
@command
async def simulate(
    port: Annotated[int, typer.Option(help="Port to listen on (127.0.0.1). 0 takes a free one.")] = 8001,
) -> None:
    """Run only the provider simulators, to build against."""
    from fluxstudio.commands.simulated import settings_for, simulators
    from fluxstudio.sdk.simulation import simulation

    settings = settings_now(simulating=True)
    running = simulators(settings)
    async with until_stopped() as stopped:
        with listening_socket("127.0.0.1", port) as listening:
            base = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with serving(simulation(list(running.values()), base), listening):
                say(f"Simulators are running at {base}. To use them, set:")
                for provider, simulator in running.items():
                    for name, value in settings_for(provider, simulator).items():
                        say(f"{name}={value}")
                await stopped.wait()


@app.command()
@command
async def token(
    user: Annotated[str, typer.Option(help="The user's email address or subject.")],
    admin: Annotated[bool, typer.Option("--admin", help="Make it an administrator's token.")] = False,
    hours: Annotated[float, typer.Option(help="Hours until it expires.", min=0.01, max=8760)] = 24,
) -> None:
    """Print an API token signed with the current settings."""
    from fluxstudio.commands.tokens import sign

    print(await sign(settings_now(needs_data=True), user, admin=admin, hours=hours))  # noqa: T201 - the command's answer


def main() -> None:
    """The `fluxstudio` command."""
    app()
