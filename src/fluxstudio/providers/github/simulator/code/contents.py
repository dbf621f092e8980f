"""Reading and writing files by their paths.

Shapes: GitHub's OpenAPI document. Refusals, by what it answered to others: `"sha" wasn't supplied`
(octokit/octokit.rb#992), “does not match” (agorapulse/pierrot#45), “Could not update file: …”
(BobAnkh/auto-generate-changelog#78); read 2026-11-30.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.code import shapes, writing
from fluxstudio.providers.github.simulator.code.refs import BY_PULL_REQUEST, HEADS, PROTECTED_DOCS, Refs
from fluxstudio.providers.github.simulator.fields import Shape, checked
from fluxstudio.providers.github.simulator.git import TreeEntry
from fluxstudio.providers.github.simulator.git.objects import TREE_MODE
from fluxstudio.providers.github.simulator.rest import Rest
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

MAX_FOLDER_ENTRIES = 1000
MAX_SERVED_BYTES = 100 * 1_048_576
READMES = ("readme.md", "readme.rst", "readme.txt", "readme")
FIELDS: Mapping[str, Shape] = {
    **dict.fromkeys(("message", "content", "sha", "branch"), "string"),
    **dict.fromkeys(("author", "committer"), writing.PERSON),
}


class Contents(Rest):
    """The endpoints below `contents`."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api, below = GitHubApi(self.simulator), self.below_repository
        return [
            *below(api, "/readme", self._readme),
            *below(api, "/contents", self._get),
            *below(api, "/contents/{path:path}", self._get),
            *below(api, "/contents/{path:path}", self._put, method="PUT"),
            *below(api, "/contents/{path:path}", self._delete, method="DELETE"),
        ]

    async def _get(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        path = call.path.get("path", "").rstrip("/")
        ref, tree = self._tree(view, call)
        return self._shown(view, call, path, ref, view.store.entry(tree, path))

    async def _readme(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        ref, tree = self._tree(view, call)
        entry = next((e for e in view.store.tree(tree) or () if e.name.lower() in READMES), None)
        return self._shown(view, call, entry.name if entry else "", ref, entry)

    def _tree(self, view: ViewedRepository, call: GitHubCall) -> tuple[str, str]:
        ref = call.request.query_params.get("ref") or view.repository["default_branch"]
        if not view.repository["branches"]:
            raise Problem(404, "This repository is empty.")
        sha = view.resolve(ref)
        stored = view.store.commit(sha) if sha else None
        if stored is None:
            raise Problem(404, f"No commit found for the ref {ref}")
        return ref, stored.tree

    def _shown(
        self, view: ViewedRepository, call: GitHubCall, path: str, ref: str, entry: TreeEntry | None
    ) -> GitHubAnswer:
        if entry is None:
            raise Problem(404, "Not Found")
        if entry.mode == TREE_MODE:
            entries = (view.store.tree(entry.sha) or [])[:MAX_FOLDER_ENTRIES]
            prefix = f"{path}/" if path else ""
            listed = [shapes.content(view, prefix + inner.name, inner, ref) for inner in entries]
            if call.media == "object":
                whole = shapes.content(view, path, entry, ref)
                return GitHubAnswer({**whole, "entries": listed})
            return GitHubAnswer(listed)
        data = view.store.blob(entry.sha) or b""
        if len(data) > MAX_SERVED_BYTES:
            raise Problem(
                403, "This API returns blobs up to 100 MB in size. The requested blob is too large."
            )
        if call.media == "raw":
            return GitHubAnswer(data, media="application/vnd.github.raw+json; charset=utf-8")
        return GitHubAnswer(shapes.file(view, path, entry, ref))

    async def _put(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        writing.may_push(view, call)
        fields = checked(await call.json(), FIELDS, ("message", "content"))
        path = writing.checked_path(call.path["path"])
        try:
            data = base64.b64decode("".join(fields["content"].split()), validate=True)
        except (binascii.Error, ValueError):
            raise Problem(422, "content is not valid Base64") from None
        before = self._replaced(view, fields, path)
        if before is not None and "sha" not in fields:
            raise Problem(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        self._held(fields, path, before)
        doing = "create" if before is None else "update"
        sha = self._commit(view, fields, doing, {path: data})
        entry = view.store.entry(self._stored_tree(view, sha), path)
        assert entry is not None
        branch = self._branch_name(view, fields)
        content = shapes.content(view, path, entry, branch)
        return GitHubAnswer(
            {"content": content, "commit": self._git_commit(view, sha)}, 201 if before is None else 200
        )

    async def _delete(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        writing.may_push(view, call)
        query = dict(call.request.query_params)
        fields = checked({**query, **await call.json()}, FIELDS, ("message", "sha"))
        path = writing.checked_path(call.path["path"])
        before = self._replaced(view, fields, path)
        if before is None:
            raise Problem(404, "Not Found")
        self._held(fields, path, before)
        sha = self._commit(view, fields, "delete", {}, [path])
        return GitHubAnswer({"content": None, "commit": self._git_commit(view, sha)})

    def _replaced(self, view: ViewedRepository, fields: Json, path: str) -> TreeEntry | None:
        """What is at the path now. Raises `Problem` (404) for a branch that is not there."""
        name = self._branch_name(view, fields)
        branch = view.branch(name)
        if branch is None:
            if view.repository["branches"] or "branch" in fields:
                raise Problem(404, f"Branch {name} not found")
            return None
        return view.store.entry(self._stored_tree(view, branch["tip"]), path)

    def _held(self, fields: Json, path: str, before: TreeEntry | None) -> None:
        expected = fields.get("sha")
        if expected is not None and (before is None or before.sha != expected):
            raise Problem(409, f"{path} does not match {expected}")

    def _commit(
        self, view: ViewedRepository, fields: Json, doing: str, put: dict[str, bytes], removed: Any = ()
    ) -> str:
        now = self.simulator.clock.now()
        name = self._branch_name(view, fields)
        branch, refs = view.branch(name), Refs(self.simulator, view)
        if branch is not None and refs.is_guarded(branch):
            raise Problem(409, f"Could not {doing} file: {BY_PULL_REQUEST}", docs=PROTECTED_DOCS)
        own = writing.own_signature(view, view.viewer, now)
        committer = writing.signature_in(fields, "committer", own)
        author = writing.signature_in(fields, "author", committer)
        parents = [branch["tip"]] if branch else []
        tree = writing.with_files(
            view, self._stored_tree(view, parents[0]) if parents else None, put, removed
        )
        sha = view.store.put_commit(
            writing.commit_fields(tree, parents, fields["message"], author, committer)
        )
        if branch is None:
            refs.create(HEADS + name, sha)
        else:
            refs.move(HEADS + name, sha)
        return sha

    @staticmethod
    def _branch_name(view: ViewedRepository, fields: Json) -> str:
        name: str = fields.get("branch") or view.repository["default_branch"]
        return name.removeprefix(HEADS)

    @staticmethod
    def _stored_tree(view: ViewedRepository, sha: str) -> str:
        stored = view.store.commit(sha)
        assert stored is not None
        return stored.tree

    @staticmethod
    def _git_commit(view: ViewedRepository, sha: str) -> Json:
        stored = view.store.commit(sha)
        assert stored is not None
        return shapes.git_commit(view, stored)
