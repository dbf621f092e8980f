"""How a webhook is doing, in a word and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.faces.web.components.views import StateView
from fluxstudio.faces.web.shell import filters

ACTIVE = StateView(key="active", words="Active", tone="good", icon="check-circle")
INCOMPLETE = StateView(key="incomplete", words="Events are missing", tone="attention", icon="alert")
UNCHECKED = StateView(key="unchecked", words="Not checked", tone="attention", icon="alert")
DOWN = StateView(key="down", words="Account not working", tone="bad", icon="cross-circle")


def webhook_health(
    registered: RegisteredProvider, missed: Mapping[str, Any] | None, *, works: bool
) -> tuple[StateView, str | None]:
    """How a webhook of an account that `works` is doing, and what was found that did not arrive."""
    if not works:
        return DOWN, "Missing events can’t be checked until the account is reconnected."
    if not missed:
        return ACTIVE, None
    problem, missing, healed = (
        missed.get("problem"),
        int(missed.get("missing", 0)),
        int(missed.get("healed", 0)),
    )
    if problem:
        return UNCHECKED, f"What did not arrive could not be looked for. {problem.get('message', '')}".strip()
    if missing:
        return INCOMPLETE, _missing(registered, missing)
    return ACTIVE, _healed(registered, healed) if healed else None


def _missing(registered: RegisteredProvider, count: int) -> str:
    what = f"{filters.plural(count, 'event')} {'has' if count == 1 else 'have'} not arrived yet."
    them = "it" if count == 1 else "them"
    name = registered.provider.name
    if _can_be_asked(registered):
        return f"{what} {name} is asked to send {them} again."
    return f"{what} {name} retries automatically for a while; retries can’t be requested."


def _healed(registered: RegisteredProvider, count: int) -> str:
    all_of_them = {1: "it", 2: "both"}.get(count, "all of them")
    how = "sent again and have arrived" if count > 1 else "sent again and has arrived"
    were = "was" if count == 1 else "were"
    return f"{filters.plural(count, 'event')} did not arrive at first; {all_of_them} {were} {how}."


def _can_be_asked(registered: RegisteredProvider) -> bool:
    webhook = registered.provider.webhooks
    means = webhook.reconciliation if webhook is not None else None
    return means is not None and means.redeliver is not None
