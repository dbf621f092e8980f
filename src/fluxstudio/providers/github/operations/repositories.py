"""The signed-in account, its repositories, and what is in them beside issues."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from fluxstudio.providers.github.declaration import github
from fluxstudio.providers.github.failure import RepositoryConflict
from fluxstudio.providers.github.operations.parameters import (
    FRESH,
    REPOSITORY,
    Direction,
    Owner,
    Page,
    PageCursor,
    PerPage,
    Repo,
    Since,
    Until,
    github_time,
)
from fluxstudio.providers.github.paging import one_page, whole_list
from fluxstudio.providers.github.shapes import Branch, Collaborator, Commit, Profile, PullRequest, Repository
from fluxstudio.sdk import Api, PartialList


@github.operation("GET", "user", fresh_for=FRESH)
async def user(api: Api) -> Profile:
    """Show the connected GitHub account."""
    profile: Profile = await api.get("/user")
    return profile


# What pages and pickers show of a repository.
BRIEF = (
    "id",
    "name",
    "full_name",
    "html_url",
    "description",
    "language",
    "private",
    "archived",
    "fork",
    "stargazers_count",
    "open_issues_count",
    "pushed_at",
    "permissions",
)


def _brief(answer: PartialList[Any]) -> PartialList[Any]:
    """A list of repositories with little of each."""
    return PartialList([_in_brief(entry) for entry in answer], answer.next_cursor)


def _in_brief(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    brief = {name: entry[name] for name in BRIEF if name in entry}
    owner = entry.get("owner")
    return {**brief, "owner": {"login": owner.get("login")} if isinstance(owner, dict) else owner}


@github.operation("GET", "repositories", scope="repo", fresh_for=FRESH, brief=_brief)
async def repositories(
    api: Api,
    kind: Annotated[
        Literal["all", "owner", "public", "private", "member"],
        Field(alias="type", description="Which to list: all, your own, public, private, or shared with you."),
    ] = "all",
    sort: Annotated[
        Literal["created", "updated", "pushed", "full_name"], Field(description="What to sort by.")
    ] = "full_name",
    direction: Direction = None,
    per_page: Annotated[
        int | None, Field(description="How many to return, 100 at most; 30 for a page.", ge=1, le=100)
    ] = None,
    page: Annotated[
        int | None, Field(description="Which page to return, from 1. Left out: all.", ge=1, le=10_000)
    ] = None,
    cursor: PageCursor = None,
) -> list[Repository]:
    """List the repositories the connected account can reach.

    That is all of them, up to 1,000, unless a page is asked for.
    """
    order = {"type": kind, "sort": sort, "direction": direction}
    if per_page is None and page is None and cursor is None:
        return await whole_list(api, "/user/repos", **order)
    return await one_page(api, "/user/repos", page=page or 1, per_page=per_page or 30, cursor=cursor, **order)


@github.operation("GET", REPOSITORY, scope="repo", fresh_for=FRESH)
async def repository(api: Api, owner: Owner, repo: Repo) -> Repository:
    """Show one repository."""
    entry: Repository = await api.get("/repos/{owner}/{repo}", owner=owner, repo=repo)
    return entry


@github.operation("GET", f"{REPOSITORY}/pulls", scope="repo", fresh_for=FRESH)
async def pulls(  # noqa: PLR0913 - what the API takes
    api: Api,
    owner: Owner,
    repo: Repo,
    state: Annotated[
        Literal["open", "closed", "all"], Field(description="Which pull requests to list.")
    ] = "open",
    base: Annotated[
        str | None, Field(description="Only those that go into this branch.", min_length=1, max_length=255)
    ] = None,
    sort: Annotated[
        Literal["created", "updated", "popularity", "long-running"], Field(description="What to sort by.")
    ] = "created",
    direction: Direction = None,
    per_page: PerPage = 30,
    page: Page = 1,
    cursor: PageCursor = None,
) -> list[PullRequest]:
    """List the pull requests of a repository."""
    return await _list_of(
        api,
        "pulls",
        owner,
        repo,
        state=state,
        base=base,
        sort=sort,
        direction=direction,
        per_page=per_page,
        page=page,
        cursor=cursor,
    )


@github.operation("GET", f"{REPOSITORY}/commits", scope="repo", fresh_for=FRESH)
async def commits(  # noqa: PLR0913 - what the API takes
    api: Api,
    owner: Owner,
    repo: Repo,
    sha: Annotated[
        str | None,
        Field(
            description="The branch, tag or commit to begin at; the default branch if left out.",
            min_length=1,
            max_length=255,
        ),
    ] = None,
    path: Annotated[
        str | None, Field(description="Only commits that touch this file or folder.", max_length=1000)
    ] = None,
    author: Annotated[
        str | None, Field(description="Only commits of this login or e-mail address.", max_length=255)
    ] = None,
    since: Since = None,
    until: Until = None,
    per_page: PerPage = 30,
    page: Page = 1,
    cursor: PageCursor = None,
) -> list[Commit]:
    """List the commits of a repository, newest first.

    An empty repository has none.
    """
    try:
        return await _list_of(
            api,
            "commits",
            owner,
            repo,
            sha=sha,
            path=path,
            author=author,
            since=github_time(since),
            until=github_time(until),
            per_page=per_page,
            page=page,
            cursor=cursor,
        )
    except RepositoryConflict:
        return []


@github.operation("GET", f"{REPOSITORY}/branches", scope="repo", fresh_for=FRESH)
async def branches(
    api: Api,
    owner: Owner,
    repo: Repo,
    protected: Annotated[
        bool | None, Field(description="Only protected branches, or only unprotected ones.")
    ] = None,
    per_page: PerPage = 30,
    page: Page = 1,
    cursor: PageCursor = None,
) -> list[Branch]:
    """List the branches of a repository."""
    return await _list_of(
        api, "branches", owner, repo, protected=protected, per_page=per_page, page=page, cursor=cursor
    )


@github.operation("GET", f"{REPOSITORY}/collaborators", scope="repo", fresh_for=FRESH)
async def collaborators(
    api: Api,
    owner: Owner,
    repo: Repo,
    affiliation: Annotated[
        Literal["all", "outside", "direct"],
        Field(description="Everybody, only people from outside the organisation, or only those added here."),
    ] = "all",
    permission: Annotated[
        Literal["pull", "triage", "push", "maintain", "admin"] | None,
        Field(description="Only people who may do this."),
    ] = None,
    per_page: PerPage = 30,
    page: Page = 1,
    cursor: PageCursor = None,
) -> list[Collaborator]:
    """List who works on a repository and what they may do.

    The connected account needs write access to the repository; for an organisation's repository GitHub also
    asks for the permission read:org.
    """
    return await _list_of(
        api,
        "collaborators",
        owner,
        repo,
        affiliation=affiliation,
        permission=permission,
        per_page=per_page,
        page=page,
        cursor=cursor,
    )


async def _list_of(api: Api, what: str, owner: str, repo: str, **query: Any) -> list[Any]:
    return await one_page(api, f"/repos/{{owner}}/{{repo}}/{what}", owner=owner, repo=repo, **query)
