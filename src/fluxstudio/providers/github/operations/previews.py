"""How GitHub will show what is written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.providers.github.declaration import github
from fluxstudio.sdk import Drawing, DrawnBlock, Previews
from fluxstudio.sdk.markup.read_markdown import read


def issue(arguments: Mapping[str, Any]) -> Drawing:
    """An issue as it opens: its title, its first comment, and its side column."""
    return Drawing(
        kind="issue",
        place=_repository(arguments),
        title=str(arguments.get("title") or ""),
        blocks=_text(arguments.get("body")),
        labels=_texts(arguments.get("labels")),
        people=_texts(arguments.get("assignees")),
    )


def comment(arguments: Mapping[str, Any]) -> Drawing:
    """A comment below an issue or a pull request."""
    number = arguments.get("number")
    place = f"{_repository(arguments)}#{number}" if number else _repository(arguments)
    return Drawing(kind="comment", place=place, blocks=_text(arguments.get("body")))


def _repository(arguments: Mapping[str, Any]) -> str:
    return "/".join(str(arguments[name]) for name in ("owner", "repo") if arguments.get(name))


def _text(body: Any) -> Sequence[DrawnBlock]:
    text = str(body or "")
    return [DrawnBlock(kind="text", parts=(read(text),))] if text.strip() else []


def _texts(values: Any) -> Sequence[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


github.offers(Previews(draw={"create_issue": issue, "add_comment": comment}))
