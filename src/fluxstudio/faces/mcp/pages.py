"""Lists cut into pages, with a cursor that says nothing to clients."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, PaginatedRequestParams

PAGE = 50
Item = TypeVar("Item")


def page(items: Sequence[Item], params: PaginatedRequestParams | None) -> tuple[list[Item], str | None]:
    """The items of the page that is asked for, and the cursor of the next one; None on the last page.

    Raises `MCPError` for a cursor that is not ours.
    """
    begin = _begin(params.cursor if params else None)
    end = begin + PAGE
    return list(items[begin:end]), _cursor(end) if end < len(items) else None


def _cursor(begin: int) -> str:
    return base64.urlsafe_b64encode(f"from {begin}".encode()).decode()


def _begin(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, number = base64.urlsafe_b64decode(cursor.encode()).decode().split()
        if word == "from" and number.isdecimal() and len(number) < 10:
            return int(number)
    except (ValueError, binascii.Error):
        pass
    raise MCPError(INVALID_PARAMS, "This cursor is not one of ours. List again without one.")
