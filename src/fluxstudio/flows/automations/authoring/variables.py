"""What texts of a rule can name of an event, in words for whoever writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluxstudio.flows.automations.authoring.field_suggestions import EventField

# What people put into texts, by the last part of its place; the others stay under "All fields".
USUAL = frozenset(
    {
        "name",
        "title",
        "text",
        "handle",
        "login",
        "full_name",
        "file_name",
        "label",
        "description",
        "status",
        "conclusion",
        "number",
        "tag_name",
        "head_branch",
        "html_url",
        "message",
        "body",
    }
)
# Where something is called by its name, what is named says enough.
NAMING = frozenset({"handle", "login", "full_name"})
MOST_USUAL = 10
ANY = "*"


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that a text can name: `insert` is how a template says it, `sample` what it was last.

    `usual` are those that most texts use.
    """

    label: str
    insert: str
    sample: str = ""
    usual: bool = False


def of_times() -> tuple[Variable, ...]:
    """What a rule on a schedule can name."""
    return (Variable("Time", "{{ time }}", usual=True),)


def of_events(fields: Sequence[EventField]) -> tuple[Variable, ...]:
    """What a rule can name of such an event, those that are used most first."""
    always = (
        Variable("Summary", "{{ summary }}", "What happened, in a sentence", usual=True),
        Variable("Link", "{{ link }}", "Where to look at it", usual=True),
    )
    variables = [
        Variable(field_label(field.place), insert, str(field.value), _is_usual(field.place))
        for field in fields
        if (insert := _template(field.place))
    ]
    usual = [variable for variable in variables if variable.usual][: MOST_USUAL - len(always)]
    return (*always, *usual, *(variable for variable in variables if variable not in usual))


def field_label(place: str) -> str:
    """A dotted place in words: `pull_request.merged` is "Pull request merged"."""
    parts = [part for part in place.split(".") if part != ANY]
    if len(parts) > 1 and parts[-1] in NAMING:
        parts.pop()
    words = " ".join(parts).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _is_usual(place: str) -> bool:
    return place.rpartition(".")[2] in USUAL and place.count(".") < 3


def _template(place: str) -> str | None:
    """How a template says what stands at a place; None where it takes more than a name and a filter."""
    before, several, after = place.partition(f".{ANY}")
    if not all(_is_name(part) for part in before.split(".")):
        return None
    if not several:
        return f"{{{{ event.{before} }}}}"
    after = after.removeprefix(".")
    if after and not all(_is_name(part) for part in after.split(".")):
        return None
    return f'{{{{ event.{before} | join(", "{", " + chr(34) + after + chr(34) if after else ""}) }}}}'


def _is_name(part: str) -> bool:
    return part.isidentifier()
