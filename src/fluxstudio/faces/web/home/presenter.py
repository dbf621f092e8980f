"""Filling Home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fluxstudio.core.automations.rules import Automation
from fluxstudio.core.automations.run_history import RuleInTrouble
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import RegisteredProvider, Registry
from fluxstudio.core.webhooks.events import Event
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import HeadView, LinkView
from fluxstudio.faces.web.home.views import (
    AttentionRow,
    BenefitView,
    ChecklistView,
    FirstStepView,
    HappeningRow,
    HomePage,
    SampleDataView,
)
from fluxstudio.faces.web.shell.account_pages import provider_page
from fluxstudio.faces.web.shell.filters import plural
from fluxstudio.faces.web.shell.guest import SampleData
from fluxstudio.faces.web.shell.paths import ACTIVITY, AUTOMATION_GALLERY, AUTOMATIONS, INTEGRATIONS, run_path
from fluxstudio.flows.overview import FirstSteps, Overview
from fluxstudio.flows.webhooks import event_text
from fluxstudio.sdk import DesignSource, Notifier

CHECKLIST = "/home/checklist"
SAMPLE_DATA = "/home/sample-data"
BENEFITS = (
    BenefitView(
        icon="hash",
        title="Design news where you talk",
        words="Comments, new versions and library updates, posted to the right channel.",
    ),
    BenefitView(
        icon="issue",
        title="Issues next to the design",
        words="Open an issue from a comment or a library update, and hear how it ends.",
    ),
    BenefitView(
        icon="refresh",
        title="Tokens that stay in sync",
        words="Design tokens reach code as pull requests you review.",
    ),
)

STEPS = 4

Names = Mapping[tuple[str, str], str]


def sample_data_view(
    samples: SampleData, steps: FirstSteps, automation: Automation | None
) -> SampleDataView | None:
    """The offer of sample data, then what to do with its automation until the first steps are put away."""
    if may_add(steps):
        return SampleDataView(
            title="See an automation right away",
            words="Connects the simulated Figma, Slack and GitHub, adds a team, and turns on an automation. "
            "You can disconnect everything again.",
            add_action=SAMPLE_DATA,
        )
    if automation is None or steps.closed:
        return None
    return SampleDataView(
        title="Now see it work",
        words=f"“{automation.name}” is on. Comment on the file in Figma, and the comment appears in Slack.",
        links=(
            LinkView(label="Comment in the simulated Figma", href=samples.comment_href, external=True),
            LinkView(label="Open the simulated Slack", href=samples.channel_href, external=True),
        ),
        # Before that, the first steps below are put away together with it.
        close_action=CHECKLIST if steps.done == STEPS else None,
    )


def may_add(steps: FirstSteps) -> bool:
    """Whether there is nothing yet that sample data could mix with."""
    return not steps.connected and not steps.automates


def home_page(
    registry: Registry, seen: Overview, accounts: Names, name: str, sample_data: SampleDataView | None = None
) -> HomePage:
    """Home as somebody called `name` sees it; `accounts` are names of accounts by provider and id."""
    steps = seen.steps
    first_visit = not steps.closed and not steps.connected
    checklist = None if steps.closed or steps.done == STEPS else _checklist(registry, steps)
    attention = tuple(_attention(registry, seen))
    greeting = f"Welcome, {name.split()[0]}" if name else "Welcome"
    return HomePage(
        head=HeadView(
            title=greeting if first_visit else "Home",
            sentence="Connect the tools your team works in, and let them keep each other up to date."
            if first_visit
            else None,
        ),
        marks=tuple(mark(entry) for entry in registry) if first_visit else (),
        benefits=BENEFITS if first_visit else (),
        sample_data=sample_data,
        checklist=checklist,
        attention=attention,
        working=None if attention or not seen.connections else _working(seen),
        lately=tuple(_happening(registry, event, accounts) for event in seen.events),
        show_action=CHECKLIST if steps.closed and steps.done < STEPS else None,
    )


def _working(seen: Overview) -> str:
    accounts = plural(len(seen.connections), "account")
    rules = f" and {plural(seen.rules, 'automation')} on" if seen.rules else ""
    return f"{accounts} connected{rules}. Nothing needs your attention."


def _checklist(registry: Registry, steps: FirstSteps) -> ChecklistView:
    design = next((entry for entry in registry if entry.provider.capability(DesignSource)), None)
    notifier = next((entry for entry in registry if entry.provider.capability(Notifier)), None)
    entries = [
        (
            "Connect your tools",
            "One account is enough to begin. You decide what each one can access.",
            steps.connected,
            LinkView(label="Connect", href=INTEGRATIONS),
        ),
        *_if_offered(
            design,
            "Add a team or a file",
            "Paste its link from {}, and its files appear here.",
            steps.follows,
            "Add a link",
        ),
        *_if_offered(
            notifier,
            "Send a test message",
            "See how messages look in {} before anything is automated.",
            steps.notified,
            "Send a test",
        ),
        (
            "Turn on your first automation",
            "Pick a template, fill it in, and test it on last week’s events.",
            steps.automates,
            LinkView(label="Pick a template", href=AUTOMATION_GALLERY),
        ),
    ]
    following = next((title for title, _, done, _ in entries if not done), None)
    views = tuple(
        FirstStepView(title=title, words=words, done=done, action=action, is_next=title == following)
        for title, words, done, action in entries
    )
    return ChecklistView(steps=views, done=sum(view.done for view in views), close_action=CHECKLIST)


def _if_offered(
    registered: RegisteredProvider | None, title: str, words: str, done: bool, label: str
) -> Iterator[tuple[str, str, bool, LinkView]]:
    """A step with a provider that can do it, where there is one."""
    if registered is not None:
        page = provider_page(registered)
        href = page.href if page is not None else INTEGRATIONS
        yield title, words.format(registered.provider.name), done, LinkView(label=label, href=href)


def _attention(registry: Registry, seen: Overview) -> Iterator[AttentionRow]:
    yield from (_broken(registry, entry) for entry in seen.broken)
    yield from (_failing(rule) for rule in seen.failing)
    yield from (_dead(registry, event) for event in seen.dead_events)
    if seen.more_dead_events:
        yield AttentionRow(
            title=f"{plural(seen.more_dead_events, 'more failed event', 'more failed events')}",
            why="Fix the cause, then replay them.",
            action=LinkView(label="Show failed events", href=f"{ACTIVITY}?state=dead"),
        )


def _broken(registry: Registry, entry: ListedConnection) -> AttentionRow:
    registered = registry.get(entry.provider)
    why = str((entry.problem or {}).get("message") or "Its access has expired.")
    return AttentionRow(
        title=f"{registered.provider.name} needs to be reconnected: {entry.account.name}",
        why=f"{why} Your settings are kept.",
        at=entry.problem_since,
        mark=mark(registered),
        action=LinkView(label="Reconnect", href=f"{INTEGRATIONS}#card-{entry.provider}"),
    )


def _failing(rule: RuleInTrouble) -> AttentionRow:
    title, problem, tone = f"“{rule.name}” failed", rule.problem or {}, "bad"
    if rule.unseen > 1:
        title = f"{title} {'more than 99' if rule.unseen >= 100 else rule.unseen} times"
    if rule.paused is not None:
        title, problem, tone = f"“{rule.name}” is paused", rule.paused, "attention"
    action = LinkView(label="Open automation", href=f"{AUTOMATIONS}/{rule.automation_id}")
    if rule.run_id is not None and rule.paused is None:
        action = LinkView(label="See why", href=run_path(rule.automation_id, rule.run_id))
    why = str(problem.get("message") or "Open it to see what happened.")
    return AttentionRow(title=title, why=why, at=rule.run_at, icon="bolt", tone=tone, action=action)


def _dead(registry: Registry, event: Event) -> AttentionRow:
    return AttentionRow(
        title=f"Failed event: {event_text.of_event(registry, event)[0]}",
        why=str((event.problem or {}).get("message") or "It still failed after every retry."),
        at=event.received_at,
        mark=mark(registry.get(event.provider)),
        action=LinkView(label="See why", href=f"{ACTIVITY}/{event.id}"),
    )


def _happening(registry: Registry, event: Event, accounts: Names) -> HappeningRow:
    return HappeningRow(
        href=f"{ACTIVITY}/{event.id}",
        text=event_text.of_event(registry, event)[0],
        at=event.received_at,
        mark=mark(registry.get(event.provider)),
        account=accounts.get((event.provider, event.account_id or ""), ""),
    )
