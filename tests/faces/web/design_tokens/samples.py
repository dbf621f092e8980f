"""Design tokens: no sync yet, several, the form with and without problems, and one sync in each state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fluxstudio.core.design_tokens.syncs import TokenRun
from fluxstudio.faces.web.components.views import EmptyView, HeadView, LinkView
from fluxstudio.faces.web.design_tokens.making import STEPS
from fluxstudio.faces.web.design_tokens.presenter import (
    FILE_PLACEHOLDER,
    FORMAT_CHOICES,
    POLICIES,
    POLICY_CHOICES,
    SCHEDULE_CHOICES,
    SOURCE,
    conflict_row,
    preview_view,
    run_row,
)
from fluxstudio.faces.web.design_tokens.table import table_page
from fluxstudio.faces.web.design_tokens.views import (
    MakingStepView,
    SyncMakingPage,
    SyncPage,
    SyncRow,
    SyncsPage,
    TokenProblemView,
    TokenSourcePage,
    TokenSourceView,
    TokenTablePage,
)
from fluxstudio.faces.web.shell.templating import Page

ADDRESS = "/design-tokens"
HEAD = HeadView(title="Design tokens", sentence="Both sides, merged.")
ONE = HeadView(title="ada/ink · tokens.json", parent=LinkView(label="Design tokens", href=ADDRESS))
PROPOSED = "https://code.example/ada/ink/pull/7"
SKIPPED = ({"name": "Elevation", "reason": "it has no value", "mode": "Dark"},)
CHANGES = (
    {"kind": "changed", "path": "ink.deep", "field": "$value", "before": "#0b3d91", "after": "#1f2e66"},
    {
        "kind": "added",
        "path": "radius.small",
        "field": "$value",
        "before": None,
        "after": {"value": 7, "unit": "px"},
    },
)
CONFLICTS = (
    {"path": "ink.red", "field": "$value", "base": "#cc0000", "ours": "#dd0000", "theirs": "#bb0000"},
    {"path": "", "field": "held", "base": 120, "ours": 3, "theirs": 120, "reason": "Most tokens would go."},
)


def pages(now: datetime) -> list[Page]:
    """Every page of the family, in the states it can be in."""
    rows = (
        SyncRow(href=f"{ADDRESS}/1", title="ada/ink · tokens.json", detail="File K1", pull_request=PROPOSED),
        SyncRow(href=f"{ADDRESS}/2", title="ada/pen · tokens.json", detail="File K2", pull_request=None),
    )
    return [
        SyncsPage(head=HEAD, empty=EmptyView(title="No token syncs yet", words="Add one.", icon="refresh")),
        SyncsPage(head=HEAD, syncs=rows),
        *_making(),
        _table(""),
        _table("nothing like it"),
        _source(),
        _source(kind="folder", folder="design/figma", code="not-a-real-code", code_expires_at=now),
        _sync(),
        _sync(preview=preview_view(())),
        _sync(
            pull_request=PROPOSED,
            held=True,
            channel="#design",
            problems=(TokenProblemView(message="The repository refuses.", fix="Ask its admin."),),
            variables=TokenSourceView(
                words="Figma’s API, styles only",
                href=f"{ADDRESS}/1/source",
                hint="Add variables.",
                received_at=now,
            ),
            conflicts=tuple(conflict_row(conflict) for conflict in CONFLICTS),
            preview=preview_view(CHANGES * 60, "one", "two", skipped=SKIPPED),
            skipped=("Elevation: it has no value.",),
            runs=tuple(run_row(run) for run in _runs(now)),
        ),
    ]


def _making() -> list[SyncMakingPage]:
    """Every step, the second with something missing, the third for a new file."""
    values = {"policy": "ask", "file_key": "K1"}
    preview = preview_view(CHANGES, "one\ntwo", "one\nthree\nfour", conflicts=CONFLICTS[:1], skipped=SKIPPED)
    return [
        _step("design", values),
        _step("repository", values, errors={"repository": "Required."}),
        _step("rules", values, is_new_file=True),
        _step("preview", values, preview=preview),
        _step("preview", values, preview=preview_view((), conflicts=CONFLICTS)),
        _step("preview", values, preview=preview_view(())),
    ]


def _step(step: str, values: dict[str, str], **state: Any) -> SyncMakingPage:
    at = list(STEPS).index(step)
    steps = [
        MakingStepView(label=label, state="now" if place == at else "done" if place < at else "next")
        for place, (label, _) in enumerate(STEPS.values())
    ]
    return SyncMakingPage(
        head=ONE,
        step=step,
        steps=tuple(
            replace(one, href=ADDRESS, summary="12 tokens") if one.state == "done" else one for one in steps
        ),
        here=f"{ADDRESS}/new",
        action=ADDRESS,
        back_href=ADDRESS,
        source=SOURCE,
        file_placeholder=FILE_PLACEHOLDER,
        next_step=[*STEPS, ""][at + 1],
        policies=POLICY_CHOICES,
        schedules=SCHEDULE_CHOICES,
        formats=FORMAT_CHOICES,
        branch="main",
        values=values,
        carried={"file_key": "K1"},
        **state,
    )


def _table(query: str) -> TokenTablePage:
    """A palette and roles in two modes; a run would change one, add one and delete one."""
    ink = {"$type": "color", "$value": "#0b3d91"}
    before = {
        "ink": {"deep": ink, "pale": {"$type": "color", "$value": "#0b3d9180"}, "gone": ink},
        "roles": {"text": {"$type": "color", "$value": "{ink.deep}"}},
    }
    dark = {"com.figma": {"modes": {"Dark": "{ink.pale}"}}}
    after = {
        "ink": {"deep": {**ink, "$value": "#1f2e66"}, "pale": before["ink"]["pale"], "new": ink},
        "roles": {"text": {**before["roles"]["text"], "$extensions": dark}},
    }
    return table_page(f"{ADDRESS}/1", "ada/ink", before, after, group="ink", query=query)


def _source(kind: str = "api", **state: Any) -> TokenSourcePage:
    return TokenSourcePage(
        head=ONE,
        source=SOURCE,
        action=f"{ADDRESS}/1",
        plugin_href=f"{ADDRESS}/plugin.zip",
        kind=kind,
        **state,
    )


def _sync(**state: Any) -> SyncPage:
    variables = TokenSourceView(words="Figma’s API", href=f"{ADDRESS}/1/source")
    stored = {"pull_request": None, "held": False, "variables": variables, **state}
    return SyncPage(
        head=ONE, source=SOURCE, action=f"{ADDRESS}/1", policy=POLICIES["ask"], schedule="By hand", **stored
    )


def _runs(now: datetime) -> list[TokenRun]:
    """One that failed, one that was held, one that proposed something, and one with nothing to do."""
    nothing = TokenRun(
        number=1,
        started_at=now - timedelta(hours=1),
        ended_at=now,
        outcome="nothing",
        url=None,
        changes=(),
        conflicts=(),
        skipped=(),
        problem=None,
    )
    return [
        replace(nothing, number=4, outcome="failed", problem="The repository does not answer."),
        replace(nothing, number=3, outcome="held", conflicts=CONFLICTS),
        replace(nothing, number=2, outcome="pull_request", url=PROPOSED, changes=CHANGES),
        nothing,
    ]
