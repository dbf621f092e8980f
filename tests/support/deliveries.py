"""Requests that providers send: those of a provider's own `fixtures/events.json`, and those others wrote.

Each entry has a `payload`, or a `form` whose objects are JSON inside a field, and where needed a `path` and
`headers`. An entry with `pinned` stands for a file of examples `[{name, examples}]`, whose names are what
`header` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import msgspec
from hypothesis import strategies as st

from fluxstudio.sdk import Webhook
from tests.support.pins import PINS


@dataclass(frozen=True)
class Delivery:
    """One request: where below the provider it goes, and what it holds."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    payload: Mapping[str, Any] = field(repr=False)

    def read(self, webhook: Webhook) -> Mapping[str, Any]:
        """Its payload, as the declaration reads it."""
        return webhook.paths.get(self.path, webhook.read)(self.body)


@cache
def deliveries(package: str) -> list[Delivery]:
    """Every request known of the provider that is declared in `package`."""
    path = files(package).joinpath("fixtures/events.json")
    entries = msgspec.json.decode(path.read_bytes()) if path.is_file() else []
    return [delivery for entry in entries for delivery in _deliveries(entry)]


def _deliveries(entry: Mapping[str, Any]) -> Iterator[Delivery]:
    if "pinned" in entry:
        for example in msgspec.json.decode((PINS / entry["pinned"]).read_bytes()):
            for payload in example["examples"]:
                yield _json({entry["header"]: example["name"]}, payload)
    elif "form" in entry:
        fields = {name: _field(value) for name, value in entry["form"].items()}
        headers = {"content-type": "application/x-www-form-urlencoded", **entry.get("headers", {})}
        yield Delivery(entry["path"], headers, urlencode(fields).encode(), entry["form"])
    else:
        yield _json(entry.get("headers", {}), entry["payload"])


def _json(headers: Mapping[str, str], payload: Mapping[str, Any]) -> Delivery:
    sent = {"content-type": "application/json", **headers}
    return Delivery("webhook", sent, msgspec.json.encode(payload), payload)


def _field(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=90),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=12), JSON, max_size=6)


@st.composite
def spoiled(draw: st.DrawFn, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload with something else in one of its places, at any depth."""
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(payload))
    place: Any = copy
    while place:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        deeper = place[key]
        if not isinstance(deeper, dict | list) or not deeper or draw(st.booleans()):
            place[key] = draw(JSON)
            break
        place = deeper
    return copy
