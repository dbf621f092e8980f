"""What GitHub's answers hold, as far as we describe them; GitHub may send more and may leave keys out.

Field names and types follow GitHub's OpenAPI document for API version 2026-03-10 (read 2026-11-22).
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict


class SimpleUser(TypedDict, total=False):
    """A person or an organisation, as far as others see them."""

    id: int
    login: str
    type: str
    avatar_url: str
    html_url: str
    url: str
    site_admin: bool


class Profile(SimpleUser, total=False):
    """The signed-in person."""

    name: str | None
    email: str | None
    bio: str | None
    company: str | None
    location: str | None
    blog: str | None
    public_repos: int
    total_private_repos: int
    followers: int
    following: int
    created_at: str
    updated_at: str


class Permissions(TypedDict, total=False):
    """What an account may do in a repository."""

    admin: bool
    maintain: bool
    push: bool
    triage: bool
    pull: bool


class License(TypedDict, total=False):
    """A licence, by its SPDX id."""

    key: str
    name: str
    spdx_id: str | None
    url: str | None


class Repository(TypedDict, total=False):
    """A repository."""

    id: int
    name: str
    full_name: str
    owner: SimpleUser
    private: bool
    visibility: str
    html_url: str
    url: str
    clone_url: str
    description: str | None
    homepage: str | None
    language: str | None
    topics: list[str]
    default_branch: str
    fork: bool
    archived: bool
    disabled: bool
    license: License | None
    size: int
    stargazers_count: int
    watchers_count: int
    forks_count: int
    open_issues_count: int
    has_issues: bool
    permissions: Permissions
    created_at: str | None
    updated_at: str | None
    pushed_at: str | None


class Label(TypedDict, total=False):
    """A label of an issue or pull request; `color` is six hex digits."""

    id: int
    name: str
    color: str | None
    description: str | None
    default: bool


class Milestone(TypedDict, total=False):
    """A milestone."""

    number: int
    title: str
    description: str | None
    state: str
    due_on: str | None
    open_issues: int
    closed_issues: int
    html_url: str


class Issue(TypedDict, total=False):
    """An issue."""

    id: int
    number: int
    title: str
    body: str | None
    state: str
    state_reason: str | None
    html_url: str
    url: str
    user: SimpleUser | None
    labels: list[Label]
    assignees: list[SimpleUser]
    milestone: Milestone | None
    comments: int
    locked: bool
    author_association: str
    created_at: str
    updated_at: str
    closed_at: str | None
    closed_by: SimpleUser | None


class IssueComment(TypedDict, total=False):
    """A comment on an issue."""

    id: int
    body: str
    html_url: str
    url: str
    issue_url: str
    user: SimpleUser | None
    author_association: str
    created_at: str
    updated_at: str


class Ref(TypedDict, total=False):
    """One end of a pull request."""

    label: str
    ref: str
    sha: str
    user: SimpleUser | None


class PullRequest(TypedDict, total=False):
    """A pull request."""

    id: int
    number: int
    title: str
    body: str | None
    state: str
    draft: bool
    html_url: str
    url: str
    user: SimpleUser | None
    labels: list[Label]
    assignees: list[SimpleUser]
    requested_reviewers: list[SimpleUser]
    milestone: Milestone | None
    head: Ref
    base: Ref
    locked: bool
    author_association: str
    created_at: str
    updated_at: str
    closed_at: str | None
    merged_at: str | None


class Signature(TypedDict, total=False):
    """Who wrote or committed something, as git knows them."""

    name: str
    email: str
    date: str


class GitCommit(TypedDict, total=False):
    """A commit as git knows it."""

    message: str
    author: Signature | None
    committer: Signature | None
    comment_count: int


class Commit(TypedDict, total=False):
    """A commit; `author` and `committer` are null for people without an account."""

    sha: str
    html_url: str
    url: str
    commit: GitCommit
    author: SimpleUser | None
    committer: SimpleUser | None


class Tip(TypedDict):
    """The newest commit of a branch."""

    sha: str
    url: str


class Branch(TypedDict, total=False):
    """A branch."""

    name: str
    commit: Tip
    protected: bool


class Collaborator(SimpleUser, total=False):
    """Somebody with access to a repository; `role_name` is read, triage, write, maintain, admin or custom."""

    role_name: str
    permissions: Permissions


class CodeFile(TypedDict):
    """A file of a repository at a commit; `content` is base64, null where there is no such file."""

    branch: str
    commit: str
    path: str
    content: str | None


class ProposedPull(TypedDict):
    """A pull request that proposes a change; `head` is the commit its branch is at."""

    number: int
    html_url: str
    state: str
    title: str
    body: str | None
    merged_at: str | None
    updated_at: str
    head: str


class SyncedPull(TypedDict):
    """The pull request of a sync, where its branch `fluxstudio/tokens-…` is, and where that was before."""

    number: int
    html_url: str
    updated_at: str
    repository: str
    branch: str
    head: str
    before: str | None


class SyncedTokens(TypedDict):
    """What a run of a sync did: `url` leads to the pull request, `summary` says it in a sentence.

    `changes` and `conflicts` are how many. `proposal` is null where nothing was proposed.
    """

    outcome: Literal["nothing", "pull_request", "held"]
    url: str | None
    summary: str
    changes: int
    conflicts: int
    proposal: SyncedPull | None


class CodeComparison(TypedDict):
    """How one commit stands to another, and by how many commits."""

    status: Literal["ahead", "behind", "diverged", "identical"]
    ahead_by: int
    behind_by: int


class FolderFile(TypedDict):
    """A file of a folder: its path in the repository, and its content as base64."""

    path: str
    content: str


class CodeFolder(TypedDict):
    """The JSON files of a folder, and of the folders in it."""

    files: list[FolderFile]


class CodeProposal(TypedDict):
    """Where a branch is, null where there is none, and the newest pull request from it."""

    head: str | None
    pull: ProposedPull | None
