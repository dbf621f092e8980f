"""`fluxstudio people`, `admin` and `erase`: who may sign in, and who administers this installation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fluxstudio.commands.terminal import command, say, settings_now
from fluxstudio.errors import NotFound

if TYPE_CHECKING:
    from fluxstudio.core.identity.users import User
    from fluxstudio.core.services import Services

app = typer.Typer(
    help="List, invite, disable and enable people, and change their roles.", no_args_is_help=True
)

Who = Annotated[str, typer.Argument(help="Subject or verified email address.")]


@asynccontextmanager
async def _services() -> AsyncIterator[Services]:
    from fluxstudio.app import product
    from fluxstudio.core.registry import registry_of

    settings = settings_now()
    async with product(settings, registry_of(settings), maintenance=False) as services:
        yield services


async def _find_user(services: Services, name: str) -> User:
    person = await services.users.find(name, verified=True)
    if person is None:
        raise NotFound(f"Nobody here is “{name[:100]}”. `fluxstudio people list` shows everybody.")
    return person


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's answer


@command
async def admin(
    email: Annotated[str, typer.Argument(help="The user's email address or subject.")],
) -> None:
    """Make someone an administrator, or print an invitation if they have no account yet."""
    from fluxstudio.flows.identity.users import make_admin

    async with _services() as services:
        link = await make_admin(services, email)
        if link is None:
            say(f"{email} is an administrator.")
            return
        say(f"{email} has no account yet. This link creates an administrator account, once, within a week:")
        _print(f"{services.settings.base_url}/invitations/{link.secret}")


@command
async def erase(
    user: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
) -> None:
    """Delete a user and all of their data. This can't be undone."""
    from fluxstudio.flows.identity.erasure import erase as erase_person
    from fluxstudio.flows.identity.users import Initiator

    async with _services() as services:
        person = await _find_user(services, user)
        if not yes:
            typer.confirm(
                f"Delete {person.name or person.email or person.subject} ({person.subject}) with all their "
                "connections, automations and events for good?",
                abort=True,
                err=True,
            )
        await erase_person(services, Initiator(), person.id)
    say(f"Deleted {person.subject} and all of their data.")


@app.command("list")
@command
async def list_people() -> None:
    """List everyone with subject, email, role and status."""
    async with _services() as services:
        after = None
        while lines := await services.users.listing(after=after, limit=500):
            for line in lines:
                state = "disabled" if line.disabled else "active"
                proven = "" if line.verified or not line.email else " (not verified)"
                _print(f"{line.subject}\t{line.email or '-'}{proven}\t{line.role}\t{state}")
            after = lines[-1].id


@app.command()
@command
async def invite(
    email: Annotated[str, typer.Argument(help="Email address of the person to invite.")],
    role: Annotated[str, typer.Option(help="member or admin")] = "member",
) -> None:
    """Print an invitation link, valid for a week and for one account."""
    from fluxstudio.flows.identity.users import Initiator
    from fluxstudio.flows.identity.users import invite as invite_person

    async with _services() as services:
        link = await invite_person(services, Initiator(), email.strip(), role)
        _print(f"{services.settings.base_url}/invitations/{link.secret}")


@app.command()
@command
async def role(user: Who, role: Annotated[str, typer.Argument(help="member or admin")]) -> None:
    """Change someone's role."""
    from fluxstudio.flows.identity.users import Initiator, grant_role

    async with _services() as services:
        person = await _find_user(services, user)
        await grant_role(services, Initiator(), person.id, role)
    say(f"{person.subject} is now: {role}.")


@app.command()
@command
async def disable(user: Who) -> None:
    """Sign someone out everywhere and block sign-in. Their connections are kept."""
    from fluxstudio.flows.identity.users import Initiator
    from fluxstudio.flows.identity.users import disable as disable_person

    async with _services() as services:
        person = await _find_user(services, user)
        await disable_person(services, Initiator(), person.id)
    say(f"{person.subject} is disabled.")


@app.command()
@command
async def enable(user: Who) -> None:
    """Let a disabled user sign in again."""
    from fluxstudio.flows.identity.users import Initiator
    from fluxstudio.flows.identity.users import enable as enable_person

    async with _services() as services:
        person = await _find_user(services, user)
        await enable_person(services, Initiator(), person.id)
    say(f"{person.subject} is enabled.")


@app.command("password-link")
@command
async def password_link(user: Who) -> None:
    """Print a one-time link to choose a new password, valid for a day."""
    from fluxstudio.flows.identity.users import Initiator
    from fluxstudio.flows.identity.users import password_link as new_link

    async with _services() as services:
        link = await new_link(services, Initiator(), (await _find_user(services, user)).id)
        _print(f"{services.settings.base_url}/password/{link.secret}")
