"""What the cards of a rule's form are made of: the rule as entered so far, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import RegisteredProvider, Registry
from fluxstudio.faces.web.automations.form_reader import display_text
from fluxstudio.faces.web.automations.form_views import EntryView, SideView
from fluxstudio.faces.web.automations.parameters import provider_of
from fluxstudio.faces.web.automations.shared import CONNECT
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import LinkView, SuggestedField
from fluxstudio.flows.automations.authoring.field_suggestions import FieldSuggestions

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FormState:
    """A rule in its form; `errors` are by dotted place.

    `listed` are the user's connections, those that have ended too. `picks` offer what a place can be filled
    with: "place" of the trigger, and "channel", "file" and "repository" of the action.
    """

    registry: Registry
    listed: Sequence[ListedConnection]
    name: str
    definition: Any
    errors: Mapping[str, str] = field(default_factory=dict)
    blank_rows: int = 1
    suggestions: FieldSuggestions = field(default_factory=FieldSuggestions)
    picks: Mapping[str, SuggestedField] = field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, Any]:
        """One part of the definition; empty where it is none."""
        part = self.definition.get(name) if isinstance(self.definition, Mapping) else None
        return part if isinstance(part, Mapping) else {}

    def entry(self, name: str, label: str, value: str, **further: Any) -> EntryView:
        """A field with what is wrong with it."""
        further.setdefault("error", self.error(name, str(further.get("help") or "")))
        if further["error"] and not value and further.get("required"):
            further["error"] = "Required."
        return EntryView(name=name, label=label, value=value, **further)

    def error(self, name: str, help_text: str = "") -> str | None:
        """What is wrong at a place, in a sentence."""
        for place, what in self.errors.items():
            if place == name or place.startswith(f"{name}."):
                if what == "is needed":
                    return "Required."
                if "should match pattern" in what:
                    return f"This does not fit. {help_text}".strip()
                return f"{what[:1].upper()}{what[1:].rstrip('.')}."
        return None

    def provider_of(self, full_name: str) -> RegisteredProvider | None:
        """The provider of an event or an operation, `provider.NAME`; None for one there is not."""
        return provider_of(self.registry, full_name)

    def account(self, name: str, full_name: str, side: Mapping[str, Any]) -> tuple[EntryView, ...]:
        """Which account the rule belongs to on this side; an only one is chosen, of several none is."""
        provider, chosen = full_name.partition(".")[0], display_text(side.get("connection"))
        own = {str(entry.id): entry for entry in self.listed if entry.provider == provider}
        accounts = tuple((key, entry.account.name) for key, entry in own.items() if entry.is_active)
        if chosen not in own:
            # What was chosen before belongs to another provider.
            chosen = accounts[0][0] if len(accounts) == 1 else ""
        elif not own[chosen].is_active:
            accounts = ((chosen, f"{own[chosen].account.name} (disconnected)"), *accounts)
        if not accounts:
            return ()
        entry = self.entry(
            name, "Account", chosen, options=with_chosen(chosen, accounts), required=True, looks=True
        )
        only = len(accounts) == 1 and own[chosen].is_active and entry.error is None
        return (EntryView(name=name, label="Account", value=chosen, kind="hidden") if only else entry,)

    def side(self, full_name: str, account: Sequence[EntryView]) -> SideView:
        """The title of a side's card."""
        registered = self.provider_of(full_name)
        if registered is None:
            return SideView()
        names = {str(entry.id): entry.account.name for entry in self.listed}
        only = account[0] if account and account[0].kind == "hidden" else None
        label = f"Connect {registered.provider.name}"
        return SideView(
            mark=mark(registered),
            account="" if only is None else names.get(only.value, ""),
            connect=None if account else LinkView(label=label, href=CONNECT.href, icon="plug"),
        )


def with_chosen(chosen: str, options: Options) -> Options:
    """The options, and what is chosen even where it is none of them."""
    return options if chosen in dict(options) else ((chosen, chosen or "Choose one"), *options)
