"""Bodies as strangers send them, read without trusting them."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request


def read_json(body: bytes) -> Any:
    """A JSON text as values that can be kept: half a surrogate pair becomes U+FFFD.

    JavaScript cuts strings between the halves, and sends what is left. Raises `ValueError` for what is no
    JSON, is nested too deeply, or has numbers that JSON does not know.
    """
    try:
        return _whole(json.loads(body, parse_constant=_no_number))
    except (RecursionError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None


async def read_form(request: Request) -> FormData:
    """The fields of a form. Raises `ValueError` for a body that is none."""
    try:
        return await request.form()
    except (HTTPException, MultiPartException, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def whole_text(text: str) -> str:
    """The text with U+FFFD for every half of a surrogate pair."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else whole_text(value)
    if isinstance(value, list):
        return [_whole(entry) for entry in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(entry) for key, entry in value.items()}
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
