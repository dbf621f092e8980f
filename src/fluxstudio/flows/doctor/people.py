"""Who administers this installation."""

from __future__ import annotations

from fluxstudio.core import diagnostics
from fluxstudio.core.identity.users import Users
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import CONNECTIONS, Finding, listed, plural
from fluxstudio.kit.postgres.database import Database

MOST_NAMED = 10


async def check(context: Context, db: Database) -> list[Finding]:
    """Everybody who was granted the role of an administrator."""
    if not await diagnostics.has_granted_roles(db):
        return []
    administrators = await Users(db).administrators()
    if not administrators:
        what = "There is no administrator; a token with the role `admin` acts as one."
        return [CONNECTIONS.good("Administrators", f"{what} `fluxstudio admin EMAIL` makes the first.")]
    names = [email or subject for subject, email in administrators]
    more = [plural(len(names) - MOST_NAMED, "other")] if len(names) > MOST_NAMED else []
    return [CONNECTIONS.good("Administrators", f"{listed([*names[:MOST_NAMED], *more])}.")]
