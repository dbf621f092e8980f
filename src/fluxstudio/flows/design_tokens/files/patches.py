"""Changes to a document, and the text they make: whatever is not changed keeps its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fluxstudio.flows.design_tokens.files.layout import FileLayout, Printer, Shape, like_neighbour, shape_of
from fluxstudio.flows.design_tokens.files.spans import (
    MemberSpan,
    member_spans,
    root_start,
    value_end,
)

KeyPath = tuple[str, ...]

# Where a new member goes that is to be the first.
FIRST = "$first"
LEAST_LIKENESS = 0.5


@dataclass(slots=True)
class Move:
    """A member taken from another place of the document, with the changes made to it."""

    source: KeyPath
    patch: Patch | None = None


@dataclass(slots=True)
class Addition:
    """A new member, behind the member `after` where there is one, else last. `like` is the path of a
    neighbour whose layout it takes, or what is in it where it `is_group`."""

    key: str
    content: Any
    after: str | None = None
    like: KeyPath | None = None
    is_group: bool = False


@dataclass(slots=True)
class Patch:
    """Changes to one object (or, by index, to one array)."""

    values: dict[str, Any] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    added: list[Addition] = field(default_factory=list)

    def below(self, path: KeyPath) -> Patch:
        """The changes to the object at a path below this one, made when there are none so far."""
        patch = self
        for key in path:
            inner = patch.values.get(key)
            if not isinstance(inner, Patch):
                inner = patch.values[key] = Patch()
            patch = inner
        return patch

    @property
    def empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.removed or self.renamed or self.added or any(map(_changes, self.values.values())))


def difference(old: Any, new: Any) -> Any:
    """What turns one value into another: a patch where both have the same form, else the new value; None when
    they are the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        return _object_difference(old, new)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and old:
        changes = {
            str(at): change
            for at, pair in enumerate(zip(old, new, strict=True))
            if (change := difference(*pair)) is not None
        }
        return Patch(values=changes) if changes else None
    return None if _same(old, new) else Replacement(new)


def rendered(
    text: str, patch: Patch, layout: FileLayout, samples: Mapping[frozenset[str], KeyPath] | None = None
) -> str:
    """The text of a document with changes made to it. `samples` are objects in it by their keys: new ones are
    laid out as the most similar of them."""
    start = root_start(text)
    rendering = _Rendering(text, layout, samples or {})
    body, end = rendering.object(start, patch)
    return text[:start] + body + text[end:]


def patched(root: Any, patch: Patch, top: Any = None) -> Any:
    """The value that a changed document holds, without its text: what the text is checked against."""
    top = root if top is None else top
    if isinstance(root, list):
        return [_patched_value(item, patch.values.get(str(at)), top) for at, item in enumerate(root)]
    members = [
        (key, patch.renamed.get(key, key), _patched_value(value, patch.values.get(key), top))
        for key, value in root.items()
        if key not in patch.removed
    ]
    for addition in patch.added:
        member = (addition.key, addition.key, _content_value(addition.content, top))
        places = [at for at, (key, *_) in enumerate(members) if key == addition.after]
        at = 0 if addition.after == FIRST else len(members)
        members.insert(places[-1] + 1 if places else at, member)
    return {key: value for _, key, value in members}


@dataclass(slots=True)
class Replacement:
    """A value put in the place of another."""

    value: Any


def _changes(change: Any) -> bool:
    return not isinstance(change, Patch) or not change.empty


def _same(old: Any, new: Any) -> bool:
    return bool(old == new and isinstance(old, bool) == isinstance(new, bool))


def _object_difference(old: dict[str, Any], new: dict[str, Any]) -> Any:
    if not set(old) & set(new):
        return Replacement(new)
    patch = Patch(removed=set(old) - set(new))
    before: str | None = FIRST
    for key, value in new.items():
        if key not in old:
            patch.added.append(Addition(key, value, before))
        elif (change := difference(old[key], value)) is not None:
            patch.values[key] = change
        before = key
    return None if patch.empty else patch


def _patched_value(value: Any, change: Any, top: Any) -> Any:
    if isinstance(change, Patch):
        return patched(value, change, top)
    return value if change is None else _content_value(change.value, top)


def _content_value(content: Any, top: Any) -> Any:
    if isinstance(content, dict):
        return {key: _content_value(item, top) for key, item in content.items()}
    if not isinstance(content, Move):
        return content
    value = top
    for key in content.source:
        value = value[key]
    return value if content.patch is None else patched(value, content.patch, top)


@dataclass(slots=True)
class _Item:
    key: str
    text: str
    gap: str


@dataclass(frozen=True, slots=True)
class Members:
    """The members of an object or array, in order and by key, and where its last bracket is."""

    spans: list[MemberSpan]
    last: int
    by_key: dict[str, MemberSpan]


@dataclass(slots=True)
class _Rendering:
    text: str
    layout: FileLayout
    samples: Mapping[frozenset[str], KeyPath]
    members: dict[int, Members] = field(default_factory=dict)

    def members_at(self, start: int) -> Members:
        """The members of an object or array; each is looked through once."""
        if start not in self.members:
            spans, last = member_spans(self.text, start)
            self.members[start] = Members(spans, last, {span.key: span for span in spans})
        return self.members[start]

    def object(self, start: int, patch: Patch) -> tuple[str, int]:
        """The text of a changed object or array, and where its old text ends."""
        text = self.text
        spans, last = self.members_at(start).spans, self.members_at(start).last
        lead = text[start + 1 : spans[0].key_start] if spans else ""
        tail = text[spans[-1].end : last] if spans else ""
        items = [
            _Item(span.key, self._member(span, patch), text[span.end : after.key_start] if after else "")
            for span, after in zip(spans, [*spans[1:], None], strict=False)
        ]
        gaps = [item.gap for item in items if item.gap and ("\n" in item.gap) == ("\n" in lead)]
        _remove(items, patch.removed)
        if patch.added and not items:
            lead, tail = self._first_gaps(start, lead, tail)
        # Blank lines between all members are repeated, blank lines between some are not.
        gap = min(gaps, key=lambda text: text.count("\n"), default="")
        gap = gap or "," + (_line_break(lead) if "\n" in lead else self.layout.comma[1:])
        for addition in patch.added:
            self._add(items, addition, gap, start)
        if not items:
            return text[start] + text[last], last + 1
        body = "".join(item.text + item.gap for item in items)
        return text[start] + lead + body + tail + text[last], last + 1

    def _member(self, span: MemberSpan, patch: Patch) -> str:
        text = self.text
        key = text[span.key_start : span.key_end]
        if span.key in patch.renamed:
            key = self.layout.string(patch.renamed[span.key])
        change = patch.values.get(span.key)
        between = text[span.key_end : span.start]
        return key + between + self._value(span, change)

    def _value(self, span: MemberSpan, change: Any) -> str:
        if change is None:
            return self.text[span.start : span.end]
        if isinstance(change, Patch):
            return self.object(span.start, change)[0]
        value = change.value
        if not isinstance(value, dict | list):
            return self.layout.scalar(value)
        old = self.text[span.start : span.end]
        shape = shape_of(self.text, span.start) if old[0] in "{[" else {}
        if isinstance(value, list) and old[0] == "[" and value and shape:
            shape |= {f".{at}": shape.get(".0", True) for at in range(len(value))}
        inline = "\n" not in old and old[0] in "{["
        return self._printer(shape).text(value, self._margin(span.start), inline=inline)

    def _printer(self, shape: Shape) -> Printer:
        return Printer(self.layout, shape, self._similar, self._moved)

    def _similar(self, keys: Iterable[str]) -> Shape:
        """The shape of the sample that has most keys in common, if that is more than half of them."""
        wanted = frozenset(keys)
        best = max(self.samples, key=lambda sample: _likeness(sample, wanted), default=frozenset())
        if _likeness(best, wanted) < LEAST_LIKENESS:
            return {}
        start = self._start_of(self.samples[best])
        return {} if start is None or self.text[start] not in "{[" else shape_of(self.text, start)

    def _add(self, items: list[_Item], addition: Addition, gap: str, start: int) -> None:
        margin = gap.rpartition("\n")[2] if "\n" in gap else ""
        text = self.layout.string(addition.key) + self.layout.colon + self._content(addition, margin, gap)
        places = [at for at, item in enumerate(items) if item.key == addition.after]
        at = places[-1] + 1 if places else (0 if addition.after == FIRST else len(items))
        item = _Item(addition.key, text, "")
        if items and at == len(items):
            items[-1].gap = gap
        elif items:
            item.gap, items[at - 1].gap = (items[at - 1].gap, gap) if at else (gap, "")
        items.insert(at, item)

    def _content(self, addition: Addition, margin: str, gap: str) -> str:
        content = addition.content
        if isinstance(content, Move):
            return self._moved(content, margin)
        shape: Shape = {}
        layout = self.layout
        start = self._start_of(addition.like) if addition.like is not None else None
        similar: Callable[[Iterable[str]], Shape] = self._similar
        if start is not None and self.text[start] in "{[":
            layout = like_neighbour(layout, self.text[start : value_end(self.text, start)])
            if addition.is_group:
                similar = self._similar_to(start)
            else:
                shape = shape_of(self.text, start)
        return Printer(layout, shape, similar, self._moved).text(content, margin, inline="\n" not in gap)

    def _similar_to(self, start: int) -> Callable[[Iterable[str]], Shape]:
        """As `_similar`, with the object at a place before all others."""
        near = frozenset(self.members_at(start).by_key)

        def similar(keys: Iterable[str]) -> Shape:
            alike = _likeness(near, frozenset(keys)) >= LEAST_LIKENESS
            return shape_of(self.text, start) if alike else self._similar(keys)

        return similar

    def _moved(self, move: Move, margin: str) -> str:
        start = self._start_of(move.source)
        if start is None:
            return "{}"
        old = self._margin(start)
        if move.patch is not None and self.text[start] == "{":
            body = self.object(start, move.patch)[0]
        else:
            span = self.members_at(self._start_of(move.source[:-1]) or 0).by_key[move.source[-1]]
            body = self.text[span.start : span.end]
        return body if old == margin else body.replace("\n" + old, "\n" + margin)

    def _start_of(self, path: KeyPath) -> int | None:
        start = root_start(self.text)
        for key in path:
            if self.text[start] != "{":
                return None
            span = self.members_at(start).by_key.get(key)
            if span is None:
                return None
            start = span.start
        return start

    def _margin(self, place: int) -> str:
        line = self.text[self.text.rfind("\n", 0, place) + 1 : place]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _first_gaps(self, start: int, lead: str, tail: str) -> tuple[str, str]:
        """What goes before the first and behind the last member of an object that had none or loses all."""
        if "\n" in lead:
            return lead, tail
        if not self.layout.spread:
            return self.layout.padding, self.layout.padding
        margin = self._margin(start)
        newline = self.layout.newline
        return newline + margin + self.layout.indent, newline + margin


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0


def _remove(items: list[_Item], removed: set[str]) -> None:
    for at in range(len(items) - 1, -1, -1):
        if items[at].key in removed:
            if at == len(items) - 1 and at:
                items[at - 1].gap = ""
            del items[at]


def _line_break(lead: str) -> str:
    """The last line break of a gap, with the indent behind it: blank lines are not repeated."""
    at = lead.rfind("\n")
    return lead[at - 1 if at and lead[at - 1] == "\r" else at :]
