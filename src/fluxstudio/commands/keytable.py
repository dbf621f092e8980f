"""The table of `fluxstudio keys list`."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.core.tokens.keys import KnownKey, RetiredKey, primary_of

HEAD = ("KEY", "USE", "DATA KEYS", "CONNECTS", "HELD BY", "CREATED")


def key_table(
    usable: Sequence[KnownKey], retired: Sequence[RetiredKey], here: frozenset[str], processes: int
) -> str:
    """Keys, oldest first, then the retired ones.

    `here` are the ids of the keys that this command can open with, `processes` how many run now.
    """
    primary = primary_of(list(usable))
    rows = [
        (
            key.id + ("" if key.id in here else " (not here)"),
            _use(key, key is primary),
            f"{key.data_keys:,}",
            f"{key.requests:,}",
            f"{key.holders} of {processes}",
            f"{key.created_at:%Y-%m-%d}",
        )
        for key in usable
    ]
    rows += [
        (key.id, f"retired {key.retired_at:%Y-%m-%d}", "", "", "", f"{key.created_at:%Y-%m-%d}")
        for key in retired
    ]
    return _aligned([HEAD, *rows])


def _use(key: KnownKey, primary: bool) -> str:
    if primary:
        return "seals"
    if key.seals_something:
        return "in use"
    return "can be retired" if key.sealing_since else "ready to rotate to"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
