"""Comments of a whole repository of the simulated GitHub, and single ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator import listings, webhook_sender
from fluxstudio.providers.github.simulator.answers import Problem, invalid, one_of
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.fields import checked
from fluxstudio.providers.github.simulator.issues import MAX_BODY_CHARACTERS, too_long
from fluxstudio.providers.github.simulator.rest import Rest, stamp
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository


class Comments(Rest):
    """Below `issues/comments`."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api, one = GitHubApi(self.simulator), "/issues/comments/{comment:int}"
        writes = "public_repo, repo"
        return [
            *self.below_repository(api, "/issues/comments", self._listed, accepts="repo"),
            *self.below_repository(api, one, self._comment, accepts="repo"),
            *self.below_repository(api, one, self._update, method="PATCH", accepts=writes),
            *self.below_repository(api, one, self._delete, method="DELETE", accepts=writes),
        ]

    async def _listed(self, call: GitHubCall) -> GitHubAnswer:
        view, since = self.view(call), call.request.query_params.get("since", "")
        sort = one_of(call.request, "sort", ("created", "updated"), "created")
        direction = one_of(call.request, "direction", ("asc", "desc"), "asc")
        entries = [comment for comment in view.repository["comments"] if comment["updated_at"] >= since]
        entries.sort(key=lambda comment: (comment[f"{sort}_at"], comment["id"]), reverse=direction == "desc")
        return self.paged(call, entries, lambda comment: listings.comment(view, comment))

    async def _comment(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        return GitHubAnswer(listings.comment(view, _stored(view, call)))

    async def _update(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        comment = self._own(view, call)
        body = checked(await call.json(), {"body": "string"}, ["body"])["body"]
        if not body.strip():
            raise invalid("IssueComment", "body", "missing_field")
        if len(body) > MAX_BODY_CHARACTERS:
            raise invalid("IssueComment", "data", "unprocessable", too_long("Body", MAX_BODY_CHARACTERS))
        before = comment["body"]
        comment |= {"body": body, "updated_at": stamp(self.simulator.clock.now())}
        self._tell(view, call, "edited", comment, changes={"body": {"from": before}})
        return GitHubAnswer(listings.comment(view, comment))

    async def _delete(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        comment = self._own(view, call)
        view.repository["comments"].remove(comment)
        self._tell(view, call, "deleted", comment)
        return GitHubAnswer(None, 204)

    def _own(self, view: ViewedRepository, call: GitHubCall) -> Json:
        """A comment that whoever asks may change: one's own, or any with the right to push."""
        comment = _stored(view, call)
        if not call.has("repo", "public_repo"):
            raise Problem(404, "Not Found")
        if comment["author"] != call.login and not view.may["push"]:
            raise Problem(403, "Must have admin rights to Repository.")
        return comment

    def _tell(
        self, view: ViewedRepository, call: GitHubCall, action: str, comment: Json, **more: Any
    ) -> None:
        issue = next(one for one in view.repository["issues"] if one["number"] == comment["issue"])
        about: Json = {
            "issue": listings.issue(view, issue),
            "comment": listings.comment(view, comment),
            **more,
        }
        webhook_sender.tell(self.simulator, view, "issue_comment", call.login, action=action, **about)


def _stored(view: ViewedRepository, call: GitHubCall) -> Json:
    for comment in view.repository["comments"]:
        if comment["id"] == call.path["comment"]:
            stored: Json = comment
            return stored
    raise Problem(404, "Not Found")
