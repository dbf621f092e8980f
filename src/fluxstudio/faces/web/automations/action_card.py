"""The card of a rule's form that says what it does: the operation, and the fields of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.faces.web.automations.form_reader import OWNER, REPO, REPOSITORY, display_text
from fluxstudio.faces.web.automations.form_state import FormState, Options, with_chosen
from fluxstudio.faces.web.automations.form_views import EntryView
from fluxstudio.faces.web.automations.parameters import Parameter, parameters_for
from fluxstudio.faces.web.components.views import SuggestedField
from fluxstudio.flows.automations.authoring.choices import ask_of
from fluxstudio.flows.automations.authoring.summary import operation_summary
from fluxstudio.sdk import CodeHost


def action_entries(state: FormState) -> tuple[EntryView, ...]:
    """The operation, and the account that it is called with."""
    do = state.part("do")
    chosen = display_text(do.get("operation"))
    options = with_chosen(chosen, operations(state.registry))
    what = state.entry(
        "do.operation", "Action", chosen, options=options, search=True, looks=True, required=True
    )
    return (what, *state.account("do.connection", chosen, do))


def parameters(state: FormState) -> tuple[Parameter, ...]:
    """What the operation takes; nothing where there is no such operation."""
    return parameters_for(state.registry, str(state.part("do").get("operation", "")))


def argument_entries(state: FormState) -> tuple[tuple[EntryView, ...], tuple[EntryView, ...]]:
    """The fields people fill in, and those they may."""
    arguments = state.part("do").get("arguments")
    values: Mapping[str, Any] = arguments if isinstance(arguments, Mapping) else {}
    shown_first: list[EntryView] = []
    further: list[EntryView] = []
    taken = parameters(state)
    usual = next((entry.name for entry in taken if entry.kind == "long"), None)
    repository = _repository(state, taken, values)
    if repository is not None:
        shown_first.append(repository)
    for parameter in taken:
        if parameter.kind == "other" or (repository is not None and parameter.name in {OWNER, REPO}):
            continue
        entry = _argument(state, parameter, values.get(parameter.name))
        first = parameter.required or parameter.name in values or parameter.name == usual or entry.error
        (shown_first if first else further).append(entry)
    return tuple(shown_first), tuple(further)


def _repository(
    state: FormState, taken: tuple[Parameter, ...], values: Mapping[str, Any]
) -> EntryView | None:
    """Owner and name as one field, as long as neither depends on the event."""
    registered = state.provider_of(str(state.part("do").get("operation", "")))
    hosts_code = registered is not None and registered.provider.capability(CodeHost) is not None
    if not hosts_code or not {OWNER, REPO} <= {parameter.name for parameter in taken}:
        return None
    owner, repo = (display_text(values.get(name)) for name in (OWNER, REPO))
    if any("{" in text or "/" in text for text in (owner, repo)) or bool(owner) != bool(repo):
        return None
    value = f"{owner}/{repo}" if owner else ""
    offered = state.picks.get("repository") or SuggestedField(picker=True)
    error = state.error(f"do.arguments.{OWNER}") or state.error(f"do.arguments.{REPO}")
    return EntryView(
        name=REPOSITORY,
        label="Repository",
        value=value,
        suggested=replace(offered, value=value),
        placeholder="owner/name",
        error=error,
        required=True,
    )


def _argument(state: FormState, parameter: Parameter, value: Any) -> EntryView:
    text, options = display_text(value), tuple((choice, choice) for choice in parameter.choices)
    if parameter.kind == "truth":
        options = (("true", "Yes"), ("false", "No"))
    if options:
        options = with_chosen(text, options if parameter.required else (("", "None"), *options))
    several = " Several with commas between them." if parameter.kind == "list" else ""
    return state.entry(
        f"do.arguments.{parameter.name}",
        parameter.label,
        text,
        help=f"{parameter.help}{several}" or None,
        options=options,
        area=parameter.kind == "long",
        templated=not options and parameter.kind in {"text", "long", "list"},
        required=parameter.required,
        suggested=_picker(state, parameter, text),
    )


def _picker(state: FormState, parameter: Parameter, value: str) -> SuggestedField | None:
    registered = state.provider_of(str(state.part("do").get("operation", "")))
    ask = None if registered is None else ask_of(registered.provider, parameter.name)
    if ask is None:
        return None
    return replace(state.picks.get(ask) or SuggestedField(picker=True), value=value)


def operations(registry: Registry) -> Options:
    """Every operation that a rule can use."""
    return tuple(
        (entry.full_name, f"{entry.provider.name}: {operation_summary(entry)}")
        for entry in registry.operations
        if entry.writes and not entry.takes_upload
    )
