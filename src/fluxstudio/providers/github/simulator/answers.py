"""The simulated GitHub's errors, pages of lists, and what depends on the version of its API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

VERSIONS = ("2022-11-28", "2026-03-10")
GONE_IN_2026 = frozenset({"assignee", "has_downloads", "merge_commit_sha", "use_squash_pr_title_as_default"})
DOCS = "https://docs.github.com/rest"


class Problem(Exception):
    """An error answer: `{message, documentation_url, status}`, and `errors` for a validation that failed."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        docs: str = DOCS,
        **more: str,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"message": message}
        if errors:
            self.body["errors"] = [dict(error) for error in errors]
        self.body |= {"documentation_url": docs, "status": str(status), **more}


def invalid(resource: str, field: str, code: str, message: str | None = None) -> Problem:
    """422: one field of a request is wrong."""
    error = {"resource": resource, "field": field, "code": code}
    return Problem(422, "Validation Failed", errors=[{**error, "message": message} if message else error])


def one_of(request: Request, name: str, allowed: Sequence[str], default: str) -> str:
    """A query parameter with fixed values. Raises `Problem` (422)."""
    value = request.query_params.get(name, default)
    if value not in allowed:
        raise invalid("Search", name, "invalid")
    return value


def as_of(version: str, value: Any) -> Any:
    """The answer without what that version of the API no longer has."""
    if version == VERSIONS[0]:
        return value
    if isinstance(value, dict):
        return {key: as_of(version, entry) for key, entry in value.items() if key not in GONE_IN_2026}
    if isinstance(value, list):
        return [as_of(version, entry) for entry in value]
    return value


def page_of(request: Request, items: Sequence[Any], address: str) -> tuple[list[Any], dict[str, str]]:
    """The asked page of a list, and the `link` header that leads to the others; `address` is the list's."""
    size = min(_number(request, "per_page", 30), 100)
    page = _number(request, "page", 1)
    last = max(1, -(-len(items) // size))
    leads = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    if page >= last:
        del leads["next"], leads["last"]
    if page <= 1:
        del leads["prev"], leads["first"]
    others = [(key, value) for key, value in parse_qsl(request.url.query) if key != "page"]
    links = [
        f'<{address}?{urlencode([*others, ("page", target)])}>; rel="{name}"'
        for name, target in leads.items()
    ]
    start = (page - 1) * size
    return list(items[start : start + size]), {"link": ", ".join(links)} if links else {}


def _number(request: Request, name: str, default: int) -> int:
    """A positive number from the query; GitHub takes its default for anything else."""
    try:
        return max(1, int(request.query_params.get(name, default)))
    except ValueError:
        return default
