"""Parameters that several operations take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from fluxstudio.providers.github.addresses import OWNER, REPO
from fluxstudio.providers.github.paging import CURSOR
from fluxstudio.sdk.markup import IDENTITY

FRESH = timedelta(seconds=60)
REPOSITORY = "repositories/{owner}/{repo}"

Owner = Annotated[
    str,
    Field(
        description="The person or organisation that owns the repository, such as harbour-pine.",
        pattern=f"^{OWNER}$",
    ),
    IDENTITY,
]
Repo = Annotated[
    str,
    Field(
        description="The repository's name without its owner, such as driftwood.",
        pattern=f"^{REPO}$",
    ),
    IDENTITY,
]
Number = Annotated[int, Field(description="The issue's number, as in #7.", ge=1, le=2**31 - 1)]
PerPage = Annotated[int, Field(description="How many to return, 100 at most.", ge=1, le=100)]
Page = Annotated[int, Field(description="Which page to return, from 1.", ge=1, le=10_000)]
PageCursor = Annotated[
    str | None,
    Field(description="The nextCursor of the page before, instead of page and per_page.", pattern=CURSOR),
]
Direction = Annotated[
    Literal["asc", "desc"] | None, Field(description="asc for ascending, desc for descending order.")
]
Login = Annotated[str, Field(min_length=1, max_length=60)]
Logins = Annotated[
    list[Login] | None, Field(description="Logins of the people to assign.", max_length=10), IDENTITY
]
Since = Annotated[
    AwareDatetime | None, Field(description="Only what changed at or after this time (ISO 8601 with zone).")
]
Until = Annotated[AwareDatetime | None, Field(description="Only what is from before this time (ISO 8601).")]


def github_time(time: datetime | None) -> str | None:
    """A point in time as GitHub's query parameters take it."""
    return None if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
