"""The form of a rule: a card each for its trigger, its conditions and its action, and a preview."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from fluxstudio.faces.web.components.views import DrawingView, LinkView, SuggestedField


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One field of a form: a text, a longer one (`area`), or a choice among `options`, (value, words) each.

    `search` lays a field to type into over the choice; `looks` reloads the form when the choice changes.
    `templated` texts take variables.
    `list` is the id of what is offered while one types; `suggested` offers some of many.
    """

    name: str
    label: str
    value: str = ""
    help: str | None = None
    error: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    area: bool = False
    search: bool = False
    looks: bool = False
    templated: bool = False
    required: bool = False
    kind: str = "text"
    placeholder: str | None = None
    list: str | None = None
    suggested: SuggestedField | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueView:
    """One named value of something that was, or would be, sent; `id` where `text` is the name of one."""

    name: str
    text: str
    long: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionEntry:
    """One condition of the form: three fields in a line; `remove` is what a button sends to be rid of it."""

    field: EntryView
    test: EntryView
    value: EntryView
    remove: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """One side of a rule, trigger or action: the provider's mark and the account it works with.

    `connect` leads to where an account is connected, where there is none.
    """

    mark: Markup | None = None
    account: str = ""
    connect: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableView:
    """Something to put into a text: `insert` goes in, `sample` is what it was last."""

    label: str
    insert: str
    sample: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewView:
    """What would be sent for one event: `drawing`, or `values` where the provider does not draw it.

    `lead` says to where, `why` why this event would start nothing, and `problems` what cannot be filled in.
    """

    lead: str = ""
    drawing: DrawingView | None = None
    values: tuple[ValueView, ...] = ()
    why: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFormView:
    """The form of a rule: the common case as fields, the whole as JSON; `save` and `attempt` name buttons.

    `place` is the condition that says which file, channel or repository the trigger is about. `variables` can
    be put into texts by a press, `event_fields` are all fields of such an event with what `fields_from`, the
    latest or an example, says there. `samples` are events that the preview can be shown with; a POST of the
    form to `preview_action` answers it again.
    """

    action: str
    save: str
    attempt: str
    name: EntryView
    when: tuple[EntryView, ...]
    do: tuple[EntryView, ...]
    arguments: tuple[EntryView, ...]
    limit: tuple[EntryView, ...]
    json: EntryView
    trigger: SideView = SideView()
    target: SideView = SideView()
    place: ConditionEntry | None = None
    takes_conditions: bool = False
    conditions: tuple[ConditionEntry, ...] = ()
    further: tuple[EntryView, ...] = ()
    kept_as_is: tuple[str, ...] = ()
    variables: tuple[VariableView, ...] = ()
    event_fields: tuple[ValueView, ...] = ()
    fields_from: str = ""
    samples: EntryView | None = None
    preview: PreviewView | None = None
    preview_action: str = ""

    @property
    def advanced_open(self) -> bool:
        """Whether there is something to fix among what only some need."""
        return self.json.error is not None or any(entry.error for entry in self.limit)
