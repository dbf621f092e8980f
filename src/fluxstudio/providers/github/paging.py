"""GitHub's lists, page by page: 30 to a page unless asked for more, 100 at most, and a `Link` to the next.

docs.github.com “Using pagination in the REST API”, read 2026-11-29.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from fluxstudio.sdk import Api, PartialList

# A page's number and how many it holds.
CURSOR = r"^[1-9][0-9]{0,4}\.(100|[1-9][0-9]?)$"
MAX_PAGE_SIZE = 100
# Of a list that is asked for as a whole.
MOST_LISTED = 1000


def place(cursor: str | None, page: int, per_page: int) -> tuple[int, int]:
    """Which page is meant, and how many entries a page has; a cursor counts before the other two."""
    if cursor is None:
        return page, per_page
    number, _, size = cursor.partition(".")
    return int(number), int(size)


async def one_page(
    api: Api, address: str, /, *, page: int, per_page: int, cursor: str | None, **fields: Any
) -> PartialList[Any]:
    """One page of a list, and where the next one is."""
    number, size = place(cursor, page, per_page)
    response = await api.request("GET", address, per_page=size, page=number, **fields)
    more = api.provider.http.paging.next(response, None) is not None
    return PartialList(api.read(response), f"{number + 1}.{size}" if more else None)


async def whole_list(api: Api, address: str, /, **fields: Any) -> PartialList[Any]:
    """Every entry of a list, the first 1,000 at the utmost, and where those after them are."""
    entries = await api.pages(address, most=MOST_LISTED, per_page=MAX_PAGE_SIZE, **fields)
    following = parse_qs(urlsplit(entries.next_cursor or "").query).get("page", [])
    return PartialList(entries, f"{following[0]}.{MAX_PAGE_SIZE}" if following else None)
