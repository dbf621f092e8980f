"""The simulated GitHub's REST API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator import listings
from fluxstudio.providers.github.simulator.answers import Problem, invalid, one_of, page_of
from fluxstudio.providers.github.simulator.api import Endpoint, GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.views import ROLES, AccountDirectory, Json, ViewedRepository
from fluxstudio.sdk.simulation import Simulator

ENTERPRISE = "/api/v3"
AFFILIATIONS = ("owner", "collaborator", "organization_member")


class Rest:
    """Reading: the account, its repositories, and what is in them."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    @property
    def people(self) -> AccountDirectory:
        """Every account, addressed at this simulator."""
        address = self.simulator.url
        return AccountDirectory(self.simulator.world.data, address("api"), address("web"), address("avatars"))

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api = GitHubApi(self.simulator)
        return [
            api.route("/user", self._user),
            api.route("/user/repos", self._repositories),
            api.route(
                "/user/memberships/orgs/{org}", self._membership, accepts="admin:org, read:org, write:org"
            ),
            *self.below_repository(api, "", self._repository, accepts="repo"),
            *self.below_repository(api, "/subscription", self._subscription, accepts="repo", public=False),
            *self.below_repository(
                api,
                "/collaborators",
                self._collaborators,
                accepts="admin:org, read:org, write:org",
                public=False,
            ),
        ]

    def below_repository(
        self,
        api: GitHubApi,
        path: str,
        endpoint: Endpoint,
        *,
        method: str = "GET",
        accepts: str = "",
        public: bool = True,
    ) -> Sequence[BaseRoute]:
        """The same endpoint below a repository's name and below its number, where renamed ones lead to.

        What is `public` may be read without a token, as far as the repository is.
        """
        public = public and method == "GET"
        return [
            api.route(f"{prefix}{path}", endpoint, method=method, accepts=accepts, public=public)
            for prefix in ("/repos/{owner}/{repo}", "/repositories/{id:int}")
        ]

    def view(self, call: GitHubCall) -> ViewedRepository:
        """The repository a call is about. Raises `Problem`: 404 if it may not be seen, 301 if renamed."""
        repositories = self.simulator.world.data["repositories"]
        number = call.path.get("id")
        if number is None:
            number = self._number(call)
        repository = repositories.get(str(number))
        if repository is None:
            raise Problem(404, "Not Found")
        view = ViewedRepository(repository, self.people, call.login)
        if repository["private"] and (view.role is None or not call.has("repo")):
            raise Problem(404, "Not Found")
        return view

    def _number(self, call: GitHubCall) -> int | None:
        full_name = f"{call.path['owner']}/{call.path['repo']}".lower()
        data = self.simulator.world.data
        for repository in data["repositories"].values():
            if f"{repository['owner']}/{repository['name']}".lower() == full_name:
                return int(repository["id"])
        if full_name not in data["renamed"]:
            return None
        rest = call.request.url.path.partition(f"{call.path['owner']}/{call.path['repo']}")[2]
        query = f"?{call.request.url.query}" if call.request.url.query else ""
        url = f"{self.people.api}/repositories/{data['renamed'][full_name]}{rest}{query}"
        status = 301 if call.request.method == "GET" else 307
        raise Problem(status, "Moved Permanently", headers={"location": url}, url=url)

    def paged(self, call: GitHubCall, items: Sequence[Any], to_json: Callable[[Any], Json]) -> GitHubAnswer:
        """One page of a list, each item as `to_json` writes it."""
        page, headers = page_of(call.request, items, self.address_of(call))
        return GitHubAnswer([to_json(item) for item in page], headers=headers)

    def address_of(self, call: GitHubCall) -> str:
        """Where a call went: at api.github.com also where it came by way of Enterprise Server's layout."""
        path = call.request.url.path
        below = path.partition(ENTERPRISE)[2] or path.partition(self.simulator.hosts["api"])[2]
        return f"{self.people.api}{below}"

    async def _user(self, call: GitHubCall) -> GitHubAnswer:
        return GitHubAnswer(self.people.profile(call.login, private=call.has("read:user")))

    async def _membership(self, call: GitHubCall) -> GitHubAnswer:
        """Whoever gives an organization as their company is a member of it."""
        people = self.simulator.world.data["people"]
        organization = people.get(call.path["org"].lower(), {})
        if organization.get("type") != "Organization":
            raise Problem(404, "Not Found")
        if not call.has("read:org"):
            raise Problem(403, "You must have the read:org scope to see organization memberships.")
        if people[call.login]["company"] != f"@{organization['login']}":
            raise Problem(404, "Not Found")
        address = f"{self.people.api}/orgs/{organization['login']}"
        membership = {"login": organization["login"], "id": organization["id"], "url": address}
        return GitHubAnswer(
            {
                "url": f"{address}/memberships/{call.login}",
                "state": "active",
                "role": "member",
                "organization_url": address,
                "organization": membership,
                "user": self.people.profile(call.login, private=False),
            }
        )

    async def _repositories(self, call: GitHubCall) -> GitHubAnswer:
        request = call.request
        kind = one_of(request, "type", ("all", "owner", "public", "private", "member"), "all")
        if "type" in request.query_params and {"visibility", "affiliation"} & request.query_params.keys():
            raise invalid("Repository", "type", "custom", "cannot go with visibility or affiliation")
        visibility = one_of(request, "visibility", ("all", "public", "private"), "all")
        affiliation = request.query_params.get("affiliation", ",".join(AFFILIATIONS)).split(",")
        sort = one_of(request, "sort", ("full_name", "created", "updated", "pushed"), "full_name")
        direction = one_of(request, "direction", ("asc", "desc"), "asc" if sort == "full_name" else "desc")
        entries = [
            view
            for view in self._reached(call)
            if visibility in ("all", "private" if view.repository["private"] else "public")
            and _relation(view) in affiliation
            and _is(kind, view)
        ]
        key: Callable[[ViewedRepository], str] = (
            (lambda view: view.name.lower())
            if sort == "full_name"
            else (lambda view: str(view.repository[f"{sort}_at"]))
        )
        entries.sort(key=key, reverse=direction == "desc")
        return self.paged(call, entries, ViewedRepository.summary)

    def seen(self, call: GitHubCall) -> list[ViewedRepository]:
        """Every repository that whoever asks may look at."""
        views = [
            ViewedRepository(repository, self.people, call.login)
            for repository in self.simulator.world.data["repositories"].values()
        ]
        return [
            view
            for view in views
            if not view.repository["private"] or (view.role is not None and call.has("repo"))
        ]

    def _reached(self, call: GitHubCall) -> list[ViewedRepository]:
        views = [
            ViewedRepository(repository, self.people, call.login)
            for repository in self.simulator.world.data["repositories"].values()
        ]
        reads_private = call.has("repo")
        return [view for view in views if view.role and (reads_private or not view.repository["private"])]

    async def _repository(self, call: GitHubCall) -> GitHubAnswer:
        return GitHubAnswer(self.view(call).whole())

    async def _subscription(self, call: GitHubCall) -> GitHubAnswer:
        """Whether the account watches a repository: 404 where it does not."""
        view = self.view(call)
        if call.login not in view.repository.get("watched_by", ()):
            raise Problem(404, "Not Found")
        subscription = {"subscribed": True, "ignored": False, "reason": None, "created_at": stamp(0)}
        return GitHubAnswer({**subscription, "url": f"{view.api}/subscription", "repository_url": view.api})

    async def _collaborators(self, call: GitHubCall) -> GitHubAnswer:
        view, request = self.view(call), call.request
        if not view.may["push"]:
            raise Problem(403, "Must have push access to view repository collaborators.")
        owner = view.people.account(view.repository["owner"])
        if owner["type"] == "Organization" and not call.has("read:org"):
            raise Problem(403, "Missing the 'read:org' scope.")
        affiliation = one_of(request, "affiliation", ("all", "outside", "direct"), "all")
        least = one_of(request, "permission", ("pull", "triage", "push", "maintain", "admin"), "pull")
        rank = ("pull", "triage", "push", "maintain", "admin").index(least)
        entries = [
            login
            for login, role in view.repository["roles"].items()
            if ROLES.index(role) >= rank and affiliation != "outside"
        ]
        return self.paged(call, entries, lambda login: listings.collaborator(view, login))


def _relation(view: ViewedRepository) -> str:
    """How the viewer comes to a repository."""
    if view.repository["owner"] == view.viewer:
        return "owner"
    kind = view.people.account(view.repository["owner"])["type"]
    return "organization_member" if kind == "Organization" else "collaborator"


def _is(kind: str, view: ViewedRepository) -> bool:
    private, own = view.repository["private"], _relation(view) == "owner"
    fits = {"all": True, "owner": own, "member": not own, "public": not private, "private": private}
    return bool(fits[kind])


def stamp(now: float) -> str:
    """A point in time as GitHub writes it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
