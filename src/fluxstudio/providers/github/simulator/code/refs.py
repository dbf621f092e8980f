"""Moving branches and tags, with all that follows at GitHub: events, and pull requests that follow along."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.providers.github.simulator import webhook_sender
from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.code import pushes
from fluxstudio.providers.github.simulator.git import CommitHistory
from fluxstudio.providers.github.simulator.issues import Issues
from fluxstudio.providers.github.simulator.rest import stamp
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository
from fluxstudio.sdk.simulation import Simulator

NOTHING = "0" * 40
HEADS, TAGS = "refs/heads/", "refs/tags/"
BY_PULL_REQUEST = "Changes must be made through a pull request."
PROTECTED_DOCS = "https://docs.github.com/articles/about-protected-branches"


class Refs:
    """The references of one repository, as somebody moves them."""

    def __init__(self, simulator: Simulator, view: ViewedRepository) -> None:
        self._simulator = simulator
        self._view = view

    def value(self, name: str) -> str | None:
        """The id that a full name such as `refs/heads/main` stands for."""
        return dict(self.all()).get(name)

    def all(self) -> list[tuple[str, str]]:
        """Every reference by its full name."""
        repository = self._view.repository
        heads = [(HEADS + branch["name"], str(branch["tip"])) for branch in repository["branches"]]
        pulls = [
            (f"refs/pull/{issue['number']}/head", str(issue["pull"]["head_sha"]))
            for issue in repository["issues"]
            if issue["pull"]
        ]
        return sorted(
            [*heads, *((TAGS + name, sha) for name, sha in repository.get("tags", {}).items()), *pulls]
        )

    def create(self, name: str, sha: str) -> None:
        """A new reference. Raises `Problem` (422)."""
        if self.value(name) is not None:
            raise Problem(422, "Reference already exists")
        if any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other, _ in self.all()):
            raise Problem(422, "Reference update failed")
        if name.startswith(HEADS):
            branch = {"name": name.removeprefix(HEADS), "tip": sha, "protected": False}
            self._view.repository["branches"].append(branch)
        else:
            self._view.repository.setdefault("tags", {})[name.removeprefix(TAGS)] = sha
        self._tell_of_name("create", name)
        self._pushed(name, NOTHING, sha)

    def move(self, name: str, sha: str, *, force: bool = False, by_merge: bool = False) -> None:
        """Have a reference stand for another commit. Raises `Problem` (422)."""
        before = self.value(name)
        if before is None:
            raise Problem(422, "Reference does not exist")
        forward = CommitHistory(self._view.store).includes(sha, before)
        branch = self._view.branch(name.removeprefix(HEADS)) if name.startswith(HEADS) else None
        if before == sha:
            return
        if not forward and not force:
            raise Problem(422, "Update is not a fast forward")
        if branch is not None:
            if not by_merge and self.is_guarded(branch):
                refusal = BY_PULL_REQUEST if forward else "Cannot force-push to this branch"
                raise Problem(422, refusal, docs=PROTECTED_DOCS)
            branch["tip"] = sha
        else:
            self._view.repository["tags"][name.removeprefix(TAGS)] = sha
        self._pushed(name, before, sha, forced=not forward)

    def delete(self, name: str) -> None:
        """Forget a reference; a pull request from a branch that goes is closed. Raises `Problem` (422)."""
        before = self.value(name)
        if before is None or name.startswith("refs/pull/"):
            raise Problem(422, "Reference does not exist")
        repository = self._view.repository
        if name.startswith(HEADS):
            branch = self._view.branch(name.removeprefix(HEADS))
            if branch is not None and (branch["protected"] or branch["name"] == repository["default_branch"]):
                raise Problem(422, "Cannot delete this branch", docs=PROTECTED_DOCS)
            repository["branches"] = [entry for entry in repository["branches"] if entry is not branch]
        else:
            del repository["tags"][name.removeprefix(TAGS)]
        self._tell_of_name("delete", name)
        self._pushed(name, before, NOTHING)

    def is_guarded(self, branch: Json) -> bool:
        """Whether the viewer may change a branch by pull requests only; administrators may bypass that."""
        return bool(branch["protected"]) and not (
            self._view.may["admin"] and not branch.get("enforce_admins", False)
        )

    def _pushed(self, name: str, before: str, after: str, *, forced: bool = False) -> None:
        repository, sender = self._view.repository, self._view.viewer
        now = stamp(self._simulator.clock.now())
        repository |= {"pushed_at": now, "updated_at": now}
        details = pushes.described(self._view, name, before, after, forced=forced)
        webhook_sender.tell(self._simulator, self._view, "push", sender, **details)
        if name.startswith(HEADS):
            self._carry_pulls(name.removeprefix(HEADS), before, after)

    def _carry_pulls(self, branch: str, before: str, after: str) -> None:
        """Open pull requests follow their branch; one whose commits all arrived in its base is merged."""
        for entry in self._open_pulls():
            pull = entry["pull"]
            if pull["head"] == branch and after == NOTHING:
                self.close(entry)
            elif pull["head"] == branch:
                pull["head_sha"] = after
                entry["updated_at"] = stamp(self._simulator.clock.now())
                self._issues.tell(
                    self._view, "synchronize", self._view.viewer, entry, before=before, after=after
                )
            elif pull["base"] == branch and after == NOTHING:
                self.close(entry)
            elif pull["base"] == branch and CommitHistory(self._view.store).includes(after, pull["head_sha"]):
                self.mark_merged(entry, after)

    def mark_merged(self, entry: Json, sha: str) -> None:
        """Close a pull request whose changes are in its base now."""
        pull = entry["pull"]
        if pull["merged_at"] is None:
            pull |= {"merged_at": stamp(self._simulator.clock.now()), "merge_sha": sha}
            pull["merged_by"] = self._view.viewer
            self.close(entry)

    def close(self, entry: Json) -> None:
        """Close a pull request."""
        now = stamp(self._simulator.clock.now())
        entry |= {"state": "closed", "closed_at": now, "updated_at": now, "closed_by": self._view.viewer}
        self._issues.tell(self._view, "closed", self._view.viewer, entry)

    def _open_pulls(self) -> Sequence[Json]:
        return [
            entry for entry in self._view.repository["issues"] if entry["pull"] and entry["state"] == "open"
        ]

    @property
    def _issues(self) -> Issues:
        return Issues(self._simulator)

    def _tell_of_name(self, event: str, name: str) -> None:
        kind = "branch" if name.startswith(HEADS) else "tag"
        about: Json = {"ref": name.removeprefix(HEADS).removeprefix(TAGS), "ref_type": kind}
        if event == "create":
            repository = self._view.repository
            about |= {"master_branch": repository["default_branch"], "description": repository["description"]}
        about |= {"pusher_type": "user"}
        webhook_sender.tell(self._simulator, self._view, event, self._view.viewer, **about)
