"""Git's own objects and references, read and written one by one.

Refusals, by what GitHub answered to others (read 2026-11-30): “Tree SHA does not exist”
(osunyorg/admin#4384), “base_tree is not a valid tree oid” (sigmavirus24/github3.py#522), “tree.sha … is not a
valid tree” (creationix/tedit#43), “Reference already exists” (gm3dmo/the-power#16).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.code import shapes, writing
from fluxstudio.providers.github.simulator.code.refs import HEADS, TAGS, Refs
from fluxstudio.providers.github.simulator.fields import Shape, checked
from fluxstudio.providers.github.simulator.git import StoredCommit, TreeEntry
from fluxstudio.providers.github.simulator.git.objects import MODES, TREE_MODE
from fluxstudio.providers.github.simulator.rest import Rest
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

SHA = re.compile(r"[0-9a-f]{40}")
BAD_REF = re.compile(r"[\x00-\x20~^:?*\[\\\x7f]|\.\.|@\{|//|/\.|\.lock(/|$)|[/.]$|^\.")
TREE_FIELDS = {
    "base_tree": "string",
    "tree": [
        {"path": "string", "mode": "string", "type": "string", "sha": "string|null", "content": "string"}
    ],
}
COMMIT_FIELDS: Mapping[str, Shape] = {
    **{"message": "string", "tree": "string", "parents": ["string"], "signature": "string"},
    **dict.fromkeys(("author", "committer"), writing.PERSON),
}


class GitObjects(Rest):
    """The endpoints below `git`."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api, below = GitHubApi(self.simulator), self.below_repository
        return [
            *below(api, "/git/blobs", self._new_blob, method="POST"),
            *below(api, "/git/blobs/{sha}", self._blob),
            *below(api, "/git/trees", self._new_tree, method="POST"),
            *below(api, "/git/trees/{sha:path}", self._tree),
            *below(api, "/git/commits", self._new_commit, method="POST"),
            *below(api, "/git/commits/{sha}", self._commit),
            *below(api, "/git/ref/{ref:path}", self._ref),
            *below(api, "/git/matching-refs/{ref:path}", self._matching),
            *below(api, "/git/refs", self._new_ref, method="POST"),
            *below(api, "/git/refs/{ref:path}", self._move_ref, method="PATCH"),
            *below(api, "/git/refs/{ref:path}", self._delete_ref, method="DELETE"),
        ]

    async def _new_blob(self, call: GitHubCall) -> GitHubAnswer:
        view = self._written(call)
        fields = checked(await call.json(), {"content": "string", "encoding": "string"}, ("content",))
        encoding = fields.get("encoding", "utf-8")
        if encoding not in ("utf-8", "base64"):
            raise Problem(422, "encoding must be utf-8 or base64")
        try:
            data = fields["content"].encode()
            if encoding == "base64":
                data = base64.b64decode(b"".join(data.split()), validate=True)
        except (binascii.Error, ValueError):
            raise Problem(422, "content is not valid Base64") from None
        sha = view.store.put_blob(data)
        url = f"{view.api}/git/blobs/{sha}"
        return GitHubAnswer({"sha": sha, "url": url}, 201, {"location": url})

    async def _blob(self, call: GitHubCall) -> GitHubAnswer:
        view, sha = self._filled(call), call.path["sha"]
        _wanted(sha)
        data = view.store.blob(sha)
        if data is None:
            raise Problem(404, "Not Found")
        if call.media == "raw":
            return GitHubAnswer(data, media="application/vnd.github.raw+json; charset=utf-8")
        about = {"sha": sha, "node_id": f"B_{sha}", "size": len(data), "url": f"{view.api}/git/blobs/{sha}"}
        return GitHubAnswer({**about, "content": shapes.encoded(data), "encoding": "base64"})

    async def _new_tree(self, call: GitHubCall) -> GitHubAnswer:
        view = self._written(call)
        fields = checked(await call.json(), TREE_FIELDS, ("tree",))
        base = fields.get("base_tree")
        if base is not None:
            stored = view.store.commit(base)
            base = stored.tree if stored else base
            if view.store.tree(base) is None:
                raise Problem(422, "base_tree is not a valid tree oid")
        files = view.store.files(base)
        for line in fields["tree"]:
            self._apply(view, files, line, removable=base is not None)
        if not files and not fields["tree"]:
            raise Problem(422, "Invalid tree info")
        sha = view.store.build(files)
        answer = shapes.tree(view, sha, [(entry.name, entry) for entry in view.store.tree(sha) or ()])
        return GitHubAnswer(answer, 201, {"location": answer["url"]})

    def _apply(
        self, view: ViewedRepository, files: dict[str, TreeEntry], line: Json, *, removable: bool
    ) -> None:
        path = writing.checked_path(str(line.get("path") or ""))
        if "sha" in line and line["sha"] is None:
            gone = [name for name in files if name == path or name.startswith(f"{path}/")]
            if not gone or not removable:
                raise Problem(422, "GitRPC::BadObjectState")
            for name in gone:
                del files[name]
            return
        mode, kind = line.get("mode"), line.get("type")
        if mode not in MODES:
            raise Problem(422, "tree.mode must be one of 100644, 100755, 040000, 160000, 120000")
        if kind is not None and kind != MODES[mode]:
            raise Problem(422, "tree.type does not match tree.mode")
        if ("sha" in line) == ("content" in line):
            raise Problem(422, "Must supply either tree.sha or tree.content")
        name = path.rpartition("/")[2]
        if "content" in line:
            sha = view.store.put_blob(line["content"].encode())
        else:
            sha = line["sha"]
            lookup = {"blob": view.store.blob, "tree": view.store.tree}.get(MODES[mode])
            if lookup is not None and lookup(sha) is None:
                raise Problem(422, f"tree.sha {sha} is not a valid {MODES[mode]}")
        if mode == TREE_MODE:
            for inner, entry in view.store.files(sha).items():
                writing.put_entry(files, f"{path}/{inner}", entry)
        else:
            writing.put_entry(files, path, TreeEntry(mode, name, sha))

    async def _tree(self, call: GitHubCall) -> GitHubAnswer:
        view = self._filled(call)
        named = call.path["sha"]
        sha = named
        if view.store.tree(sha) is None:
            commit = view.store.commit(view.resolve(named) or "")
            if commit is None:
                raise Problem(404, "Not Found")
            sha = commit.tree
        if call.request.query_params.get("recursive"):
            return GitHubAnswer(shapes.tree(view, sha, list(view.store.walk(sha))))
        return GitHubAnswer(shapes.tree(view, sha, [(e.name, e) for e in view.store.tree(sha) or ()]))

    async def _new_commit(self, call: GitHubCall) -> GitHubAnswer:
        view = self._written(call)
        fields = checked(await call.json(), COMMIT_FIELDS, ("message", "tree"))
        if view.store.tree(fields["tree"]) is None:
            raise Problem(422, "Tree SHA does not exist")
        parents = fields.get("parents", [])
        if any(view.store.commit(parent) is None for parent in parents):
            raise Problem(422, "Parent SHA does not exist or is not a commit object")
        own = writing.own_signature(view, call.login, self.simulator.clock.now())
        author = writing.signature_in(fields, "author", own)
        committer = writing.signature_in(fields, "committer", author)
        sha = view.store.put_commit(
            writing.commit_fields(fields["tree"], parents, fields["message"], author, committer)
        )
        answer = shapes.git_commit(view, self._stored(view, sha))
        return GitHubAnswer(answer, 201, {"location": answer["url"]})

    async def _commit(self, call: GitHubCall) -> GitHubAnswer:
        view = self._filled(call)
        return GitHubAnswer(shapes.git_commit(view, self._stored(view, call.path["sha"])))

    async def _ref(self, call: GitHubCall) -> GitHubAnswer:
        view = self._filled(call)
        name = f"refs/{call.path['ref']}"
        sha = Refs(self.simulator, view).value(name)
        if sha is None:
            raise Problem(404, "Not Found")
        return GitHubAnswer(shapes.reference(view, name, sha))

    async def _matching(self, call: GitHubCall) -> GitHubAnswer:
        view = self._filled(call)
        prefix = f"refs/{call.path['ref']}"
        refs = [entry for entry in Refs(self.simulator, view).all() if entry[0].startswith(prefix)]
        return GitHubAnswer([shapes.reference(view, name, sha) for name, sha in refs])

    async def _new_ref(self, call: GitHubCall) -> GitHubAnswer:
        view = self._written(call)
        fields = checked(await call.json(), {"ref": "string", "sha": "string"}, ("ref", "sha"))
        name = fields["ref"]
        if not name.startswith("refs/") or name.count("/") < 2:
            raise Problem(422, "Reference name must start with 'refs' and contain at least 2 slashes")
        if BAD_REF.search(name) or not name.startswith((HEADS, TAGS)):
            raise Problem(422, f"{name} is not a valid ref name.")
        self._target(view, fields["sha"])
        Refs(self.simulator, view).create(name, fields["sha"])
        answer = shapes.reference(view, name, fields["sha"])
        return GitHubAnswer(answer, 201, {"location": answer["url"]})

    async def _move_ref(self, call: GitHubCall) -> GitHubAnswer:
        view = self._written(call)
        fields = checked(await call.json(), {"sha": "string", "force": "boolean"}, ("sha",))
        name = f"refs/{call.path['ref']}"
        refs = Refs(self.simulator, view)
        if refs.value(name) is None or name.startswith("refs/pull/"):
            raise Problem(422, "Reference does not exist")
        self._target(view, fields["sha"])
        refs.move(name, fields["sha"], force=fields.get("force", False))
        return GitHubAnswer(shapes.reference(view, name, fields["sha"]))

    async def _delete_ref(self, call: GitHubCall) -> GitHubAnswer:
        Refs(self.simulator, self._written(call)).delete(f"refs/{call.path['ref']}")
        return GitHubAnswer(None, 204)

    def _target(self, view: ViewedRepository, sha: str) -> None:
        if not SHA.fullmatch(sha):
            raise Problem(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
        if view.store.commit(sha) is None:
            raise Problem(422, "Object does not exist")

    def _stored(self, view: ViewedRepository, sha: str) -> StoredCommit:
        stored = view.store.commit(sha)
        if stored is None:
            raise Problem(404, "Not Found")
        return stored

    def _written(self, call: GitHubCall) -> ViewedRepository:
        view = self._filled(call)
        writing.may_push(view, call)
        return view

    def _filled(self, call: GitHubCall) -> ViewedRepository:
        """The repository, unless nothing is in it (docs.github.com “REST API endpoints for Git database”)."""
        view = self.view(call)
        if not view.repository["branches"]:
            raise Problem(409, "Git Repository is empty.")
        return view


def _wanted(sha: str) -> None:
    if not SHA.fullmatch(sha):
        raise Problem(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
