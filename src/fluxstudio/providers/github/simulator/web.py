"""The pages of the simulated github.com on which people see what an app did there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from fluxstudio.providers.github.simulator import code_pages
from fluxstudio.providers.github.simulator.code import pull_shapes
from fluxstudio.providers.github.simulator.events import ADA
from fluxstudio.providers.github.simulator.pictures import avatar
from fluxstudio.providers.github.simulator.views import AccountDirectory, ViewedRepository, permissions
from fluxstudio.sdk.simulation import Simulator, message_page
from fluxstudio.sdk.simulation.consent import pages

Json = dict[str, Any]


class Pages:
    """Repositories, issues and pictures, for eyes."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def web_routes(self) -> Sequence[BaseRoute]:
        """What github.com shows."""
        below = "/{owner}/{repo}"
        return [
            Route("/", self._home),
            Route("/{owner}", self._home),
            Route(below, self._repository),
            Route(f"{below}/issues", self._repository),
            Route(f"{below}/pulls", self._repository),
            Route(f"{below}/issues/{{number:int}}", self._issue),
            Route(f"{below}/pull/{{number:int}}", self._issue, methods=["GET", "POST"]),
            Route(f"{below}/blob/{{branch}}/{{path:path}}", self._file, methods=["GET", "POST"]),
        ]

    def avatar_routes(self) -> Sequence[BaseRoute]:
        """What avatars.githubusercontent.com shows."""
        return [Route("/u/{number:int}", self._avatar)]

    async def _home(self, request: Request) -> Response:
        owner = request.path_params.get("owner")
        repositories = [
            repository
            for repository in self._data["repositories"].values()
            if owner in (None, repository["owner"])
        ]
        if owner is not None and owner not in self._data["people"]:
            return self._missing()
        repositories.sort(key=lambda repository: str(repository["updated_at"]), reverse=True)
        return self._page("home.html", owner=owner, repositories=repositories)

    async def _repository(self, request: Request) -> Response:
        repository = self._repository_or_response(request)
        if isinstance(repository, Response):
            return repository
        newest_first = repository["issues"][::-1]
        return self._page(
            "repository.html",
            repository=repository,
            files=code_pages.files_of(repository),
            commits=code_pages.commits_of(repository, self._viewed(repository)),
            issues=[issue for issue in newest_first if not issue["pull"]],
            pulls=[issue for issue in newest_first if issue["pull"]],
        )

    async def _issue(self, request: Request) -> Response:
        repository = self._repository_or_response(request)
        if isinstance(repository, Response):
            return repository
        number = request.path_params["number"]
        issue = next((entry for entry in repository["issues"] if entry["number"] == number), None)
        if issue is None:
            return self._missing()
        comments = [comment for comment in repository["comments"] if comment["issue"] == number]
        view = self._viewed(repository)
        if request.method == "POST" and issue["pull"]:
            form = await request.form()
            code_pages.decide(self._simulator, view, issue, str(form.get("do", "")))
            self._simulator.world.save()
            return RedirectResponse(request.url.path, 303)
        return self._page(
            "issue.html",
            repository=repository,
            issue=issue,
            comments=comments,
            changes=pull_shapes.changes_of(view, issue["pull"]) if issue["pull"] else [],
            by=view.viewer,
        )

    async def _file(self, request: Request) -> Response:
        """A file of a branch, to read and to change: what a teammate does to a repository."""
        repository = self._repository_or_response(request)
        if isinstance(repository, Response):
            return repository
        view, path, name = (
            self._viewed(repository),
            request.path_params["path"],
            request.path_params["branch"],
        )
        content = code_pages.content_of(view, name, path)
        if content is None:
            return self._missing()
        if request.method == "POST":
            form = await request.form()
            typed = str(form.get("text", "")).replace("\r\n", "\n")
            message = str(form.get("message") or f"Update {path}")
            code_pages.change_file(self._simulator, view, name, (path, typed.encode()), message)
            self._simulator.world.save()
            return RedirectResponse(request.url.path, 303)
        text, editable = code_pages.text_of(content), view.branch(name) is not None
        return self._page(
            "file.html",
            repository=repository,
            path=path,
            branch=name,
            text=text,
            editable=editable,
            by=view.viewer,
            sha="",
        )

    def _viewed(self, repository: Json) -> ViewedRepository:
        """The repository as somebody sees it who may write there: Ada, where she may."""
        writers = [login for login, role in repository["roles"].items() if permissions(role)["push"]]
        login = ADA if ADA in writers else writers[0]
        urls = [self._simulator.url(role) for role in ("api", "web", "avatars")]
        return ViewedRepository(repository, AccountDirectory(self._data, *urls), login)

    async def _avatar(self, request: Request) -> Response:
        number = request.path_params["number"]
        person = next((entry for entry in self._data["people"].values() if entry["id"] == number), None)
        if person is None:
            return self._missing()
        return Response(
            avatar(person), media_type="image/svg+xml", headers={"cache-control": "public, max-age=300"}
        )

    @property
    def _data(self) -> Json:
        return self._simulator.world.data

    def _repository_or_response(self, request: Request) -> Json | Response:
        """The repository of the address, or what to answer instead."""
        full_name = f"{request.path_params['owner']}/{request.path_params['repo']}"
        repositories: dict[str, Json] = self._data["repositories"]
        for repository in repositories.values():
            if f"{repository['owner']}/{repository['name']}" == full_name:
                return repository
        renamed = self._data["renamed"].get(full_name)
        if renamed is None:
            return self._missing()
        moved = repositories[str(renamed)]
        return RedirectResponse(f"{self._simulator.url('web')}/{moved['owner']}/{moved['name']}", 301)

    def _missing(self) -> Response:
        return message_page(self._simulator.name, "Nothing here", "This page does not exist.", status=404)

    def _page(self, template: str, **values: Any) -> Response:
        html = (
            pages(__package__)
            .get_template(template)
            .render(
                provider=self._simulator.name,
                web=self._simulator.url("web"),
                people=self._data["people"],
                picture=self._picture,
                ago=self._ago,
                **values,
            )
        )
        return HTMLResponse(html, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"})

    def _picture(self, login: str) -> str:
        return f"{self._simulator.url('avatars')}/u/{self._data['people'][login]['id']}"

    def _ago(self, stamp: str) -> str:
        """How long ago a point in time is, in the largest unit that fits."""
        then = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        seconds = max(0, self._simulator.clock.now() - then)
        for unit, length in (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3600)):
            if seconds >= length:
                count = int(seconds // length)
                return f"{count} {unit}{'s' if count > 1 else ''} ago"
        return f"{int(seconds // 60)} min ago" if seconds >= 60 else "just now"
