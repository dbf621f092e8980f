"""Telling people when something goes wrong: once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from fluxstudio.core.alerts import Alerts
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.metrics.cluster import DATABASE_AWAY
from fluxstudio.core.metrics.counters import Figure
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, NotConnected, UnknownProvider
from fluxstudio.flows import call
from fluxstudio.sdk import Notifier

log = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=15)
# How long it has to be well before trouble counts as over.
CALM = timedelta(minutes=5)
MAX_QUEUE_WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class AlertCondition:
    """What counts as trouble: `least` bad ones, and more than the share `above` of all.

    `bad` are outcomes of a figure, `among` those it is a share of (None: all). `began` and `ended` say it to
    people, with `{bad}`, `{all}` and the `{name}` of what it is about. `ops/alerts.yml` says the same to
    Prometheus.
    """

    name: str
    figure: str
    bad: Collection[str]
    least: int
    began: str
    ended: str
    among: Collection[str] | None = None
    above: float = 0.0


CONDITIONS = (
    AlertCondition(
        "ConnectsFailing",
        "attempts",
        bad={"failed"},
        among={"connected", "failed"},
        least=2,
        above=0.05,
        began="{bad} of {all} tries to connect {name} failed in the last 15 minutes. The log lines "
        "connect_ended give the code; `fluxstudio doctor` checks the app's settings.",
        ended="{name} can be connected again",
    ),
    AlertCondition(
        "RefreshesFailing",
        "refreshes",
        bad={"unanswered", "refused"},
        least=3,
        began="{name} did not renew access {bad} times in the last 15 minutes. Calls go on while the present "
        "tokens last. Check its status page and the app's credentials.",
        ended="{name} renews access again",
    ),
    AlertCondition(
        "SignaturesFailing",
        "signatures",
        bad={"failed"},
        among={"verified", "failed"},
        least=5,
        above=0.2,
        began="{bad} of {all} webhooks from where {name} sends them were refused for their signature in the "
        "last 15 minutes. Compare the webhook's secret here with the one there.",
        ended="webhooks of {name} are no longer refused for their signature",
    ),
    AlertCondition(
        "ProviderFailing",
        "requests",
        bad={"5xx", "unanswered", "unreadable"},
        least=5,
        above=0.1,
        began="{bad} of {all} requests to {name} got no usable answer in the last 15 minutes. Kept answers "
        "are served meanwhile. Check its status page and the way out of this network.",
        ended="{name} answers again",
    ),
    AlertCondition(
        "EventsGivenUp",
        "deliveries",
        bad={"dead"},
        least=1,
        began="Events that failed for good in the last 15 minutes: {bad}. "
        "GET /api/webhooks/events?status=dead shows why; replay them once the cause is fixed.",
        ended="events no longer fail",
    ),
    AlertCondition(
        "EndpointDisabled",
        "endpoints",
        bad={"disabled"},
        least=1,
        began="{bad} of your endpoints was disabled in the last 15 minutes and no longer receives anything. "
        "GET /api/endpoints says why; enable it once that is fixed, and what waits is sent.",
        ended="no more endpoints are disabled",
    ),
    AlertCondition(
        "DatabaseAway",
        DATABASE_AWAY[0],
        bad={DATABASE_AWAY[2]},
        least=2,
        began="The database did not answer for a while in the last 15 minutes. What providers sent was "
        "answered 503, and they send it again.",
        ended="the database answers again",
    ),
)
QUEUE_STUCK = AlertCondition(
    "QueueStuck",
    "",
    bad=(),
    least=1,
    began="A job has been due for {bad} seconds. See that `fluxstudio serve` or `fluxstudio worker` runs; "
    "start more workers where they do not keep up.",
    ended="jobs are done in time again",
)


@dataclass(frozen=True, slots=True)
class AlertState:
    """How it stands with one condition for one provider or handler: trouble, well, or in between."""

    condition: AlertCondition
    about: str
    bad: int
    all: int
    trouble: bool
    well: bool


async def watch(services: Services) -> None:
    """Look once at all conditions and tell what has begun and what is over. To be called every minute.

    What cannot be told is told at the next look. Raises `DatabaseUnavailable`.
    """
    await services.cluster_metrics.share()
    await services.cluster_metrics.sweep()
    alerts = Alerts(services.db)
    on = await alerts.open_alerts()
    states = {(state.condition.name, state.about): state for state in await _look(services)}
    for state in states.values():
        if state.trouble:
            await _begin(services, state)
    for name, about in sorted(on):
        condition = next((entry for entry in (*CONDITIONS, QUEUE_STUCK) if entry.name == name), None)
        if condition is None:
            await alerts.end(name, about)
            continue
        state = states.get((name, about), AlertState(condition, about, 0, 0, trouble=False, well=True))
        if state.well:
            await _end(services, state)
        elif not state.trouble:
            await alerts.interrupt_calm(name, about)


async def _look(services: Services) -> list[AlertState]:
    recent = await services.cluster_metrics.recent(WINDOW)
    waiting = (await services.cluster_metrics.snapshot()).oldest
    stuck = waiting > MAX_QUEUE_WAIT_SECONDS
    states = [AlertState(QUEUE_STUCK, "", round(waiting), 0, stuck, waiting <= MAX_QUEUE_WAIT_SECONDS / 2)]
    for condition in CONDITIONS:
        states += judged(condition, recent)
    return states


def judged(condition: AlertCondition, recent: Mapping[Figure, int]) -> Iterator[AlertState]:
    """How it stands with a condition for everything that it counts."""
    for about in sorted({about for name, about, _ in recent if name == condition.figure}):
        of = {
            outcome: count
            for (name, whose, outcome), count in recent.items()
            if (name, whose) == (condition.figure, about)
        }
        bad = sum(count for outcome, count in of.items() if outcome in condition.bad)
        among = sum(
            count for outcome, count in of.items() if condition.among is None or outcome in condition.among
        )
        trouble = bad >= condition.least and bad > condition.above * among
        # Well only well below: what swings about the mark is told once.
        well = bad < condition.least or bad < condition.above / 2 * among
        yield AlertState(condition, about, bad, among, trouble, well)


async def _begin(services: Services, state: AlertState) -> None:
    name, about = state.condition.name, state.about
    if await Alerts(services.db).begin(name, about):
        return
    log.warning("alert_began", alert=name, about=about, bad=state.bad, all=state.all)
    text = state.condition.began.format(bad=state.bad, all=state.all, name=_name(services, about))
    if await _send(services, text):
        await Alerts(services.db).mark_announced(name, about)


async def _end(services: Services, state: AlertState) -> None:
    name, about = state.condition.name, state.about
    alerts = Alerts(services.db)
    alert = await alerts.calm(name, about, CALM)
    if alert is None or not alert.over:
        return
    minutes = max(1, round(alert.lasted / 60))
    text = f"Over after {minutes} min: {state.condition.ended.format(name=_name(services, about))}."
    if not alert.is_announced or await _send(services, text):
        log.info("alert_ended", alert=name, about=about, minutes=minutes)
        await alerts.end(name, about)


def _name(services: Services, about: str) -> str:
    try:
        return services.registry[about].provider.name
    except UnknownProvider:
        return about


async def _send(services: Services, text: str) -> bool:
    """Tell people, where the settings say whom; whether nothing more is to be done about it."""
    channel, user = services.settings.alert_channel, services.settings.alert_user
    if not channel:
        return True
    try:
        actor = await _teller(services, user)
        await _notify(services, actor, channel, text)
    except FluxStudioError as error:
        log.error("alert_untold", reason=error.message)
        return False
    return True


async def _teller(services: Services, name: str) -> Actor:
    person = await services.users.find(name, verified=True)
    actor = None if person is None else await services.users.by_subject(person.subject)
    if actor is None:
        raise NotConnected("ALERT_USER is neither the subject nor the verified address of anybody here.")
    return actor


async def _notify(services: Services, actor: Actor, channel: str, text: str) -> None:
    """Send by ALERT_CONNECTION, or by the only connection of the user that messages can be sent with."""
    entry, notifier = await _messenger(services, actor)
    arguments = {"channel": channel, "text": text}
    await call.run(services, actor, notifier.send.full_name, arguments, connection=str(entry.id))


async def _messenger(services: Services, actor: Actor) -> tuple[ListedConnection, Notifier]:
    """The connection that alerts are sent by. Raises `NotConnected` where it is not there, or not clear."""
    candidates = [
        (entry, notifier)
        for entry in await services.connections.of_user(actor.user_id)
        if entry.is_active
        and (notifier := services.registry.get(entry.provider).provider.capability(Notifier)) is not None
    ]
    connection_id = services.settings.alert_connection
    if connection_id:
        candidates = [(entry, notifier) for entry, notifier in candidates if str(entry.id) == connection_id]
        if not candidates:
            raise NotConnected("ALERT_CONNECTION is no live connection of ALERT_USER to send messages with.")
    if not candidates:
        raise NotConnected("ALERT_USER has connected nothing that messages can be sent with.")
    if len(candidates) > 1:
        names = ", ".join(f"{entry.account.name} ({entry.id})" for entry, _ in candidates)
        raise NotConnected(f"ALERT_USER has several accounts. Name one in ALERT_CONNECTION: {names}.")
    return candidates[0]
