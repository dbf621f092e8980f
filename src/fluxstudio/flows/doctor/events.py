"""Events that arrive and are of no use: they concern nobody, or came in a shape we do not know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fluxstudio.core import diagnostics
from fluxstudio.core.visibility.resources import ResourceAccess, UnconcernedEvents
from fluxstudio.core.webhooks import unknown_shapes
from fluxstudio.core.webhooks.unknown_shapes import UnknownShape
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import EVENTS, Finding, listed, plural
from fluxstudio.kit.postgres.database import Database

NAMES_SHOWN = 3
# What providers send to try a webhook out is about nothing, and concerns nobody.
TRIALS = ("ping", "PING", "url_verification")


async def check(context: Context, db: Database) -> list[Finding]:
    """Events of the last seven days that concern nobody, and unknown shapes."""
    if not await diagnostics.has_table(db, "unknown_shapes"):
        return []
    names = {
        entry.provider.id: entry.provider.name
        for entry in context.registry
        if entry.provider.webhooks is not None
    }
    unconcerned = await ResourceAccess(db).unconcerned(list(names), TRIALS)
    findings = [*_unconcerned(names, unconcerned), *_shapes(names, await unknown_shapes.lately(db))]
    return findings or [EVENTS.good("Events", "Every event of the last seven days has an owner here.")]


def _unconcerned(names: dict[str, str], unconcerned: Sequence[UnconcernedEvents]) -> Iterator[Finding]:
    for provider, name in names.items():
        entries = [entry for entry in unconcerned if entry.provider == provider]
        if not entries:
            continue
        count = sum(entry.events for entry in entries)
        places = [entry.name for entry in entries if entry.name is not None][:NAMES_SHOWN]
        verb = "concerns" if count == 1 else "concern"
        about = f" They are about {listed(places)}." if places else ""
        what = f"{plural(count, 'event')} of the last seven days {verb} nobody.{about}"
        if not any(entry.connected for entry in entries):
            mend = (
                f"Nobody has connected {name}. Have those whom the events are for connect it in Integrations."
            )
        elif places:
            mend = (
                f"No connected account may see them. Ask someone who can see them at {name} connect it, or "
                "remove the webhook there."
            )
        else:
            mend = (
                f"The events name no account that is connected here. Check which webhooks {name} has for us."
            )
        yield EVENTS.warning(f"{name} events without an owner", what, mend)


def _shapes(names: dict[str, str], entries: Sequence[UnknownShape]) -> Iterator[Finding]:
    for entry in entries:
        name = names.get(entry.provider, entry.provider)
        what = (
            f"{name} sent {plural(entry.events, f'{entry.event_type} event')} in a shape we do not know: no "
            f"{entry.missing}."
        )
        mend = (
            f"Look at event {entry.last_event} in Activity. If {name} changed what it sends, update "
            "FluxStudio; if something else sends these, correct it there."
        )
        yield EVENTS.warning(f"{name} {entry.event_type} without {entry.missing}", what, mend)
