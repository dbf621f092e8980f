"""Files of a repository, and proposals to change them: a branch, a commit, a pull request.

Sources, read 2026-11-29: GitHub's OpenAPI document (contents up to 1 MB, else an empty `content` with the
encoding "none"; blobs; refs) and its GraphQL schema (`createCommitOnBranch`: one commit, only on top of
`expectedHeadOid`, signed by GitHub).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from fluxstudio.errors import Conflict, InvalidRequest, NotFound
from fluxstudio.providers.github.declaration import github
from fluxstudio.providers.github.failure import RepositoryConflict
from fluxstudio.providers.github.operations.parameters import REPOSITORY, Owner, Repo
from fluxstudio.providers.github.shapes import (
    CodeComparison,
    CodeFile,
    CodeFolder,
    CodeProposal,
    ProposedPull,
)
from fluxstudio.providers.github.webhooks.self_events import proposal_changes
from fluxstudio.sdk import Api
from fluxstudio.sdk.markup import IDENTITY, LINE, MARKDOWN

ROOT = "/repos/{owner}/{repo}"
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
MAX_CONTENT_CHARACTERS = 24 * 1024 * 1024


def _in_segments(refused: str) -> str:
    """A pattern of names with slashes between, none of dots alone or with a refused character."""
    name = rf"[^{refused}]*[^.{refused}][^{refused}]*"
    return rf"^{name}(/{name})*$"


FilePath = Annotated[
    str,
    Field(
        description="The file's path in the repository, such as tokens/base.json.",
        min_length=1,
        max_length=1000,
        pattern=_in_segments(r"/\x00-\x1f?#%\\"),
    ),
    IDENTITY,
]
BranchName = Annotated[
    str,
    Field(
        description="A branch, such as main.",
        min_length=1,
        max_length=255,
        pattern=_in_segments(r"/\x00-\x20~^:?*#%\[\\"),
    ),
    IDENTITY,
]
COMMIT_ID = "^[0-9a-f]{40}$"
MAX_FOLDER_FILES = 100
NOT_FOLDERS = ("file", "symlink", "submodule")
Content = Annotated[
    str,
    Field(description="What the file is to hold, as base64.", max_length=MAX_CONTENT_CHARACTERS),
    IDENTITY,
]

COMMIT = """mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}"""


@github.operation("GET", f"{REPOSITORY}/file", scope="repo")
async def file(
    api: Api,
    owner: Owner,
    repo: Repo,
    path: FilePath,
    branch: Annotated[
        BranchName | None, Field(description="The branch to read; the default branch if left out.")
    ] = None,
    commit: Annotated[
        str | None,
        Field(description="The commit to read; where the branch is if left out.", pattern=COMMIT_ID),
        IDENTITY,
    ] = None,
) -> CodeFile:
    """Read a file of a repository, with the commit that it was read at.

    The content is base64, and null where the branch has no such file.
    """
    if branch is None:
        branch = str((await api.get(ROOT, owner=owner, repo=repo))["default_branch"])
    commit = commit or await _head(api, owner, repo, branch)
    if commit is None:
        raise NotFound(f"{owner}/{repo} has no branch {branch}. Check its name.")
    content = await _content(api, owner, repo, path, commit)
    return {"branch": branch, "commit": commit, "path": path, "content": content}


@github.operation("GET", f"{REPOSITORY}/compare", scope="repo")
async def compare(
    api: Api,
    owner: Owner,
    repo: Repo,
    base: Annotated[BranchName, Field(description="The commit or branch to compare with.")],
    head: Annotated[BranchName, Field(description="The commit or branch to compare.")],
) -> CodeComparison:
    """Say whether one commit of a repository holds another, and how many commits are between."""
    answer = await api.get(
        ROOT + "/compare/{basehead}", owner=owner, repo=repo, basehead=f"{base}...{head}", per_page=1
    )
    return {
        "status": answer["status"],
        "ahead_by": answer["ahead_by"],
        "behind_by": answer["behind_by"],
    }


@github.operation("GET", f"{REPOSITORY}/folder", scope="repo")
async def folder(
    api: Api,
    owner: Owner,
    repo: Repo,
    path: Annotated[FilePath, Field(description="The folder's path in the repository.")],
    commit: Annotated[
        str | None,
        Field(
            description="The commit to read it at; the default branch's newest if left out.",
            pattern=COMMIT_ID,
        ),
        IDENTITY,
    ] = None,
) -> CodeFolder:
    """Read the JSON files of a folder and of the folders in it, at one commit.

    At most 100 files; what is deeper is left out.
    """
    commit = commit or "HEAD"
    names = await _json_files(api, owner, repo, path, commit)
    read = [(name, await _content(api, owner, repo, name, commit)) for name in names]
    return {"files": [{"path": name, "content": content} for name, content in read if content is not None]}


@github.operation("GET", f"{REPOSITORY}/proposal", scope="repo")
async def proposal(api: Api, owner: Owner, repo: Repo, branch: BranchName, base: BranchName) -> CodeProposal:
    """Show where a branch is, and the newest pull request from it."""
    head = await _head(api, owner, repo, branch)
    return {"head": head, "pull": await _pull(api, owner, repo, branch, base)}


@github.operation(
    "POST",
    f"{REPOSITORY}/proposals",
    scope="repo",
    status=201,
    limit="write",
    makes_stale=("pulls", "commits", "branches"),
    changes=proposal_changes,
)
async def propose(  # noqa: PLR0913 - what a proposal is made of
    api: Api,
    owner: Owner,
    repo: Repo,
    path: FilePath,
    content: Content,
    branch: BranchName,
    base: Annotated[BranchName, Field(description="The branch that the pull request goes into.")],
    title: Annotated[str, Field(description="The pull request's title.", min_length=1, max_length=256), LINE],
    body: Annotated[
        str, Field(description="The pull request's text, in GitHub's Markdown.", max_length=65_536), MARKDOWN
    ],
    start: Annotated[
        str | None,
        Field(
            description="Where the branch begins if there is none: a commit, else where the base is.",
            pattern=COMMIT_ID,
        ),
        IDENTITY,
    ] = None,
    head: Annotated[
        str | None,
        Field(
            description="Where the branch has to be; one that is elsewhere is left alone.", pattern=COMMIT_ID
        ),
        IDENTITY,
    ] = None,
) -> ProposedPull:
    """Propose a change of one file: a branch, a commit on it, and a pull request.

    Each of these is made only where it is missing, so that asking again makes no second one.
    """
    try:
        data = base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidRequest("The content is not base64.", {"content": "is not base64"}) from None
    start = start or await _head(api, owner, repo, base)
    if start is None:
        raise NotFound(f"{owner}/{repo} has no branch {base}. Check its name.")
    pull = await _pull(api, owner, repo, branch, base)
    tip = await _branch(api, owner, repo, branch, start)
    if head is not None and tip not in {head, start}:
        raise Conflict(f"Someone else has changed {branch}. Look at it, then sync again.", reason="moved")
    if tip == head != start and (pull is None or pull["state"] != "open"):
        tip = await _begin_again(api, owner, repo, branch, start)
    if await _content(api, owner, repo, path, tip) != base64.b64encode(data).decode():
        tip = await _commit(api, f"{owner}/{repo}", branch, tip, {"path": path, "data": data, "title": title})
    if pull is None or pull["state"] != "open":
        pull = await _open(api, owner, repo, {"head": branch, "base": base, "title": title, "body": body})
    elif (pull["body"] or "") != body:
        edited = await api.patch(
            ROOT + "/pulls/{number}", owner=owner, repo=repo, number=pull["number"], json={"body": body}
        )
        pull = _shown(edited)
    return {**pull, "head": tip}


async def _head(api: Api, owner: str, repo: str, branch: str) -> str | None:
    """The commit a branch is at, or None."""
    try:
        answer = await api.get(ROOT + "/git/ref/{ref}", owner=owner, repo=repo, ref=f"heads/{branch}")
    except (NotFound, RepositoryConflict):
        return None
    return str(answer["object"]["sha"])


async def _json_files(api: Api, owner: str, repo: str, path: str, commit: str) -> list[str]:
    """The paths of JSON files in a folder, then in those within. Raises `InvalidRequest`, `NotFound`."""
    try:
        entries = await _entries(api, owner, repo, path, commit)
    except NotFound:
        raise NotFound(f"{owner}/{repo} has no folder {path}. Check its path.") from None
    names = [entry["path"] for entry in entries if _is_json(entry)]
    for entry in entries:
        if entry["type"] == "dir":
            inner = await _entries(api, owner, repo, entry["path"], commit)
            names += [file["path"] for file in inner if _is_json(file)]
    if len(names) > MAX_FOLDER_FILES:
        raise InvalidRequest(f"{path} has more than {MAX_FOLDER_FILES} JSON files. Name a folder with fewer.")
    return names


async def _entries(api: Api, owner: str, repo: str, path: str, commit: str) -> list[Mapping[str, Any]]:
    entries = await api.get(ROOT + "/contents/{path}", owner=owner, repo=repo, path=path, ref=commit)
    if isinstance(entries, list):
        return entries
    if entries["type"] in NOT_FOLDERS:
        raise InvalidRequest(f"{path} is not a folder. Name the folder that the exported files are in.")
    raise ValueError("GitHub says neither what is in a folder nor what there is instead.")


def _is_json(entry: Mapping[str, Any]) -> bool:
    return entry["type"] == "file" and str(entry["name"]).endswith((".json", ".tokens"))


async def _content(api: Api, owner: str, repo: str, path: str, commit: str) -> str | None:
    """A file's content at a commit as base64, or None. Raises `InvalidRequest` for what is no file."""
    try:
        entry = await api.get(ROOT + "/contents/{path}", owner=owner, repo=repo, path=path, ref=commit)
    except NotFound:
        return None
    if isinstance(entry, list) or entry["type"] != "file":
        raise InvalidRequest(f"{path} is a folder, a link or a submodule. Name a file.")
    if entry.get("encoding") == "none":
        entry = await api.get(ROOT + "/git/blobs/{sha}", owner=owner, repo=repo, sha=entry["sha"])
    data = base64.b64decode(entry["content"])
    if data.startswith(LFS_POINTER):
        raise InvalidRequest(f"{path} is kept in Git LFS. Keep the file in the repository itself.")
    return base64.b64encode(data).decode()


async def _branch(api: Api, owner: str, repo: str, branch: str, start: str) -> str:
    """Where a branch is, made if there is none."""
    tip = await _head(api, owner, repo, branch)
    if tip is not None:
        return tip
    try:
        made = await api.post(
            ROOT + "/git/refs", owner=owner, repo=repo, json={"ref": f"refs/heads/{branch}", "sha": start}
        )
    except InvalidRequest:
        tip = await _head(api, owner, repo, branch)
        if tip is None:
            raise
        return tip
    return str(made["object"]["sha"])


async def _begin_again(api: Api, owner: str, repo: str, branch: str, start: str) -> str:
    """Put a branch whose pull request has ended, and on which nobody else worked, where the next begins."""
    await api.patch(
        ROOT + "/git/refs/{ref}",
        owner=owner,
        repo=repo,
        ref=f"heads/{branch}",
        json={"sha": start, "force": True},
    )
    return start


async def _commit(api: Api, repository: str, branch: str, tip: str, change: Mapping[str, Any]) -> str:
    """A commit on top of `tip`; nothing where the branch is elsewhere by now."""
    addition = {"path": change["path"], "contents": base64.b64encode(change["data"]).decode()}
    mutation = {
        "branch": {"repositoryNameWithOwner": repository, "branchName": branch},
        "expectedHeadOid": tip,
        "message": {"headline": change["title"]},
        "fileChanges": {"additions": [addition]},
    }
    answer = await api.post("/graphql", json={"query": COMMIT, "variables": {"input": mutation}})
    for error in answer.get("errors") or ():
        message = str(error.get("message", ""))[:300]
        if error.get("type") == "STALE_DATA":
            raise Conflict(f"Someone else has changed {branch}. Sync again.", reason="moved")
        raise InvalidRequest(f"GitHub refuses the commit. It says: {message}")
    return str(answer["data"]["createCommitOnBranch"]["commit"]["oid"])


async def _pull(api: Api, owner: str, repo: str, branch: str, base: str) -> ProposedPull | None:
    """The newest pull request from a branch, an open one before others."""
    pulls = await api.get(
        ROOT + "/pulls",
        owner=owner,
        repo=repo,
        head=f"{owner}:{branch}",
        base=base,
        state="all",
        sort="created",
        direction="desc",
    )
    shown = [_shown(pull) for pull in pulls if pull["head"]["ref"] == branch]
    return next((pull for pull in shown if pull["state"] == "open"), shown[0] if shown else None)


async def _open(api: Api, owner: str, repo: str, fields: Mapping[str, str]) -> ProposedPull:
    try:
        return _shown(await api.post(ROOT + "/pulls", owner=owner, repo=repo, json=dict(fields)))
    except InvalidRequest:
        pull = await _pull(api, owner, repo, fields["head"], fields["base"])
        if pull is None or pull["state"] != "open":
            raise
        return pull


def _shown(pull: Mapping[str, Any]) -> ProposedPull:
    return {
        "number": pull["number"],
        "html_url": pull["html_url"],
        "state": pull["state"],
        "title": pull["title"],
        "body": pull["body"],
        "merged_at": pull["merged_at"],
        "updated_at": pull["updated_at"],
        "head": pull["head"]["sha"],
    }
