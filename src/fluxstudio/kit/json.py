"""JSON as the product writes it."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import BaseModel


def _further(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


_encoder = msgspec.json.Encoder(enc_hook=_further)


def encode(value: Any) -> bytes:
    """UTF-8 JSON of plain values, dates, UUIDs, dataclasses and pydantic models."""
    return _encoder.encode(value)
