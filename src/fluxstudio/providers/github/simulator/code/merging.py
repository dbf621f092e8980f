"""Merging pull requests, bringing their branches up to date, and reviewing them.

Refusals, by what GitHub answered to others (read 2026-11-30): “At least 1 approving review is required …”
(Reviewable/Reviewable#561), “Head branch was modified” and “Pull Request is not mergeable” (docs.github.com
“Merge a pull request”).
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.code import pull_shapes, writing
from fluxstudio.providers.github.simulator.code.pulls import Pulls
from fluxstudio.providers.github.simulator.code.refs import HEADS, Refs
from fluxstudio.providers.github.simulator.fields import checked
from fluxstudio.providers.github.simulator.rest import stamp
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
MERGE_FIELDS = dict.fromkeys(("commit_title", "commit_message", "sha", "merge_method"), "string")


class Merging(Pulls):
    """The endpoints of a pull request that move its branches, and its reviews."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api, below, one = GitHubApi(self.simulator), self.below_repository, "/pulls/{number:int}"
        return [
            *below(api, f"{one}/merge", self._is_merged),
            *below(api, f"{one}/merge", self._merge, method="PUT"),
            *below(api, f"{one}/update-branch", self._bring_up_to_date, method="PUT"),
            *below(api, f"{one}/reviews", self._reviews),
            *below(api, f"{one}/reviews", self._review, method="POST"),
        ]

    async def _is_merged(self, call: GitHubCall) -> GitHubAnswer:
        _, entry = self.pull_of(call)
        if entry["pull"]["merged_at"] is None:
            raise Problem(404, "Not Found")
        return GitHubAnswer(None, 204)

    async def _merge(self, call: GitHubCall) -> GitHubAnswer:
        view, entry = self.pull_of(call)
        writing.may_push(view, call)
        fields = checked(await call.json(), MERGE_FIELDS)
        pull, method = entry["pull"], fields.get("merge_method", "merge")
        if method not in ("merge", "squash", "rebase"):
            raise Problem(422, "Invalid request.\n\nmerge_method is not one of merge, squash, rebase.")
        if fields.get("sha", pull["head_sha"]) != pull["head_sha"]:
            raise Problem(409, "Head branch was modified. Review and try the merge again.")
        tree = self._mergeable(view, entry)
        base = view.branch(pull["base"])
        assert base is not None
        sha = self._merged_commit(view, entry, fields, method, tree)
        pull["base_sha"] = base["tip"]
        Refs(self.simulator, view).move(HEADS + pull["base"], sha, by_merge=True)
        Refs(self.simulator, view).mark_merged(entry, sha)
        return GitHubAnswer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})

    def _mergeable(self, view: ViewedRepository, entry: Json) -> str:
        """The tree that a merge leads to. Raises `Problem` (405) where nothing may be merged."""
        pull = entry["pull"]
        branch = view.branch(pull["base"])
        if entry["state"] == "closed" or branch is None:
            raise Problem(405, "Pull Request is not mergeable")
        if pull["draft"]:
            raise Problem(405, "Pull Request is still a draft")
        missing = pull_shapes.missing_approvals(view, entry)
        if missing and Refs(self.simulator, view).is_guarded(branch):
            raise Problem(405, missing)
        tree = pull_shapes.merged_content(view, branch["tip"], pull["head_sha"])
        if tree is None:
            raise Problem(405, "Pull Request is not mergeable")
        return tree

    def _merged_commit(
        self, view: ViewedRepository, entry: Json, fields: Json, method: str, tree: str
    ) -> str:
        pull, owner = entry["pull"], view.repository["owner"]
        base = view.branch(pull["base"])
        assert base is not None
        squashed = method == "squash"
        title = fields.get("commit_title") or (
            f"{entry['title']} (#{entry['number']})"
            if squashed
            else f"Merge pull request #{entry['number']} from {owner}/{pull['head']}"
        )
        commits = pull_shapes.commits_of(view, pull)
        text = fields.get("commit_message", "" if squashed else entry["title"])
        message = f"{title}\n\n{text}" if text else title
        parents = [base["tip"]] if method != "merge" else [base["tip"], pull["head_sha"]]
        now = self.simulator.clock.now()
        author = writing.own_signature(view, view.viewer, now)
        if method == "rebase":
            last = commits[-1].fields
            return view.store.put_commit(
                writing.commit_fields(tree, parents, last.message, last.author, author)
            )
        return view.store.put_commit(
            writing.commit_fields(
                tree, parents, message, author, writing.web_signature(now), signature=writing.SIGNATURE
            )
        )

    async def _bring_up_to_date(self, call: GitHubCall) -> GitHubAnswer:
        view, entry = self.pull_of(call)
        writing.may_push(view, call)
        fields = checked(await call.json(), {"expected_head_sha": "string"})
        pull = entry["pull"]
        if fields.get("expected_head_sha", pull["head_sha"]) != pull["head_sha"]:
            raise Problem(422, "expected_head_sha doesn't match current head.")
        base, head = view.branch(pull["base"]), view.branch(pull["head"])
        if base is None or head is None:
            raise Problem(422, "Cannot update a pull request whose branch is gone")
        tree = pull_shapes.merged_content(view, head["tip"], base["tip"])
        if tree is None:
            raise Problem(422, "merge conflict between base and head")
        now = self.simulator.clock.now()
        author, parents = writing.own_signature(view, call.login, now), [head["tip"], base["tip"]]
        message = f"Merge branch '{pull['base']}' into {pull['head']}"
        sha = view.store.put_commit(
            writing.commit_fields(tree, parents, message, author, writing.web_signature(now))
        )
        Refs(self.simulator, view).move(HEADS + pull["head"], sha)
        url = f"{view.api}/pulls/{entry['number']}"
        return GitHubAnswer({"message": "Updating pull request branch.", "url": url}, 202)

    async def _reviews(self, call: GitHubCall) -> GitHubAnswer:
        view, entry = self.pull_of(call)
        written = entry["pull"].get("reviews", [])
        return self.paged(call, written, lambda one: pull_shapes.review(view, entry, one))

    async def _review(self, call: GitHubCall) -> GitHubAnswer:
        view, entry = self.pull_of(call)
        if not call.has("repo", "public_repo"):
            raise Problem(404, "Not Found")
        fields = checked(await call.json(), {"body": "string", "event": "string", "commit_id": "string"})
        event, body = fields.get("event", "COMMENT"), fields.get("body", "")
        if event not in EVENTS or (event != "APPROVE" and not body.strip()):
            raise Problem(422, "Unprocessable Entity")
        if entry["author"] == call.login and event != "COMMENT":
            doing = "approve" if event == "APPROVE" else "request changes on"
            raise Problem(422, f"Can not {doing} your own pull request")
        data = self.simulator.world.data
        data["next_id"] += 1
        written = {
            **{"id": data["next_id"], "author": call.login, "state": EVENTS[event], "body": body},
            **{"at": stamp(self.simulator.clock.now()), "commit": entry["pull"]["head_sha"]},
        }
        entry["pull"].setdefault("reviews", []).append(written)
        return GitHubAnswer(pull_shapes.review(view, entry, written))
