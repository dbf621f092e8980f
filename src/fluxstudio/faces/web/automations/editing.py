"""Writing a rule: a new one from nothing, or one that is there, as a form or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.automations.rules import Automation
from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.web.automations.dry_run import dry_run
from fluxstudio.faces.web.automations.form_presenter import RuleForm
from fluxstudio.faces.web.automations.form_reader import written
from fluxstudio.faces.web.automations.form_views import RuleFormView
from fluxstudio.faces.web.automations.gallery import BACK
from fluxstudio.faces.web.automations.pickers import picks_for
from fluxstudio.faces.web.automations.presenter import about
from fluxstudio.faces.web.automations.preview import preview_of
from fluxstudio.faces.web.automations.shared import automation_of, outcome_banners, path_of
from fluxstudio.faces.web.automations.views import DryRunView, EditPage, NewPage
from fluxstudio.faces.web.components.views import BannerView, HeadView
from fluxstudio.faces.web.shell.paths import NEW_AUTOMATION
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring import service
from fluxstudio.flows.automations.authoring.field_suggestions import FieldSuggestions, field_suggestions
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation

router = APIRouter(include_in_schema=False)

MAX_RULE_FORM_FIELDS = 150
START: Mapping[str, Any] = {"when": {"event": "", "conditions": []}, "do": {}}
# Buttons that show the form again, and so does `remove.N`, which takes the condition N away.
SHOW_AGAIN = frozenset({"look", "more", "preview", "remove"})
NEW_HEAD = HeadView(
    title="New automation",
    sentence="Choose a trigger and an action, and test it before you turn it on.",
    parent=BACK,
)


class UnreadableJson(InvalidRequest):
    """What was typed as JSON is none."""


@dataclass
class EditSession:
    """One rule under somebody's pen; `automation` is the one it changes, None for a new one."""

    visit: Visit
    rule_form: RuleForm
    automation: Automation | None = None
    json: str | None = None
    sample: str = ""

    @classmethod
    async def of(cls, visit: Visit, automation: Automation | None) -> EditSession:
        """The rule as it is kept, or a new one."""
        listed = await visit.services.connections.of_user(visit.actor.user_id)
        name, definition = ("", START) if automation is None else (automation.name, automation.definition)
        return cls(visit, RuleForm(visit.services.registry, listed, name, definition), automation)

    def take(self, fields: Mapping[str, str]) -> None:
        """Take over what a form says. Raises `UnreadableJson`."""
        if fields.get("then", "").startswith("json"):
            self.json = fields.get("json", "")
            self.rule_form = replace(
                self.rule_form, name=fields.get("name", self.rule_form.name), definition=_json(self.json)
            )
            return
        self.sample = fields.get("sample", "")
        fields = {"when.timeZone": self.visit.time_zone, **_without_removed(fields)}
        definition = written(self.visit.services.registry, fields, self.rule_form.definition)
        rows = 1 + (fields.get("then") == "more")
        self.rule_form = replace(
            self.rule_form, name=fields.get("name", ""), definition=definition, blank_rows=rows
        )

    async def answer(self, then: str) -> Response:
        """Do what was asked for: show the form anew, try, or keep. Raises `InvalidRequest`."""
        if then.partition(".")[0] in SHOW_AGAIN:
            return await self.page()
        services, actor = self.visit.services, self.visit.actor
        name = self.rule_form.name
        if then.endswith("try"):
            evaluation = Evaluation(services, actor.user_id)
            before = None if self.automation is None else service.as_kept(self.automation.definition)
            _, definition = await service.checked(
                services, actor, name, self.rule_form.definition, evaluation, before=before
            )
            return await self.page(dry_run=await dry_run(self.visit, definition, evaluation))
        if self.automation is None:
            made = await service.make(services, actor, name, True, self.rule_form.definition)
            return await self.visit.go(f"{path_of(made.id)}?done=made")
        await service.change(
            services, actor, self.automation.id, name=name, definition_json=self.rule_form.definition
        )
        return await self.visit.go(f"{path_of(self.automation.id, 'edit')}?done=saved")

    async def refused(self, error: InvalidRequest) -> Response:
        """The form with what is wrong next to it."""
        places = {
            field.removeprefix("definition."): what for field, what in error.details.get("fields", {}).items()
        }
        self.rule_form = replace(self.rule_form, errors=places)
        in_json = None
        if self.json is not None:
            problems = "; ".join(f"{place}: {what}" for place, what in places.items())
            in_json = error.message if isinstance(error, UnreadableJson) else f"{error.message} {problems}"
        marked = in_json is None and places
        problem = "Check the highlighted fields." if marked else error.message
        return await self.page(problem=problem, json_error=in_json, status=400)

    async def page(
        self,
        *,
        problem: str | None = None,
        json_error: str | None = None,
        dry_run: DryRunView | None = None,
        status: int = 200,
        banners: Sequence[BannerView] = (),
    ) -> Response:
        """The form on its page."""
        action = NEW_AUTOMATION if self.automation is None else path_of(self.automation.id, "edit")
        save = "Switch on" if self.automation is None else "Save changes"
        form = await self._form(action, save, json_error)
        banner = self._banner(problem, form)
        if self.automation is None:
            return await self.visit.page(
                NewPage(head=NEW_HEAD, form=form, problem=banner, dry_run=dry_run), status=status
            )
        stand = await about(self.visit, self.automation, "edit")
        page = EditPage(about=stand, form=form, problem=banner, dry_run=dry_run)
        return await self.visit.page(page, status=status, banners=banners)

    async def _form(self, action: str, save: str, json_error: str | None) -> RuleFormView:
        """The form with what its fields offer, and the preview."""
        rule_form = await self._with_picks()
        chosen, drawn = await preview_of(self.visit, rule_form, self.sample)
        return replace(
            rule_form.form(action, save, self.json, json_error),
            samples=chosen,
            preview=drawn,
            preview_action=f"{action}/preview",
        )

    async def preview(self) -> Response:
        """The preview alone, for a page that shows the form already."""
        _, drawn = await preview_of(self.visit, await self._with_picks(), self.sample)
        return await self.visit.part("automations/preview.html", preview=drawn)

    async def _with_picks(self) -> RuleForm:
        picks = await picks_for(self.visit, self.rule_form)
        return replace(self.rule_form, picks=picks, suggestions=await self._suggestions())

    async def _suggestions(self) -> FieldSuggestions:
        when = (
            self.rule_form.definition.get("when") if isinstance(self.rule_form.definition, Mapping) else None
        )
        event = when.get("event") if isinstance(when, Mapping) else None
        if not isinstance(event, str) or not event:
            return FieldSuggestions()
        return await field_suggestions(self.visit.services, self.visit.actor, event)

    def _banner(self, problem: str | None, form: RuleFormView) -> BannerView | None:
        if problem is None:
            return None
        return BannerView(tone="bad", title=problem, detail=self.rule_form.unplaced(form))


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise UnreadableJson(
            f"This is no JSON ({str(error)[:120]}). Correct it and send it again.", {}
        ) from None


def _without_removed(fields: Mapping[str, str]) -> Mapping[str, str]:
    """The fields without those of the condition that is to go."""
    then, _, number = fields.get("then", "").partition(".")
    if then != "remove":
        return fields
    return {name: text for name, text in fields.items() if not name.startswith(f"when.conditions.{number}.")}


async def _previewed(visit: Visit, which: str | None = None) -> Response:
    fields = await visit.form(MAX_RULE_FORM_FIELDS)
    session = await EditSession.of(visit, None if which is None else await automation_of(visit, which))
    session.take({**fields, "then": "preview"})
    return await session.preview()


async def _sent(visit: Visit, which: str | None = None) -> Response:
    fields = await visit.form(MAX_RULE_FORM_FIELDS)
    session = await EditSession.of(visit, None if which is None else await automation_of(visit, which))
    try:
        session.take(fields)
        return await session.answer(fields.get("then", "save"))
    except InvalidRequest as error:
        return await session.refused(error)


@router.get(NEW_AUTOMATION)
async def new(request: Request) -> Response:
    """A rule from nothing."""
    return await (await EditSession.of(await Visit.of(request), None)).page()


@router.post(NEW_AUTOMATION)
async def made(request: Request) -> Response:
    """Try a new rule, or switch it on."""
    visit = await Visit.of(request)
    return await _sent(visit)


@router.post(f"{NEW_AUTOMATION}/preview")
async def preview_new(request: Request) -> Response:
    """What a new rule would send, as far as it is written."""
    return await _previewed(await Visit.of(request))


@router.post("/automations/{which}/edit/preview")
async def preview_edited(request: Request, which: str) -> Response:
    """What a rule would send, as far as it is changed."""
    return await _previewed(await Visit.of(request), which)


@router.get("/automations/{which}/edit")
async def edit(request: Request, which: str) -> Response:
    """One automation as a form, with what is wrong with it here and now."""
    visit = await Visit.of(request)
    entry = await automation_of(visit, which)
    session = await EditSession.of(visit, entry)
    done = request.query_params.get("done")
    if done == "stays-off":
        try:
            await service.readable(visit.services, visit.actor, entry.definition, complete=True)
        except InvalidRequest as error:
            return await session.refused(error)
    return await session.page(banners=outcome_banners(done, entry))


@router.post("/automations/{which}/edit")
async def edited(request: Request, which: str) -> Response:
    """Try what was written, or keep it as another version."""
    visit = await Visit.of(request)
    return await _sent(visit, which)
