"""Issues and the comments on them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from fluxstudio.errors import InvalidRequest
from fluxstudio.providers.github.declaration import github
from fluxstudio.providers.github.operations.parameters import (
    FRESH,
    REPOSITORY,
    Direction,
    Logins,
    Number,
    Owner,
    Page,
    PageCursor,
    PerPage,
    Repo,
    Since,
    github_time,
)
from fluxstudio.providers.github.paging import one_page, place
from fluxstudio.providers.github.shapes import Issue, IssueComment
from fluxstudio.providers.github.webhooks.self_events import change_changes, creation_changes
from fluxstudio.sdk import Api, PartialList
from fluxstudio.sdk.markup import LINE, MARKDOWN

ISSUES = "/repos/{owner}/{repo}/issues"
MOST_SCANNED = 20
WHOLE_PAGE = 100

Title = Annotated[str, Field(description="The title.", min_length=1, max_length=256), LINE]
Text = Annotated[
    str | None, Field(description="The text, in GitHub's Markdown.", max_length=65_536), MARKDOWN
]
CommentText = Annotated[
    str, Field(description="The comment, in GitHub's Markdown.", min_length=1, max_length=65_536), MARKDOWN
]
Labels = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=50)]] | None,
    Field(description="Names of the labels.", max_length=100),
    LINE,
]
MilestoneNumber = Annotated[int | None, Field(description="The milestone's number.", ge=1)]


@github.operation("GET", f"{REPOSITORY}/issues", scope="repo", fresh_for=FRESH)
async def issues(  # noqa: PLR0913 - what the API takes
    api: Api,
    owner: Owner,
    repo: Repo,
    state: Annotated[Literal["open", "closed", "all"], Field(description="Which issues to list.")] = "open",
    labels: Annotated[
        str | None,
        Field(description="Only issues with all of these labels, comma-separated.", max_length=500),
    ] = None,
    assignee: Annotated[
        str | None,
        Field(description="Only issues of this login; none for unassigned, * for assigned.", max_length=60),
    ] = None,
    sort: Annotated[
        Literal["created", "updated", "comments"], Field(description="What to sort by.")
    ] = "created",
    direction: Direction = None,
    since: Since = None,
    per_page: PerPage = 30,
    page: Page = 1,
    cursor: PageCursor = None,
) -> list[Issue]:
    """List the issues of a repository, without its pull requests.

    They are looked for among the first 2,000 issues and pull requests.
    """
    page, per_page = place(cursor, page, per_page)
    end = page * per_page
    entries: list[Issue] = []
    # GitHub lists pull requests among the issues, so its pages are not ours: ours are filled from as many of
    # its pages as it takes.
    batch: list[Any] = []
    for number in range(1, MOST_SCANNED + 1):
        batch = await api.get(
            ISSUES,
            owner=owner,
            repo=repo,
            state=state,
            labels=labels,
            assignee=assignee,
            sort=sort,
            direction=direction,
            since=github_time(since),
            per_page=WHOLE_PAGE,
            page=number,
        )
        entries += [issue for issue in batch if "pull_request" not in issue]
        if len(batch) < WHOLE_PAGE or len(entries) >= end:
            break
    more = len(entries) > end or (len(entries) == end and len(batch) == WHOLE_PAGE)
    return PartialList(entries[end - per_page : end], f"{page + 1}.{per_page}" if more else None)


@github.operation(
    "POST",
    f"{REPOSITORY}/issues",
    scope="repo",
    status=201,
    limit="write",
    makes_stale=("issues", "repository", "repositories"),
    changes=creation_changes,
)
async def create_issue(
    api: Api,
    owner: Owner,
    repo: Repo,
    title: Title,
    body: Text = None,
    labels: Labels = None,
    assignees: Logins = None,
    milestone: MilestoneNumber = None,
) -> Issue:
    """Open an issue in a repository.

    Without write access to the repository GitHub leaves labels, assignees and milestone out.
    """
    issue: Issue = await api.post(
        ISSUES,
        owner=owner,
        repo=repo,
        json=_fields_set(title=title, body=body, labels=labels, assignees=assignees, milestone=milestone),
    )
    return issue


@github.operation("GET", f"{REPOSITORY}/issues/{{number}}", scope="repo", fresh_for=FRESH)
async def issue(api: Api, owner: Owner, repo: Repo, number: Number) -> Issue:
    """Show one issue."""
    entry: Issue = await api.get(f"{ISSUES}/{{number}}", owner=owner, repo=repo, number=number)
    return entry


@github.operation(
    "PATCH",
    f"{REPOSITORY}/issues/{{number}}",
    scope="repo",
    limit="write",
    makes_stale=("issue", "issues", "repository", "repositories"),
    changes=change_changes,
)
async def update_issue(  # noqa: PLR0913 - what the API takes
    api: Api,
    owner: Owner,
    repo: Repo,
    number: Number,
    title: Annotated[
        str | None, Field(description="A new title.", min_length=1, max_length=256), LINE
    ] = None,
    body: Text = None,
    state: Annotated[
        Literal["open", "closed"] | None, Field(description="closed to close it, open to reopen it.")
    ] = None,
    state_reason: Annotated[
        Literal["completed", "not_planned", "duplicate", "reopened"] | None,
        Field(description="Why the state changes."),
    ] = None,
    labels: Labels = None,
    assignees: Logins = None,
    milestone: MilestoneNumber = None,
) -> Issue:
    """Change an issue: its title, text, state, labels, assignees or milestone.

    What is left out stays as it is; an empty list of labels or assignees removes them all. Raises
    `InvalidRequest` when nothing is to change.
    """
    change = _fields_set(
        title=title,
        body=body,
        state=state,
        state_reason=state_reason,
        labels=labels,
        assignees=assignees,
        milestone=milestone,
    )
    if not change:
        raise InvalidRequest("Say what to change: title, body, state, labels, assignees or milestone.")
    issue: Issue = await api.patch(f"{ISSUES}/{{number}}", owner=owner, repo=repo, number=number, json=change)
    return issue


@github.operation("GET", f"{REPOSITORY}/issues/{{number}}/comments", scope="repo", fresh_for=FRESH)
async def comments(
    api: Api,
    owner: Owner,
    repo: Repo,
    number: Number,
    since: Since = None,
    per_page: PerPage = 30,
    page: Page = 1,
    cursor: PageCursor = None,
) -> list[IssueComment]:
    """List the comments on an issue, oldest first."""
    return await one_page(
        api,
        f"{ISSUES}/{{number}}/comments",
        page=page,
        per_page=per_page,
        cursor=cursor,
        owner=owner,
        repo=repo,
        number=number,
        since=github_time(since),
    )


@github.operation(
    "POST",
    f"{REPOSITORY}/issues/{{number}}/comments",
    scope="repo",
    status=201,
    limit="write",
    makes_stale=("comments", "issue", "issues"),
    changes=creation_changes,
)
async def add_comment(api: Api, owner: Owner, repo: Repo, number: Number, body: CommentText) -> IssueComment:
    """Comment on an issue."""
    comment: IssueComment = await api.post(
        f"{ISSUES}/{{number}}/comments", owner=owner, repo=repo, number=number, json={"body": body}
    )
    return comment


def _fields_set(**fields: Any) -> dict[str, Any]:
    """The fields that were given a value."""
    return {name: value for name, value in fields.items() if value is not None}
