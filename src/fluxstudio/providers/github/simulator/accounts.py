"""Accounts as anybody may look at them, and how much of the limits is left."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.api import (
    ANONYMOUS,
    GitHubAnswer,
    GitHubApi,
    GitHubCall,
    limit_of,
)
from fluxstudio.providers.github.simulator.rest import Rest
from fluxstudio.providers.github.simulator.views import NO_REPLY_DOMAIN, Json, ViewedRepository


class AccountEndpoints(Rest):
    """The endpoints below `users`, and `rate_limit`."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api = GitHubApi(self.simulator)
        return [
            api.route("/users/{login}", self._profile, public=True),
            api.route("/users/{login}/repos", self._repositories_of, public=True),
            api.route("/orgs/{login}/repos", self._repositories_of, public=True),
            api.route("/user/emails", self._emails, accepts="user, user:email"),
            api.route("/rate_limit", self._rate_limit, resource="", public=True),
        ]

    async def _profile(self, call: GitHubCall) -> GitHubAnswer:
        people = self.people.data["people"]
        wanted = call.path["login"].lower()
        login = next((login for login in people if login.lower() == wanted), call.path["login"])
        return GitHubAnswer(self.people.profile(login, private=False))

    async def _repositories_of(self, call: GitHubCall) -> GitHubAnswer:
        """The repositories of somebody that whoever asks may see."""
        wanted = call.path["login"].lower()
        if wanted not in {login.lower() for login in self.people.data["people"]}:
            raise Problem(404, "Not Found")
        views = [view for view in self.seen(call) if view.repository["owner"].lower() == wanted]
        views.sort(key=lambda view: view.name.lower())
        return self.paged(call, views, ViewedRepository.summary)

    async def _emails(self, call: GitHubCall) -> GitHubAnswer:
        """The addresses of the account, with the one that hides them."""
        if not call.has("user", "user:email"):
            raise Problem(404, "Not Found")
        person = self.people.account(call.login)
        own = [{"email": person["email"], "primary": True, "visibility": "public"}] if person["email"] else []
        hidden = {"email": f"{person['id']}+{call.login}@{NO_REPLY_DOMAIN}", "primary": not own}
        entries = [*own, {**hidden, "visibility": None}]
        return self.paged(call, entries, lambda entry: {**entry, "verified": True})

    async def _rate_limit(self, call: GitHubCall) -> GitHubAnswer:
        """What is left of each limit; asking costs nothing."""
        resources = {name: self._resource(name, call.login) for name in ("core", "graphql", "search")}
        return GitHubAnswer({"resources": resources, "rate": resources["core"]})

    def _resource(self, name: str, login: str) -> Json:
        status = self.simulator.budgets.peek(name, login or ANONYMOUS, limit_of(name, login))
        return {
            "limit": status.limit,
            "used": status.limit - status.remaining,
            "remaining": status.remaining,
            "reset": int(self.simulator.clock.now() + status.resets_in),
        }
