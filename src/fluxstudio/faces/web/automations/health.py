"""What pages say of an automation's accounts, and of whether it hears what starts it."""

from __future__ import annotations

from collections.abc import Mapping

from fluxstudio.core.automations.rules import Automation
from fluxstudio.faces.web.automations.shared import CONNECT, path_of
from fluxstudio.faces.web.automations.views import HealthView
from fluxstudio.faces.web.components.views import BannerView, LinkView, OutcomeView
from fluxstudio.faces.web.shell.paths import WEBHOOKS
from fluxstudio.flows.automations.health.status import Obstacle, RuleHealth

STATES: Mapping[str, OutcomeView] = {
    "paused": OutcomeView(words="Paused", tone="attention", icon="clock"),
    "blocked": OutcomeView(words="Can’t run", tone="bad"),
    "waiting": OutcomeView(words="Not listening", tone="attention", icon="info"),
}
TITLES: Mapping[str, str] = {
    "paused": "It is paused.",
    "blocked": "It is on, but it can’t run.",
    "waiting": "It is on, but no events reach it.",
}
AT_INTEGRATIONS = frozenset({"NOT_CONNECTED", "REAUTHORIZATION_REQUIRED", "SCOPE_MISSING"})
IN_THE_RULE = frozenset({"CONNECTION_NOT_CHOSEN", "NOT_FOUND", "INVALID", "PAUSED_FLOODED"})
# What asking the provider once more may mend.
NOT_HEARD = frozenset(
    {
        "FORBIDDEN",
        "INVALID_REQUEST",
        "NOT_LISTENING",
        "NOWHERE_CHOSEN",
        "PROVIDER_RATE_LIMITED",
        "PROVIDER_UNAVAILABLE",
    }
)
OPEN_WEBHOOKS = LinkView(label="Open Webhooks", href=WEBHOOKS)


def health_view(entry: Automation, health: RuleHealth) -> HealthView:
    """The health of an automation in words; of one switched off only which accounts it uses."""
    accounts = [bound.account for bound in (entry.trigger, entry.action) if bound is not None]
    view = HealthView(accounts=tuple(dict.fromkeys(accounts)))
    if health.status == "off":
        return view
    by_event = "event" in entry.definition.get("when", {})
    return HealthView(
        state=STATES.get(health.status),
        accounts=view.accounts,
        listens_to=", ".join(health.listens_to) if by_event and health.listens_to else None,
        heard_at=health.last_event_at if by_event else None,
        problem=None if health.problem is None else _banner(entry, health.status, health.problem),
        listen_action=path_of(entry.id, "listen") if _may_listen(health) else None,
    )


def _may_listen(health: RuleHealth) -> bool:
    """Whether one click may have it listen."""
    return (
        health.status in {"waiting", "blocked"}
        and health.problem is not None
        and health.problem.code in NOT_HEARD
    )


def _banner(entry: Automation, status: str, problem: Obstacle) -> BannerView:
    link = OPEN_WEBHOOKS
    if problem.code in AT_INTEGRATIONS:
        link = CONNECT
    elif problem.code in IN_THE_RULE:
        link = LinkView(label="Edit it", href=path_of(entry.id, "edit"))
    return BannerView(
        tone="bad" if status == "blocked" else "attention",
        title=TITLES.get(status, "Something needs attention."),
        detail=f"{problem.message} {problem.fix}",
        action=link,
    )
