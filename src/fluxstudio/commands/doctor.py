"""`fluxstudio doctor`: what is wrong with this installation, and the mend of each thing."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from fluxstudio import logs
from fluxstudio.commands.terminal import command, say
from fluxstudio.errors import UnknownProvider
from fluxstudio.settings import Settings

if TYPE_CHECKING:
    from fluxstudio.flows.doctor import Context, Finding
    from fluxstudio.kit.postgres.database import Database

COLOURS = {"good": "green", "warning": "yellow", "bad": "red"}
INDENT = " " * 11
WIDEST = 100


@command
async def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    manifest: Annotated[
        str | None, typer.Option(help="Print only the app manifest for this provider.")
    ] = None,
    slack_manifest: Annotated[
        bool, typer.Option("--slack-manifest", help="Same as --manifest slack.")
    ] = False,
) -> None:
    """Check this installation and explain how to fix what is wrong.

    Exit code 2 when something is bad, else 0.
    """
    settings, unreadable = settings_as_far_as_readable()
    logs.set_up(as_json=settings.json_logs, quiet=True)
    provider_id = manifest or ("slack" if slack_manifest else None)
    if provider_id is not None:
        print_manifest(settings, provider_id)
        return
    from fluxstudio.flows.doctor import examine, worst

    async with patient_of(settings) as context:
        findings = [*unreadable, *await examine(context)]
    typer.echo(json.dumps(machine_readable(findings), indent=2) if as_json else readable(findings))
    if worst(findings) == "bad":
        raise typer.Exit(2)


def settings_as_far_as_readable() -> tuple[Settings, list[Finding]]:
    """The settings, those that cannot be read at their default, and a finding about each of these."""
    try:
        return Settings(), []
    except ValidationError as error:
        from fluxstudio.flows.doctor.settings import invalid

        reasons = {str(item["loc"][0]): str(item["msg"]) for item in error.errors()}
        defaults = {name: Settings.model_fields[name].default for name in reasons}
        findings = [invalid(name.upper(), reason, defaults[name]) for name, reason in reasons.items()]
        return Settings(**defaults), findings


@asynccontextmanager
async def patient_of(settings: Settings) -> AsyncIterator[Context]:
    """This installation, with its database if that can be had; nothing is made that is not there yet."""
    from fluxstudio.core.registry import registry_of
    from fluxstudio.flows.doctor import Context

    registry = registry_of(settings)
    async with AsyncExitStack() as stack:
        http = registry.http()
        stack.push_async_callback(http.aclose)
        db, without = await _database(settings, stack)
        yield Context(settings=settings, registry=registry, http=http, db=db, without=without)


async def _database(settings: Settings, stack: AsyncExitStack) -> tuple[Database | None, Finding | None]:
    from fluxstudio.core.database import database_of, pool
    from fluxstudio.flows.doctor.database import away, not_made_yet
    from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
    from fluxstudio.kit.postgres.errors import DatabaseReadOnly, PostgresError

    try:
        embedded = EmbeddedPostgres(settings.home, programs=settings.database_programs)
        if settings.database_url is None and not embedded.made:
            return None, not_made_yet()
        target = await stack.enter_async_context(database_of(settings))
        db = await stack.enter_async_context(pool(settings, target))
        with suppress(DatabaseReadOnly):
            # Reading is enough for the other checks; this one is made again among them.
            await db.check_session()
        return db, None
    except PostgresError as error:
        return None, away(error, settings)


def print_manifest(settings: Settings, provider: str) -> None:
    """Print what registers our app at a provider, and nothing else on standard output."""
    from fluxstudio.core.registry import registry_of
    from fluxstudio.flows.doctor.addresses import public

    registry = registry_of(settings)
    address = public(settings)
    try:
        text = registry[provider].manifest(settings.base_url)
    except UnknownProvider as error:
        say(error.message)
        raise typer.Exit(2) from None
    if text is None:
        taking = ", ".join(entry.provider.id for entry in registry if entry.provider.app.manifest)
        say(f"{registry[provider].provider.name} has no manifest. Available for: {taking or 'none'}.")
        raise typer.Exit(2)
    if address.state == "bad":
        say(f"{address.what} {address.mend}")
        raise typer.Exit(2)
    if not settings.base_url.startswith("https://"):
        say("Note: these addresses aren't HTTPS. For production, set PUBLIC_URL and print it again.")
    typer.echo(text)


def machine_readable(findings: Sequence[Finding]) -> dict[str, object]:
    """Findings for scripts: `{state, findings: [{area, name, state, what, mend, paste}]}`."""
    from fluxstudio.flows.doctor import worst

    return {
        "state": worst(findings),
        "findings": [
            {
                "area": finding.area.id,
                "name": finding.name,
                "state": finding.state,
                "what": finding.what,
                "mend": finding.mend,
                "paste": finding.paste,
            }
            for finding in findings
        ],
    }


def readable(findings: Sequence[Finding]) -> str:
    """Findings for people, by area, with how many there are of each state at the end."""
    lines: list[str] = []
    area = None
    for finding in findings:
        if finding.area != area:
            area = finding.area
            lines += ["", typer.style(area.title, bold=True)]
        state = typer.style(f"{finding.state:<8}", fg=COLOURS[finding.state])
        lines.append(f"  {state} {_wrapped(' '.join(finding.line))}")
        if finding.mend:
            lines.append(f"{INDENT}{_wrapped(f'→ {finding.mend}')}")
        if finding.paste:
            lines.append(f"{INDENT}{finding.paste}")
    counts = Counter(finding.state for finding in findings)
    lines += ["", f"{counts['good']} good, {counts['warning']} to look at, {counts['bad']} bad."]
    return "\n".join(lines[1:])


def _wrapped(text: str) -> str:
    """Text over lines as wide as the terminal; on one line where nobody reads along."""
    if not sys.stdout.isatty():
        return text
    width = min(shutil.get_terminal_size().columns, WIDEST) - len(INDENT)
    lines = textwrap.wrap(text, max(width, 40), break_long_words=False, break_on_hyphens=False)
    return f"\n{INDENT}".join(lines)
