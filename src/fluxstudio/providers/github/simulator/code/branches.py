"""Branches, commits and the difference between two of them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.code import shapes
from fluxstudio.providers.github.simulator.git import CommitHistory, StoredCommit, changes_between
from fluxstudio.providers.github.simulator.rest import Rest
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

MAX_COMPARED_COMMITS = 250
MAX_COMPARED_FILES = 300


class Branches(Rest):
    """The endpoints below `branches`, `commits` and `compare`."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api, below = GitHubApi(self.simulator), self.below_repository
        return [
            *below(api, "/commits", self._commits, accepts="repo"),
            *below(api, "/commits/{ref:path}", self._commit, accepts="repo"),
            *below(api, "/branches", self._branches),
            *below(api, "/branches/{branch:path}", self._branch),
            *below(api, "/compare/{basehead:path}", self._compare, accepts="repo"),
        ]

    async def _commits(self, call: GitHubCall) -> GitHubAnswer:
        view, query = self.view(call), call.request.query_params
        if not view.repository["branches"]:
            raise Problem(409, "Git Repository is empty.")
        start = query.get("sha") or view.repository["default_branch"]
        sha = view.resolve(start)
        if sha is None:
            raise Problem(404, f"No commit found for SHA: {start}")
        path = query.get("path", "").strip("/")
        entries = [
            stored
            for stored in CommitHistory(view.store)(sha)
            if _is_by(view, stored, query.get("author"))
            and query.get("since", "") <= stored.fields.committer.date <= query.get("until", "9")
            and (not path or _touches(view, stored, path))
        ]
        return self.paged(call, entries, lambda stored: shapes.commit(view, stored))

    async def _commit(self, call: GitHubCall) -> GitHubAnswer:
        view, ref = self.view(call), call.path["ref"]
        if not view.repository["branches"]:
            raise Problem(409, "Git Repository is empty.")
        stored = view.store.commit(view.resolve(ref) or "")
        if stored is None:
            raise Problem(422, f"No commit found for SHA: {ref}")
        if call.media == "sha":
            return GitHubAnswer(stored.sha.encode(), media="application/vnd.github.sha; charset=utf-8")
        return GitHubAnswer(shapes.commit_with_files(view, stored))

    async def _branches(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        allowed = {"true": [True], "false": [False]}.get(
            call.request.query_params.get("protected", ""), [True, False]
        )
        entries = [entry for entry in view.repository["branches"] if entry["protected"] in allowed]
        entries.sort(key=lambda entry: str(entry["name"]))
        return self.paged(call, entries, lambda entry: shapes.branch(view, entry))

    async def _branch(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        branch = view.branch(call.path["branch"])
        if branch is None:
            raise Problem(404, "Branch not found")
        return GitHubAnswer(shapes.whole_branch(view, branch))

    async def _compare(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        base_name, dots, head_name = call.path["basehead"].partition("...")
        owner = f"{view.repository['owner']}:"
        ends = [view.resolve(name.removeprefix(owner)) for name in (base_name, head_name) if name]
        if not dots or len(ends) != 2 or None in ends:
            raise Problem(404, "Not Found")
        base, head = (view.store.commit(sha or "") for sha in ends)
        assert base is not None
        assert head is not None
        return GitHubAnswer(self._comparison(view, call, base, head))

    def _comparison(
        self, view: ViewedRepository, call: GitHubCall, base: StoredCommit, head: StoredCommit
    ) -> Json:
        history = CommitHistory(view.store)
        common = view.store.commit(history.merge_base(base.sha, head.sha) or "")
        if common is None:
            raise Problem(404, f"No common ancestor between {base.sha} and {head.sha}.")
        ahead, behind = history.between(base.sha, head.sha), history.between(head.sha, base.sha)
        status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
        changes = changes_between(view.store, common.tree, head.tree)
        name = call.path["basehead"]
        owner = view.repository["owner"]
        permalink = f"{view.web}/compare/{owner}:{base.sha[:7]}...{owner}:{head.sha[:7]}"
        page = f"{view.web}/compare/{name}"
        return {
            "url": f"{view.api}/compare/{name}",
            "html_url": page,
            "permalink_url": permalink,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": shapes.commit(view, base),
            "merge_base_commit": shapes.commit(view, common),
            "status": status.get((bool(ahead), bool(behind)), "identical"),
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [shapes.commit(view, stored) for stored in ahead[:MAX_COMPARED_COMMITS]],
            "files": [shapes.change(view, entry, head.sha) for entry in changes[:MAX_COMPARED_FILES]],
        }


def _is_by(view: ViewedRepository, stored: StoredCommit, author: str | None) -> bool:
    email = stored.fields.author.email
    return author is None or author in (email, view.people.login_of(email))


def _touches(view: ViewedRepository, stored: StoredCommit, path: str) -> bool:
    """Whether a commit changes a file, or one in a folder; a merge only what neither parent had so."""
    entry = view.store.entry(stored.tree, path)
    parents = [view.store.commit(parent) for parent in stored.parents]
    if not parents:
        return entry is not None
    return all(parent is not None and view.store.entry(parent.tree, path) != entry for parent in parents)
