"""Accounts as anybody may look at them, and how much of the limits is left."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator.api import HOURLY, GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.rest import Rest
from fluxstudio.providers.github.simulator.views import Json
from fluxstudio.sdk.limits import Limit

# Searching is counted too, though nothing here is searched yet.
RESOURCES = {"core": HOURLY, "graphql": HOURLY, "search": Limit(30, 60)}


class AccountEndpoints(Rest):
    """The endpoints below `users`, and `rate_limit`."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api = GitHubApi(self.simulator)
        return [
            api.route("/users/{login}", self._profile),
            api.route("/rate_limit", self._rate_limit, resource=""),
        ]

    async def _profile(self, call: GitHubCall) -> GitHubAnswer:
        people = self.people.data["people"]
        wanted = call.path["login"].lower()
        login = next((login for login in people if login.lower() == wanted), call.path["login"])
        return GitHubAnswer(self.people.profile(login, private=False))

    async def _rate_limit(self, call: GitHubCall) -> GitHubAnswer:
        """What is left of each limit; asking costs nothing."""
        resources = {name: self._resource(name, call.login) for name in RESOURCES}
        return GitHubAnswer({"resources": resources, "rate": resources["core"]})

    def _resource(self, name: str, login: str) -> Json:
        status = self.simulator.budgets.peek(name, login, RESOURCES[name])
        return {
            "limit": status.limit,
            "used": status.limit - status.remaining,
            "remaining": status.remaining,
            "reset": int(self.simulator.clock.now() + status.resets_in),
        }
