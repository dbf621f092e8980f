"""Activity: what happened at the providers, what came of it, and replaying it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.automations.run_history import RunHistory
from fluxstudio.core.webhooks import usage
from fluxstudio.core.webhooks.events import Events
from fluxstudio.faces.web.activity.filter import NOBODY, STATES, Filter, event_id
from fluxstudio.faces.web.activity.presenter import event_page, event_row
from fluxstudio.faces.web.activity.views import ActivityPage, ReplayAllView, ReplayPage
from fluxstudio.faces.web.components.views import BannerView, EmptyView, HeadView, LinkView, TabView, Tone
from fluxstudio.faces.web.shell.paths import ACTIVITY, INTEGRATIONS, WEBHOOKS
from fluxstudio.faces.web.shell.visit import Visit, local_path
from fluxstudio.flows.automations.runs.retry import REFUSALS
from fluxstudio.flows.webhooks import history, replay, search
from fluxstudio.kit.durations import worded

router = APIRouter(include_in_schema=False)

EVENTS_PAGE_SIZE = 50
PARENT = LinkView(label="Activity", href=ACTIVITY)
SENTENCE = "Everything your tools sent, newest first."
NO_DEAD_LETTERS = EmptyView(
    title="No failed events",
    words="Events that still fail after every retry appear here. Fix the cause, then replay them.",
    icon="check-circle",
)
NONE_UNCONCERNED = EmptyView(
    title="Every event has an owner",
    words="Events from repositories, files and accounts that no user here can see appear here.",
    icon="check-circle",
)
NONE_FITS = EmptyView(
    title="No such events",
    words="Try other filters.",
    icon="search",
    action=LinkView(label="Show everything", href=ACTIVITY),
)
NONE_MATCHES = EmptyView(
    title="Nothing matches",
    words="Try fewer words: of what happened, where, or of its type.",
    icon="search",
    action=LinkView(label="Show everything", href=ACTIVITY),
)
NOTHING_YET = EmptyView(
    title="Nothing has happened yet",
    words="Comments, messages, issues and pushes appear here as they happen, once you add a webhook.",
    icon="activity",
    action=LinkView(label="Open Webhooks", href=WEBHOOKS),
)
UNCONNECTED = EmptyView(
    title="Nothing has happened yet",
    words="Connect a tool your team works in to see its events here.",
    icon="activity",
    action=LinkView(label="Open Integrations", href=INTEGRATIONS),
)


@router.get(ACTIVITY)
async def activity(request: Request) -> Response:
    """What happened, newest first."""
    visit = await Visit.of(request)
    chosen = Filter.of(visit)
    events, reader = Events(visit.services.db), replay.reader(visit.actor)
    listed = await search.events_page(
        visit.services,
        visit.actor,
        words=chosen.words,
        before=chosen.before,
        provider=chosen.provider,
        event_type=None,
        outcome=STATES[chosen.state][1] if chosen.state in STATES else None,
        unconcerned=chosen.state == NOBODY,
        limit=EVENTS_PAGE_SIZE,
    )
    page_events = listed.events
    accounts = await events.account_names(page_events)
    dead = await events.count_dead_letters(reader, chosen.provider)
    outcomes = await history.outcomes(visit.services, visit.actor, page_events)
    if chosen.state == "dead":
        await RunHistory(visit.services.db).see_events(visit.actor.user_id)
    page = ActivityPage(
        head=HeadView(title="Activity", sentence=SENTENCE),
        states=_states(chosen, dead, admin=visit.actor.is_admin),
        providers=_providers(visit, chosen),
        rows=tuple(
            event_row(visit.services.registry, entry, accounts, outcomes[entry.id]) for entry in page_events
        ),
        empty=None if page_events else await _emptiness(visit, chosen),
        search=chosen.search,
        searched_to=listed.searched_to,
        only=chosen.provider or "",
        live_href=None if chosen.before else chosen.href(),
        newest_href=chosen.href() if chosen.before else None,
        older_href=chosen.href(before=str(listed.older)) if listed.older else None,
        replay_all=_replay_all(chosen, dead) if chosen.state == "dead" and dead else None,
    )
    return await visit.page(page, banners=[*_outcome(request), *await _limits(visit, reader)])


async def _limits(visit: Visit, reader: UUID | None) -> list[BannerView]:
    """Says where more has arrived than is meant to be stored."""
    settings = visit.services.settings
    most, largest = settings.events_per_account_per_day, settings.event_bytes_per_account
    sources = await usage.totals(visit.services.db, reader)
    over = [entry for entry in sources if entry.events >= most or entry.bytes >= largest]
    if not over:
        return []
    own = any(entry.source.startswith("user ") for entry in over)
    detail = f"The limits are {most:,} events a day and {largest // 1024**2:,} MB for one account. "
    detail += "Further events of that user’s webhooks are refused." if own else "Nothing is refused."
    return [
        BannerView(tone="attention", title="More events arrive than are meant to be stored.", detail=detail)
    ]


def _states(chosen: Filter, dead: int, *, admin: bool) -> tuple[TabView, ...]:
    labels = {"": "Everything", **{name: label for name, (label, _) in STATES.items()}}
    if admin:
        labels[NOBODY] = "No owner"
    return tuple(
        TabView(
            label=label,
            href=chosen.href(state=name),
            current=name == chosen.state,
            count=dead if name == "dead" and dead else None,
        )
        for name, label in labels.items()
    )


def _providers(visit: Visit, chosen: Filter) -> tuple[TabView, ...]:
    telling = [entry for entry in visit.services.registry if entry.provider.webhooks is not None]
    return (
        TabView(label="All", href=chosen.href(**{"from": ""}), current=chosen.only is None),
        *(
            TabView(
                label=entry.provider.name,
                href=chosen.href(**{"from": entry.provider.id}),
                current=entry is chosen.only,
            )
            for entry in telling
        ),
    )


async def _emptiness(visit: Visit, chosen: Filter) -> EmptyView:
    """Why there is nothing to show."""
    if chosen.words:
        return replace(NONE_MATCHES, title=f"Nothing matches “{chosen.words}”")
    if chosen.state == "dead":
        return NO_DEAD_LETTERS
    if chosen.state == NOBODY:
        return NONE_UNCONCERNED
    if chosen.state or chosen.only or chosen.before:
        duration = worded(visit.services.settings.retention.events)
        return replace(NONE_FITS, words=f"{NONE_FITS.words} Events are kept for {duration}.")
    listed = await visit.services.connections.of_user(visit.actor.user_id)
    return NOTHING_YET if any(entry.is_active for entry in listed) else UNCONNECTED


def _replay_all(chosen: Filter, count: int) -> ReplayAllView:
    back = Filter(only=chosen.only, state="dead").href()
    return ReplayAllView(
        count=count,
        most=replay.MAX_REPLAYED_AT_ONCE,
        action=f"{ACTIVITY}/replay",
        ask_href=f"{ACTIVITY}/replay" + (f"?from={chosen.provider}" if chosen.provider else ""),
        cancel_href=back,
        provider=chosen.provider or "",
        provider_name=chosen.only.provider.name if chosen.only else None,
    )


def _outcome(request: Request) -> list[BannerView]:
    """What was just replayed, as the address tells."""
    done = request.query_params.get("done", "")
    if not done.isdecimal() or len(done) > 6:
        return []
    mine = _count(request, "mine")
    refused = request.query_params.get("refused", "")
    replayed = replay.ReplayResult(
        max(0, int(done) - mine),
        mine,
        _count(request, "started"),
        _count(request, "retried"),
        (refused,) if refused in REFUSALS else (),
    )
    done_something = bool(replayed.events or replayed.retried)
    tone: Tone = "good" if done_something else "bad" if replayed.refused else "neutral"
    return [BannerView(tone=tone, title=replayed.message)]


def _count(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= 6 else 0


def _result_query(done: replay.ReplayResult) -> dict[str, str]:
    """What was replayed, as the address tells it."""
    query = {"done": str(done.events)}
    if done.for_me:
        query |= {"mine": str(done.for_me), "started": str(done.started)}
    if done.retried:
        query["retried"] = str(done.retried)
    return query | ({"refused": done.refused[0]} if done.refused else {})


@router.get(f"{ACTIVITY}/replay")
async def ask(request: Request) -> Response:
    """The question before failed events are replayed."""
    visit = await Visit.of(request)
    chosen = Filter.of(visit)
    count = await Events(visit.services.db).count_dead_letters(replay.reader(visit.actor), chosen.provider)
    if not count:
        return await visit.go(chosen.href(state="dead"))
    head = HeadView(title="Replay failed events", parent=PARENT)
    return await visit.page(ReplayPage(head=head, replay_all=_replay_all(chosen, count)))


@router.post(f"{ACTIVITY}/replay")
async def replay_dead(request: Request) -> Response:
    """Replay failed events."""
    visit = await Visit.of(request)
    fields = await visit.form()
    only = fields.get("from")
    chosen = Filter(only=visit.services.registry[only] if only else None)
    done = await replay.replay_dead_letters(visit.services, visit.actor, provider=chosen.provider)
    return await visit.go(chosen.href(**_result_query(done)))


@router.get(f"{ACTIVITY}/{{event}}")
async def one(request: Request, event: str) -> Response:
    """One event."""
    visit = await Visit.of(request)
    entry, deliveries = await replay.visible_event(visit.services, visit.actor, event_id(event))
    page = await event_page(visit.services, visit.actor, entry, deliveries, PARENT)
    await RunHistory(visit.services.db).see_event(visit.actor.user_id, entry.id)
    return await visit.page(page, banners=_outcome(request))


@router.post(f"{ACTIVITY}/{{event}}/replay")
async def replay_one(request: Request, event: str) -> Response:
    """Replay one event, or with `from` only what failed of it."""
    visit = await Visit.of(request)
    fields = await visit.form()
    back = local_path(fields.get("returnTo"))
    start: replay.Start = "failed_step" if fields.get("from") == "failed_step" else "beginning"
    done = await replay.replay_one(visit.services, visit.actor, event_id(event), start=start)
    return await visit.go(f"{back}{'&' if '?' in back else '?'}{urlencode(_result_query(done))}")
