"""Design tokens: no sync yet, several, the form with and without problems, and one sync in each state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fluxstudio.core.design_tokens.syncs import TokenRun
from fluxstudio.faces.web.components.views import EmptyView, HeadView, LinkView
from fluxstudio.faces.web.design_tokens.presenter import (
    FILE_PLACEHOLDER,
    POLICIES,
    POLICY_CHOICES,
    SOURCE,
    conflict_row,
    preview_view,
    run_row,
)
from fluxstudio.faces.web.design_tokens.views import (
    SyncFormPage,
    SyncPage,
    SyncRow,
    SyncsPage,
    TokenProblemView,
    TokenSourcePage,
    TokenSourceView,
)
from fluxstudio.faces.web.shell.templating import Page

ADDRESS = "/design-tokens"
HEAD = HeadView(title="Design tokens", sentence="Both sides, merged.")
ONE = HeadView(title="ada/ink · tokens.json", parent=LinkView(label="Design tokens", href=ADDRESS))
PROPOSED = "https://code.example/ada/ink/pull/7"
CHANGES = (
    {"kind": "changed", "path": "ink.deep", "field": "$value", "before": "#0b3d91", "after": "#1f2e66"},
    {
        "kind": "added",
        "path": "radius.small",
        "field": "token",
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
        _form({"policy": "ask"}, {}),
        _form({"policy": "repository", "file_key": "K1"}, {"repository": "Required."}),
        _source(),
        _source(kind="folder", folder="design/figma", code="not-a-real-code", code_expires_at=now),
        _sync(),
        _sync(preview=preview_view((), "")),
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
            preview=preview_view(CHANGES * 60, "-one\n+two"),
            skipped=("Elevation: it has no value.",),
            runs=tuple(run_row(run) for run in _runs(now)),
        ),
    ]


def _form(values: dict[str, str], errors: dict[str, str]) -> SyncFormPage:
    return SyncFormPage(
        head=ONE,
        action=ADDRESS,
        cancel_href=ADDRESS,
        source=SOURCE,
        file_placeholder=FILE_PLACEHOLDER,
        policies=POLICY_CHOICES,
        values=values,
        errors=errors,
    )


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
