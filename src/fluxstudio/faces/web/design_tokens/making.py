"""Making a sync in four steps: the design file, the repository, the rules, and what its first run proposes.

Each step is a page of its own; what was chosen is in its address, so that every step can be gone back to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.errors import FluxStudioError, InvalidRequest
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView
from fluxstudio.faces.web.design_tokens.presenter import (
    FILE_PLACEHOLDER,
    FORMAT_CHOICES,
    POLICY_CHOICES,
    REFUSED,
    SCHEDULE_CHOICES,
    SOURCE,
    preview_view,
)
from fluxstudio.faces.web.design_tokens.refusals import refused_banner
from fluxstudio.faces.web.design_tokens.views import MakingStepView, SyncMakingPage, SyncPreviewView
from fluxstudio.faces.web.shell.guest import guest_of
from fluxstudio.faces.web.shell.paths import DESIGN_TOKENS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.design_tokens.syncs import drafting, running, service

router = APIRouter(include_in_schema=False)

NEW = f"{DESIGN_TOKENS}/new"
PARENT = LinkView(label="Design tokens", href=DESIGN_TOKENS)
HEAD = HeadView(
    title="New token sync",
    sentence="FluxStudio compares the Figma file with your repository and proposes changes. You merge them.",
    parent=PARENT,
)
# Step → its name and the fields that it asks for; the last two of a repository's may be left empty.
STEPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "design": (f"{SOURCE} file", ("file_key",)),
    "repository": ("Repository", ("repository", "token_file", "branch")),
    "rules": ("Rules", ("policy", "schedule", "format")),
    "preview": ("Preview", ()),
}
FIELDS = tuple(name for _, names in STEPS.values() for name in names)
REQUIRED = frozenset({"file_key", "repository", "token_file"})
STYLES_ONLY = "This file gives styles, and no variables."
MAX_ENTRY_CHARACTERS = 1000


@dataclass(slots=True)
class Making:
    """What was chosen so far, and what became of looking at it."""

    values: dict[str, str]
    step: str
    errors: dict[str, str] = field(default_factory=dict)
    banners: list[BannerView] = field(default_factory=list)
    summaries: dict[str, str] = field(default_factory=dict)
    is_new_file: bool = False
    branch: str = ""
    preview: SyncPreviewView | None = None


@router.get(NEW)
async def new(request: Request) -> Response:
    """One step; a link to it may fill in what it asks for."""
    visit = await Visit.of(request)
    guest = guest_of(request)
    query = request.query_params
    values = {"policy": "ask", **(guest.token_sync if guest is not None else {})}
    values |= {name: query[name][:MAX_ENTRY_CHARACTERS].strip() for name in FIELDS if name in query}
    making = Making(values, query["step"] if query.get("step") in STEPS else "design")
    await _look(visit, making)
    return await _shown(visit, making)


@router.post(DESIGN_TOKENS)
async def add(request: Request) -> Response:
    """Make the sync."""
    visit = await Visit.of(request)
    form = await visit.form()
    making = Making({name: form.get(name, "").strip() for name in FIELDS}, "preview")
    _check(making)
    if not making.errors:
        try:
            sync = await service.add(visit.services, visit.actor, _wanted(making.values))
        except FluxStudioError as error:
            making.step = "repository"
            making.banners.append(refused_banner(error))
        else:
            return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}", 303)
    return await _shown(visit, making, status=400)


async def _look(visit: Visit, making: Making) -> None:
    """See to it that what was chosen before the step can be read; the step that it cannot is shown again."""
    wanted = making.step
    _check(making)
    reached = list(STEPS).index(wanted)
    if making.errors or not reached:
        return
    try:
        making.step = "design"
        refused = await _look_at_design(visit, making)
        if refused is not None and reached == 1:
            making.banners.append(BannerView(tone="attention", title=STYLES_ONLY, detail=REFUSED[refused]))
        if reached > 1:
            making.step = "repository"
            await _look_at_repository(visit, making)
        if wanted == "preview":
            making.preview = await _preview(visit, making)
        making.step = wanted
    except FluxStudioError as error:
        making.banners.append(refused_banner(error))


def _check(making: Making) -> None:
    """Go back to the first step before the wanted one that lacks something."""
    for step, (_, names) in STEPS.items():
        if step == making.step:
            return
        missing = [name for name in names if name in REQUIRED and not making.values.get(name)]
        if missing:
            making.errors = dict.fromkeys(missing, "Required.")
            making.step = step
            return


async def _look_at_design(visit: Visit, making: Making) -> str | None:
    """Count its tokens; why there are no variables among them, if so."""
    seen = await drafting.design_summary(visit.services, visit.actor, file_key_of(making.values["file_key"]))
    making.summaries["design"] = _counted(seen.tokens)
    return seen.refused


async def _look_at_repository(visit: Visit, making: Making) -> None:
    values = making.values
    summary = await drafting.file_summary(
        visit.services, visit.actor, values["repository"], values["token_file"], values.get("branch") or None
    )
    making.is_new_file, making.branch = summary.tokens is None, summary.branch
    state = "new file" if summary.tokens is None else _counted(summary.tokens)
    making.summaries["repository"] = f"{summary.repository} · {state}"


async def _preview(visit: Visit, making: Making) -> SyncPreviewView:
    sync = await drafting.draft(visit.services, visit.actor, _wanted(making.values))
    sides, merged = await running.preview(visit.services, visit.actor, sync)
    making.summaries["rules"] = POLICY_CHOICES[sync.policy][0]
    return await asyncio.to_thread(
        preview_view,
        [change.as_json() for change in merged.result.changes],
        sides.theirs.text if not sides.is_new else "",
        merged.data.decode("utf-8-sig"),
        conflicts=[conflict.as_json() for conflict in merged.result.conflicts],
        skipped=sides.design.skipped,
    )


def _wanted(values: Mapping[str, str]) -> drafting.SyncRequest:
    if (schedule := values.get("schedule", "")) not in SCHEDULE_CHOICES:
        raise InvalidRequest("Choose when this sync runs.", {"schedule": "is none of the choices"})
    return drafting.SyncRequest(
        file_key=file_key_of(values["file_key"]),
        source_connection=None,
        repository=values["repository"],
        path=values["token_file"],
        branch=values.get("branch") or None,
        target_connection=None,
        policy=values["policy"] if values.get("policy") in POLICY_CHOICES else "ask",
        format=values["format"] if values.get("format") in FORMAT_CHOICES else "dtcg",
        schedule=schedule or None,
    )


async def _shown(visit: Visit, making: Making, *, status: int = 200) -> Response:
    order = list(STEPS)
    at = order.index(making.step)
    own = STEPS[making.step][1]
    values = {name: making.values.get(name, "") for name in FIELDS}
    page = SyncMakingPage(
        head=HEAD,
        step=making.step,
        steps=tuple(_step(making, name, at) for name in order),
        here=NEW,
        action=DESIGN_TOKENS,
        back_href=_href(making, order[at - 1]) if at else DESIGN_TOKENS,
        source=SOURCE,
        file_placeholder=FILE_PLACEHOLDER,
        next_step=order[at + 1] if at + 1 < len(order) else "",
        policies=POLICY_CHOICES,
        schedules=SCHEDULE_CHOICES,
        formats=FORMAT_CHOICES,
        is_new_file=making.is_new_file,
        branch=making.branch,
        values=making.values if making.step != "preview" else values,
        carried={name: value for name, value in values.items() if name not in own and value},
        errors=making.errors,
        preview=making.preview,
    )
    failed = making.errors or any(banner.tone == "bad" for banner in making.banners)
    return await visit.page(page, banners=making.banners, status=400 if failed else status)


def _step(making: Making, name: str, at: int) -> MakingStepView:
    place = list(STEPS).index(name)
    done = place < at
    return MakingStepView(
        label=STEPS[name][0],
        state="now" if place == at else "done" if done else "next",
        href=_href(making, name) if done else None,
        summary=making.summaries.get(name, "") if done else "",
    )


def _href(making: Making, step: str) -> str:
    chosen = {name: value for name in FIELDS if (value := making.values.get(name))}
    return f"{NEW}?{urlencode({'step': step, **chosen})}"


def _counted(tokens: int) -> str:
    return f"{tokens:,} {'token' if tokens == 1 else 'tokens'}"


def file_key_of(text: str) -> str:
    """The key of a file out of its address, or as it is."""
    for part in ("/design/", "/file/"):
        if part in text:
            return text.partition(part)[2].partition("/")[0].partition("?")[0]
    return text
