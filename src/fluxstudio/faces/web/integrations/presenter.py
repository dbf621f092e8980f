"""Filling the provider cards from what the product knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from fluxstudio.core.automations.bindings import DependentRule
from fluxstudio.core.connections.attempts import Attempt
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.faces.web.components.app_settings import setting_views
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import AttemptView, LinkView, ProblemView, SettingView, StepView
from fluxstudio.faces.web.integrations.views import (
    CardView,
    ConnectingView,
    ConnectionRow,
    DisconnectView,
    ScopeView,
)
from fluxstudio.faces.web.shell.account_pages import account_pages
from fluxstudio.faces.web.shell.paths import INTEGRATIONS, SETUP, WEBHOOKS
from fluxstudio.sdk import Subscribable

SLOW_AFTER = timedelta(seconds=15)
# After this long nobody is expected back any more, although the provider may still let them.
SHOWN_FOR = timedelta(minutes=2)
# So many are named of the automations that a disconnect pauses; more would hide what to press.
MAX_NAMED_AUTOMATIONS = 4
OUTCOMES = frozenset({"connected", "declined", "waiting", "abandoned"})
STEPS = {
    "prepared": "Prepared",
    "sent to the provider": "Sent to {name}",
    "came back": "Returned from {name}",
    "state checked": "Verified",
    "code exchanged": "Access granted",
    "account identified": "Account recognised",
    "saved": "Connected",
    "declined": "Declined",
    "refused by the provider": "Refused by {name}",
    "some access was not given": "Some access was not granted",
}


RETIRED = "No longer installed here. Disconnect it, or ask an administrator to bring it back."


def card_of(
    registered: RegisteredProvider,
    actor: Actor,
    listed: Iterable[ListedConnection],
    attempts: Sequence[Attempt],
    rules: Sequence[DependentRule],
) -> CardView:
    """The card of one provider for one user; `rules` are the automations that use any of the accounts."""
    provider = registered.provider
    mine = [entry for entry in listed if entry.provider == provider.id and entry.is_active]
    action = f"{INTEGRATIONS}/{provider.id}"
    connecting = _connecting(registered, attempts)
    return CardView(
        provider=provider.id,
        name=provider.name,
        icon=mark(registered),
        gives=RETIRED if registered.retired else provider.tagline,
        scopes=_scopes(registered),
        connect_action=f"{action}/connect",
        attempts_href=f"{action}/attempts",
        another=f"Add another {provider.identity.noun}",
        connections=tuple(
            _row(registered, entry, [rule for rule in rules if entry.id in rule.connections])
            for entry in mine
        ),
        connecting=connecting,
        refresh_href=f"{action}/card?seen={card_version(attempts)}" if connecting else None,
        setup=() if registered.configured else _setup(registered, actor),
        setup_href=f"{SETUP}#app-{provider.id}" if actor.is_admin else None,
        attempts=tuple(attempt_view(registered, attempt) for attempt in attempts[:3]),
    )


def _scopes(registered: RegisteredProvider, granted: Iterable[str] | None = None) -> tuple[ScopeView, ...]:
    oauth = registered.provider.oauth
    requested = set(oauth.asked_scopes())
    missing = set() if granted is None else set(oauth.missing(requested, granted))
    return tuple(
        ScopeView(
            name=scope.name,
            words=scope.means[:1].upper() + scope.means[1:],
            access=scope.kind,
            granted=scope.name not in missing,
        )
        for scope in oauth.described_scopes()
        if scope.name in requested
    )


def _setup(registered: RegisteredProvider, actor: Actor) -> tuple[SettingView, ...]:
    if not actor.is_admin:
        return (SettingView(name="", purpose="An administrator has to set this up first."),)
    return setting_views(registered)


def _row(
    registered: RegisteredProvider, entry: ListedConnection, rules: Sequence[DependentRule]
) -> ConnectionRow:
    provider = registered.provider
    query = f"connection={entry.id}"
    return ConnectionRow(
        id=str(entry.id),
        account=entry.account.name,
        workspace=entry.account.person,
        avatar_href=entry.account.avatar_url,
        connected_at=entry.connected_at,
        used_at=entry.last_used_at,
        expires_at=entry.expires_at,
        renews=entry.renews,
        sees_private=entry.person is not None or provider.visibility.audience is None,
        scopes=_scopes(registered, entry.scopes),
        problem=_problem(registered, entry),
        pages=account_pages(registered, entry) + _webhooks(registered, entry),
        disconnect_href=f"{INTEGRATIONS}/{provider.id}/disconnect?{query}",
        disconnect=disconnect_view(registered, entry, rules),
    )


def _webhooks(registered: RegisteredProvider, entry: ListedConnection) -> tuple[LinkView, ...]:
    if registered.provider.capability(Subscribable) is None:
        return ()
    return (LinkView(label="Webhooks", href=f"{WEBHOOKS}#account-{entry.id}", icon="webhook"),)


def _problem(registered: RegisteredProvider, entry: ListedConnection) -> ProblemView | None:
    if entry.problem is None:
        return None
    dead = entry.status in {"expired", "error"} and entry.problem.get("code") is not None
    return ProblemView(
        what=str(entry.problem.get("message") or f"{registered.provider.name} refuses our access."),
        since=entry.problem_since or entry.connected_at,
        still_works="Reconnect to resume. Your settings are kept." if dead else None,
    )


def disconnect_view(
    registered: RegisteredProvider, entry: ListedConnection, rules: Sequence[DependentRule] = ()
) -> DisconnectView:
    """What ending this connection would do; `rules` are the automations that use it."""
    provider = registered.provider
    return DisconnectView(
        provider_name=provider.name,
        icon=mark(registered),
        account=entry.account.name,
        workspace=entry.account.person,
        action=f"{INTEGRATIONS}/{provider.id}/disconnect",
        connection=str(entry.id),
        cancel_href=INTEGRATIONS,
        loses=(
            f"FluxStudio loses access, and {provider.name} is asked to revoke it.",
            "Cached data is deleted.",
            *_pausing([rule.name for rule in rules if rule.enabled]),
        ),
        keeps=(
            "Your settings for this account, in case you reconnect.",
            *(("Your automations pause until you reconnect.",) if rules else ()),
        ),
    )


def _pausing(names: Sequence[str]) -> Iterator[str]:
    shown = names if len(names) <= MAX_NAMED_AUTOMATIONS + 1 else names[:MAX_NAMED_AUTOMATIONS]
    yield from (f"The automation “{name}” pauses." for name in shown)
    if left := len(names) - len(shown):
        yield f"{left} more automations pause."


def _connecting(registered: RegisteredProvider, attempts: Sequence[Attempt]) -> ConnectingView | None:
    latest = attempts[0] if attempts else None
    if latest is None or latest.outcome != "waiting" or datetime.now(UTC) - latest.started_at > SHOWN_FOR:
        return None
    name = registered.provider.name
    silent = registered.provider.oauth.declines_silently
    return ConnectingView(
        started_at=latest.started_at,
        steps=(
            *_steps(name, latest),
            StepView(label=f"Waiting for your answer at {name}", state="now"),
            StepView(label="Connected", state="next"),
        ),
        slow=silent or datetime.now(UTC) - latest.started_at > SLOW_AFTER,
        hint=f"Cancelled in {name}? You can start over." if silent else None,
    )


def card_version(attempts: Sequence[Attempt]) -> str:
    """A mark that changes when the card of a connect under way looks different."""
    if not attempts:
        return "none"
    latest = attempts[0]
    slow = datetime.now(UTC) - latest.started_at > SLOW_AFTER
    return f"{latest.id}.{latest.outcome}.{'slow' if slow else 'new'}"


def _steps(name: str, attempt: Attempt) -> tuple[StepView, ...]:
    return tuple(
        StepView(
            label=STEPS.get(step["step"], step["step"]).format(name=name),
            state="failed" if step["outcome"] == "failed" else "done",
            at=datetime.fromisoformat(step["at"]),
            detail=step["note"] or None,
        )
        for step in attempt.steps
    )


def attempt_view(registered: RegisteredProvider, attempt: Attempt) -> AttemptView:
    """An attempt with its steps, and the cause and the mend of a failure."""
    name = registered.provider.name
    return AttemptView(
        id=str(attempt.id),
        started_at=attempt.started_at,
        outcome=attempt.outcome if attempt.outcome in OUTCOMES else "failed",  # type: ignore[arg-type]
        steps=_steps(name, attempt),
        cause=attempt.cause,
        mend=attempt.mend,
    )
