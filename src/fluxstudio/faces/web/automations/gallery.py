"""The gallery: choose an automation, fill in its blanks, try it, switch it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.web.automations.dry_run import dry_run
from fluxstudio.faces.web.automations.form_views import EntryView
from fluxstudio.faces.web.automations.shared import PARENT, marks, marks_of, path_of
from fluxstudio.faces.web.automations.views import (
    ConnectFirstView,
    DryRunView,
    FillPage,
    GalleryPage,
    SuggestionView,
)
from fluxstudio.faces.web.components.views import HeadView, LinkView, SuggestedField
from fluxstudio.faces.web.shell.deferred import in_time, waits_for_all
from fluxstudio.faces.web.shell.paths import AUTOMATION_GALLERY, INTEGRATIONS, NEW_AUTOMATION
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring import service
from fluxstudio.flows.automations.authoring.choices import Question, answers_of, asks_of, questions
from fluxstudio.flows.automations.authoring.gallery import Suggestion, suggestion, suggestions
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.rules.placeholders import asked_for, filled

router = APIRouter(include_in_schema=False)

# After this long what a provider would list is written instead of chosen.
SUGGESTIONS_TIMEOUT_SECONDS = 5.0
TRY, TIMES = "Test on last week’s events", "See next run times"
BACK = LinkView(label="Gallery", href=AUTOMATION_GALLERY)
# Question → label, help, what to do where the answer is missing, and the answer most people give.
ASKED: Mapping[str, tuple[str, str, str, str]] = {
    "channel": ("Channel", "FluxStudio must be in this channel.", "Choose a channel.", ""),
    "channelId": ("Channel", "The channel to watch.", "Choose a channel.", ""),
    "file": ("File", "The file to watch.", "Choose a file.", ""),
    "repository": ("Repository", "Its owner and name.", "Choose a repository, or enter owner/name.", ""),
    "branch": ("Branch", "The branch to watch.", "Enter a branch name.", "main"),
    "timeZone": ("Time zone", "For the times of its schedule.", "Choose a time zone.", "UTC"),
}
WRITTEN = {
    "channel": "Write it as #name.",
    "channelId": "Write its id.",
    "file": "Write the key in its address.",
}


@router.get(AUTOMATION_GALLERY)
async def gallery(request: Request) -> Response:
    """Every suggestion, with what is still to be connected for it."""
    visit = await Visit.of(request)
    live = {entry.provider for entry in await _live(visit)}
    page = GalleryPage(
        head=HeadView(
            title="Gallery",
            sentence="Pick a template, fill it in, and test it on last week’s events.",
            parent=PARENT,
        ),
        suggestions=tuple(_suggestion(visit, entry, live) for entry in suggestions(visit.services.registry)),
        scratch=LinkView(label="Start from scratch", href=NEW_AUTOMATION, icon="plus"),
    )
    return await visit.page(page)


def _suggestion(visit: Visit, entry: Suggestion, live: set[str]) -> SuggestionView:
    registry = visit.services.registry
    return SuggestionView(
        name=entry.name,
        href=f"{AUTOMATION_GALLERY}/{entry.id}",
        sentence=entry.sentence,
        marks=marks_of(registry, entry.needs),
        needs=tuple(registry[name].provider.name for name in entry.needs if name not in live),
    )


async def _live(visit: Visit) -> list[ListedConnection]:
    listed = await visit.services.connections.of_user(visit.actor.user_id)
    return [entry for entry in listed if entry.is_active]


@dataclass
class TemplateForm:
    """One suggestion while somebody fills it in: the answers so far, and what came of them."""

    visit: Visit
    chosen: Suggestion
    live: Sequence[ListedConnection]
    answers: Mapping[str, str]

    @classmethod
    async def of(cls, visit: Visit, which: str, answers: Mapping[str, str]) -> TemplateForm:
        """The suggestion of that id with these answers. Raises `NotFound`."""
        return cls(visit, suggestion(visit.services.registry, which), await _live(visit), answers)

    @property
    def definition(self) -> dict[str, Any]:
        """The rule, filled in as far as there are answers."""
        answers = {ask: self.answers.get(ask, "") for ask in asks_of(self.chosen.definition)}
        made: dict[str, Any] = filled(
            self.chosen.definition, answers_of(self.visit.services.registry, self.chosen.definition, answers)
        )
        for part, provider in self._sides().items():
            if len(self._accounts(provider)) > 1 and self._connection(provider):
                made[part] = {**made[part], "connection": self._connection(provider)}
        return made

    def _sides(self) -> dict[str, str]:
        when, do = self.chosen.definition["when"], self.chosen.definition["do"]
        sides = {"when": str(when.get("event", "")), "do": str(do["operation"])}
        return {part: name.partition(".")[0] for part, name in sides.items() if name}

    def _accounts(self, provider: str) -> list[ListedConnection]:
        return [entry for entry in self.live if entry.provider == provider]

    def _connection(self, provider: str) -> str | None:
        """The account to use at a provider: the one chosen, or the only one."""
        ids = [str(entry.id) for entry in self._accounts(provider)]
        account_id = self.answers.get(f"account.{provider}")
        return account_id if account_id in ids else (ids[0] if len(ids) == 1 else None)

    async def page(
        self,
        errors: Mapping[str, str] | None = None,
        *,
        notice: str | None = None,
        dry_run: DryRunView | None = None,
        status: int = 200,
    ) -> Response:
        """The form; a skeleton of it at first where providers take long to say what there is to choose."""
        connections = {provider: self._connection(provider) for provider in self._sides().values()}
        form = questions(self.visit.services, self.visit.actor, self.chosen.definition, connections)
        request = self.visit.request
        at_once = request.method == "GET" and not waits_for_all(request.query_params)
        asked = await in_time(form, seconds=None if at_once else SUGGESTIONS_TIMEOUT_SECONDS)
        current_questions = (
            [Question(ask) for ask in asks_of(self.chosen.definition)] if asked is None else asked.result()
        )
        pending = at_once and asked is None
        errors = errors or {}
        page = FillPage(
            head=HeadView(title=self.chosen.name, sentence=self.chosen.sentence, parent=BACK),
            marks=marks(self.visit.services.registry, self.chosen.definition),
            action=f"{AUTOMATION_GALLERY}/{self.chosen.id}",
            attempt=TRY if self.chosen.definition["when"].get("event") else TIMES,
            entries=() if pending else self._entries(current_questions, errors),
            connect=self._connect(),
            notice=notice,
            dry_run=dry_run,
            pending_href=self._pending() if pending else None,
        )
        return await self.visit.page(page, status=status)

    def _pending(self) -> str:
        return f"{AUTOMATION_GALLERY}/{self.chosen.id}?{urlencode({**self.answers, 'part': 'form'})}"

    def _connect(self) -> ConnectFirstView | None:
        live = {entry.provider for entry in self.live}
        missing = [
            self.visit.services.registry[name].provider for name in self.chosen.needs if name not in live
        ]
        if not missing:
            return None
        return ConnectFirstView(
            words=f"This needs {' and '.join(provider.name for provider in missing)}.",
            actions=tuple(
                (f"Connect {provider.name}", f"{INTEGRATIONS}/{provider.id}/connect") for provider in missing
            ),
        )

    def _entries(self, questions: Sequence[Question], errors: Mapping[str, str]) -> tuple[EntryView, ...]:
        name = EntryView(
            name="name",
            label="Name",
            value=self.answers.get("name", self.chosen.name),
            error=errors.get("name"),
            required=True,
        )
        return (
            name,
            *self._account_entries(errors),
            *(self._entry(question, errors) for question in questions),
        )

    def _account_entries(self, errors: Mapping[str, str]) -> list[EntryView]:
        entries = []
        for provider in dict.fromkeys(self._sides().values()):
            accounts = self._accounts(provider)
            if len(accounts) > 1:
                declared = self.visit.services.registry[provider].provider
                chosen = self._connection(provider) or ""
                options = tuple((str(entry.id), entry.account.name) for entry in accounts)
                entries.append(
                    EntryView(
                        name=f"account.{provider}",
                        label=f"{declared.name} {declared.identity.noun}",
                        value=chosen,
                        options=options if chosen else (("", "Choose one"), *options),
                        looks=True,
                        required=True,
                        error=errors.get(f"account.{provider}"),
                    )
                )
        return entries

    def _entry(self, question: Question, errors: Mapping[str, str]) -> EntryView:
        ask = question.ask
        label, help_text, missing, usual = ASKED.get(ask, (ask, "", "Required.", ""))
        if ask == "timeZone":
            usual = self.visit.time_zone
        value = self.answers.get(ask, usual)
        options = tuple((choice.value, choice.words) for choice in question.choices)
        if question.more:
            return EntryView(
                name=ask,
                label=label,
                value=value,
                help=help_text or None,
                error=errors.get(ask),
                suggested=SuggestedField(
                    value=value, choices=options, href=_suggestions(question), picker=True
                ),
                required=True,
            )
        if options and value not in dict(options):
            options = ((value, value or missing.rstrip(".")), *options)
        error = errors.get(ask)
        if not options and ask in WRITTEN:
            help_text = f"{help_text} {WRITTEN[ask]}"
            error = WRITTEN[ask] if error == missing else error
        return EntryView(
            name=ask,
            label=label,
            value=value,
            help=help_text or None,
            error=error,
            options=options,
            search=len(options) > 8,
            required=True,
        )

    def wrong(self, error: InvalidRequest) -> tuple[dict[str, str], str | None]:
        """What is wrong, by the question it belongs to; what belongs to none in a sentence."""
        places = {f"definition.{place}": ask for place, ask in asked_for(self.chosen.definition).items()}
        several = {
            f"definition.{part}.connection": f"account.{provider}"
            for part, provider in self._sides().items()
            if len(self._accounts(provider)) > 1
        }
        placed, rest = {}, []
        for field, what in error.details["fields"].items():
            if field in several:
                placed[several[field]] = "Choose which one it uses."
                continue
            ask = "repository" if places.get(field) == "owner" else places.get(field, field)
            if ask not in {*places.values(), "name"}:
                rest.append(f"{field.removeprefix('definition.')}: {what}")
            else:
                missing = ASKED.get(ask, ("", "", "Required.", ""))[2]
                placed[ask] = missing if what.startswith("fill this in") else _sentence(what)
        return placed, "; ".join(rest) or None


def _suggestions(question: Question) -> str:
    """Where a few letters find what a question can be answered with."""
    chosen = {"connection": question.connection} if question.connection else {}
    return f"/integrations/{question.provider}/suggestions?{urlencode({'ask': question.ask, **chosen})}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


@router.get(AUTOMATION_GALLERY + "/{which}")
async def fill(request: Request, which: str) -> Response:
    """The blanks of one suggestion."""
    visit = await Visit.of(request)
    return await (await TemplateForm.of(visit, which, request.query_params)).page()


@router.post(AUTOMATION_GALLERY + "/{which}")
async def filled_in(request: Request, which: str) -> Response:
    """Try what was filled in, or switch it on."""
    visit = await Visit.of(request)
    fields = await visit.form()
    form = await TemplateForm.of(visit, which, fields)
    if fields.get("then") == "look":
        return await form.page()
    try:
        name = fields.get("name", "")
        if fields.get("then") == "keep":
            made = await service.make(visit.services, visit.actor, name, True, form.definition)
            return await visit.go(f"{path_of(made.id)}?done=made")
        evaluation = Evaluation(visit.services, visit.actor.user_id)
        _, definition = await service.checked(visit.services, visit.actor, name, form.definition, evaluation)
        result = await dry_run(visit, definition, evaluation, form.chosen.example)
    except InvalidRequest as error:
        errors, notice = form.wrong(error)
        return await form.page(errors, notice=notice or (None if errors else error.message), status=400)
    return await form.page(dry_run=result)
