"""Values, flags and columns right before a table that they say something of: `active users`."""

from __future__ import annotations

from fluxstudio.flows.ask.reading.cursor import Cursor
from fluxstudio.flows.ask.reading.lexemes import Flag, Value
from fluxstudio.flows.ask.schema.model import Entity, Field


def is_attribute(cursor: Cursor, meaning: object, offset: int = 0) -> bool:
    """Whether a value, a flag or a column of flags stands right before a table that it says something of."""
    if not isinstance(meaning, Value | Flag | Field):
        return False
    if isinstance(meaning, Field) and meaning.kind not in ("boolean", "date", "time"):
        return False
    entity = meaning.entity if isinstance(meaning, Field) else meaning.field.entity
    following = cursor.peek(offset + 1)
    while isinstance(following, Value | Flag) or cursor.at("and", "or", "comma", offset=offset + 1):
        offset += 1
        following = cursor.peek(offset + 1)
    if isinstance(meaning, Field):
        return isinstance(following, Entity) and following is entity
    if isinstance(following, Entity) and following.base is entity and _is_name(meaning):
        # "Whom does Ben mentor": a name says nothing of a role.
        return False
    return isinstance(following, Entity) or (
        isinstance(following, Field)
        and isinstance(meaning, Value)
        and following is not meaning.field
        and following.kind == "number"
    )


def _is_name(meaning: Value | Flag) -> bool:
    """Whether a value is what a row goes by."""
    return isinstance(meaning, Value) and meaning.field in meaning.field.entity.labels
