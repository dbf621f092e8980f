"""What led to the work under way: the id of a request, and the W3C trace that request and work belong to.

Whoever enqueues something keeps `current_text()` with it, and whoever does it later begins its `step` from
there, in whichever process. A `Tracer` records the steps as spans; without one only their ids are passed on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Final, Literal, NamedTuple, Protocol, Self, TypeAlias

Kind: TypeAlias = Literal["internal", "server", "client", "consumer"]
Attribute: TypeAlias = str | int | float | bool

# W3C Trace Context: version, trace, parent, flags. Zeros alone name nothing.
TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)


class Origin(NamedTuple):
    """Which request led to a piece of work, empty for none, and the work's own place in a trace."""

    request: str
    trace: str
    span: str
    sampled: bool = False

    @property
    def traceparent(self) -> str:
        """The header of W3C Trace Context for whoever is called meanwhile."""
        return f"00-{self.trace}-{self.span}-{self.sampled:02x}"

    @property
    def text(self) -> str:
        """All of it, to be kept with a row; `read_origin` reads it."""
        return self.traceparent if self.request == self.span else f"{self.traceparent};{self.request}"


class RecordedSpan(Protocol):
    """A step that a tracer records."""

    @property
    def place(self) -> Origin:
        """Its place in the trace, without a request."""

    def note(self, attributes: Mapping[str, Attribute]) -> None:
        """Add attributes."""

    def rename(self, name: str) -> None:
        """Give it another name."""

    def end(self, error: str | None) -> None:
        """It is over; `error` names the kind of error that ended it."""


class Tracer(Protocol):
    """Records steps."""

    def start(
        self, name: str, kind: Kind, attributes: Mapping[str, Attribute], parent: Origin | None
    ) -> RecordedSpan:
        """Begin a span, of a new trace where it has no parent."""


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)
_tracers: list[Tracer] = []


def record_with(tracer: Tracer) -> None:
    """Have all steps of this process recorded from now on."""
    _tracers.append(tracer)


def stop_recording(tracer: Tracer) -> None:
    """Record no further steps with this tracer."""
    _tracers.remove(tracer)


def read_traceparent(text: str) -> Origin | None:
    """What a caller says its request is part of; None where that is nothing."""
    match = TRACEPARENT.fullmatch(text)
    return Origin("", match[1], match[2], bool(int(match[3], 16) & 1)) if match else None


def read_origin(text: str | None) -> Origin | None:
    """An origin that was kept with a row; None for a row without one."""
    traceparent, apart, request = (text or "").partition(";")
    place = read_traceparent(traceparent)
    return None if place is None else place._replace(request=request if apart else place.span)


def new_origin() -> Origin:
    """The origin of work that nobody asked for: a trace of its own."""
    return Origin("", _new_id(128), _new_id(64))


def _new_id(bits: int) -> str:
    """An id as W3C Trace Context writes it: unlike others, and no secret."""
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"


def current_origin() -> Origin | None:
    """The origin of what this task does; None outside of any step."""
    return _current.get()


def current_text() -> str | None:
    """The same, to be kept with what this task leaves to others."""
    origin = _current.get()
    return None if origin is None else origin.text


def current_request() -> str:
    """The id of the request that led to what this task does; empty where none did."""
    origin = _current.get()
    return "" if origin is None else origin.request


def current_ids() -> dict[str, str]:
    """`request` and `trace` as log lines name them; nothing outside of any step."""
    origin = _current.get()
    if origin is None:
        return {}
    ids = {"trace": origin.trace}
    return {"request": origin.request, **ids} if origin.request else ids


class TracedStep:
    """A piece of work with its place in a trace, and a span where a tracer records it.

    As a context manager it is what the task does meanwhile. Made by `step` or `begin_request`.
    """

    __slots__ = ("_span", "_token", "origin")

    def __init__(self, origin: Origin, span: RecordedSpan | None) -> None:
        self.origin: Final = origin
        self._span = span
        self._token: Token[Origin | None] | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether it is worth working out attributes."""
        return self._span is not None

    def note(self, attributes: Mapping[str, Attribute]) -> None:
        """Add attributes to the span."""
        if self._span is not None:
            self._span.note(attributes)

    def name(self, name: str, attributes: Mapping[str, Attribute]) -> None:
        """Name the span by what has become known, and add attributes."""
        if self._span is not None:
            self._span.rename(name)
            self._span.note(attributes)

    def end(self, error: str | None = None) -> None:
        """It is over; `error` names the kind of error that ended it."""
        if self._span is not None:
            self._span.end(error)

    def __enter__(self) -> Self:
        self._token = _current.set(self.origin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
        self.end(kind.__name__ if kind is not None and issubclass(kind, Exception) else None)


def step(
    name: str,
    attributes: Mapping[str, Attribute],
    *,
    origin: Origin | str | None = None,
    kind: Kind = "internal",
) -> TracedStep:
    """Begin a step: of `origin`, or as kept in a row, else of what this task does, else of a new trace."""
    before = read_origin(origin) if isinstance(origin, str) else origin
    before = before or _current.get()
    if not _tracers:
        return TracedStep(before or new_origin(), None)
    span = _tracers[-1].start(name, kind, attributes, before)
    return TracedStep(span.place._replace(request=before.request if before is not None else ""), span)


def begin_request(traceparent: str, name: str, attributes: Mapping[str, Attribute]) -> TracedStep:
    """Begin what this task does for a request: under a new id, in the trace of its caller if there is one.

    The id of a request is also that of its span.
    """
    caller = read_traceparent(traceparent) if traceparent else None
    span = _tracers[-1].start(name, "server", attributes, caller) if _tracers else None
    if span is not None:
        place = span.place._replace(request=span.place.span)
    else:
        name_of_it = _new_id(64)
        trace, sampled = (caller.trace, caller.sampled) if caller is not None else (_new_id(128), False)
        place = Origin(name_of_it, trace, name_of_it, sampled)
    begun = TracedStep(place, span)
    _current.set(begun.origin)
    return begun
