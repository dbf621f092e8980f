"""What all pages of automations share: where they are, marks, switches, and what just happened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from markupsafe import Markup

from fluxstudio.core.automations.rules import Automation, Automations, automation_id
from fluxstudio.core.registry import Registry
from fluxstudio.errors import NotFound
from fluxstudio.faces.web.automations.form_views import ValueView
from fluxstudio.faces.web.automations.parameters import label_of, parameters_for
from fluxstudio.faces.web.automations.views import SwitchView
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import BannerView, LinkView, UndoView
from fluxstudio.faces.web.shell.paths import AUTOMATIONS, INTEGRATIONS
from fluxstudio.faces.web.shell.visit import Visit

PARENT = LinkView(label="Automations", href=AUTOMATIONS)
CONNECT = LinkView(label="Open Integrations", href=INTEGRATIONS)
# Longer texts stand below their name, not beside it.
SHORT_CHARACTERS = 60
SAID = {
    "on": "“{name}” is on.",
    "off": "“{name}” is off. Its run log is kept.",
    "undeleted": "“{name}” is back.",
    "saved": "“{name}” is saved.",
    "made": "“{name}” is on.",
    "restored": "Restored that version of “{name}”.",
    "listens": "“{name}” is listening.",
    "notify": "You’ll get one message when “{name}” starts failing.",
    "notify-off": "“{name}” no longer has its own channel. Your notification settings apply.",
}


async def automation_of(visit: Visit, text: str) -> Automation:
    """The user's automation of that id. Raises `NotFound` in words for people."""
    try:
        return await Automations(visit.services.db).get(visit.actor.user_id, automation_id(text))
    except NotFound:
        raise NotFound("This automation no longer exists. Your others are under Automations.") from None


def path_of(automation: UUID, page: str = "") -> str:
    """The address of a page of one automation."""
    return f"{AUTOMATIONS}/{automation}/{page}" if page else f"{AUTOMATIONS}/{automation}"


def switch(entry: Automation, back: str) -> SwitchView:
    """What switches an automation and comes back."""
    return SwitchView(action=path_of(entry.id, "switch"), label=entry.name, on=entry.enabled, back=back)


def marks(registry: Registry, definition: Mapping[str, Any]) -> tuple[Markup, ...]:
    """The marks of the providers that a rule listens and speaks to, each once."""
    names = [definition.get("when", {}).get("event"), definition.get("do", {}).get("operation")]
    return marks_of(registry, [str(name).partition(".")[0] for name in names if name])


def marks_of(registry: Registry, providers: Iterable[str]) -> tuple[Markup, ...]:
    """The marks of these providers, each once."""
    registered = {entry.provider.id: entry for entry in registry}
    return tuple(mark(registered[name]) for name in dict.fromkeys(providers) if name in registered)


def outcome_banners(
    done: str | None, entry: Automation, *, works: bool = True, back: str = ""
) -> list[BannerView]:
    """What just happened to an automation, as the address tells; one that does not work is only saved.

    A switch can be turned back, and leads to the page `back`.
    """
    name, undo = entry.name, None
    if done in {"on", "off"}:
        fields = {"on": "no" if done == "on" else "yes", "back": back}
        undo = UndoView(action=path_of(entry.id, "switch"), fields=fields)
    if not works and done in {"on", "made"}:
        done = "saved"
    if done == "stays-off":
        title = f"Couldn’t turn on “{name}”."
        return [BannerView(tone="bad", title=title, detail="Fix the fields below, then save.")]
    if done == "notify-wrong":
        return [BannerView(tone="bad", title="Choose the connection to send from, then save again.")]
    text = SAID.get(done or "")
    return [] if text is None else [BannerView(tone="good", title=text.format(name=name), undo=undo)]


def values_of(
    registry: Registry, operation: str, values: Any, names: Mapping[str, str] | None = None
) -> tuple[ValueView, ...]:
    """Arguments as they are, or would be, sent: in the order the operation names them, long ones last.

    An id is shown with its name, where that is among the `names`.
    """
    arguments = values if isinstance(values, Mapping) else {}
    order = [parameter.name for parameter in parameters_for(registry, operation)]
    named = sorted(arguments, key=lambda name: order.index(name) if name in order else len(order))
    views = [_value(name, arguments[name], names or {}) for name in named]
    return tuple(sorted(views, key=lambda value: value.long))


def _value(name: str, value: Any, names: Mapping[str, str]) -> ValueView:
    text = value if isinstance(value, str) else json_text(value)
    if text in names:
        return ValueView(name=label_of(name), text=names[text], id=text)
    return ValueView(name=label_of(name), text=text, long=len(text) > SHORT_CHARACTERS or "\n" in text)


def json_text(value: Any) -> str:
    """JSON for people to read."""
    return json.dumps(value, indent=2, ensure_ascii=False)
