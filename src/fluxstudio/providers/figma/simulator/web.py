"""The pages of a simulated Figma that a person meets, and its pictures."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import datetime
from itertools import pairwise
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from fluxstudio.providers.figma.addresses import FILE_KINDS
from fluxstudio.providers.figma.simulator.comments import leave
from fluxstudio.providers.figma.simulator.drawing import face_of, image_of, picture_of
from fluxstudio.providers.figma.simulator.exporting import exported_modes
from fluxstudio.providers.figma.simulator.files import nodes_of
from fluxstudio.providers.figma.simulator.painting import palette_of, repaint
from fluxstudio.providers.figma.simulator.webhook_sender import change
from fluxstudio.sdk.simulation import Simulator, message_page, pages

UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


class Web:
    """What a browser gets: the file browser, files, and pictures."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def pages(self) -> list[Route]:
        """The pages below www.figma.com; addresses in Figma's forms all lead somewhere."""
        return [
            Route("/", self._files),
            Route("/files", self._files),
            Route("/files/{place:path}", self._files),
            Route("/comment/{key}", self._comment, methods=["POST"]),
            Route("/change/{key}", self._change, methods=["POST"]),
            Route("/paint/{key}", self._paint, methods=["POST"]),
            Route("/export/{key}.zip", self._export),
            *(Route(f"/{kind}/{{key}}", self._file) for kind in sorted(FILE_KINDS)),
            *(Route(f"/{kind}/{{key}}/{{name:path}}", self._file) for kind in sorted(FILE_KINDS)),
        ]

    def pictures(self) -> list[Route]:
        """Thumbnails, rendered nodes and faces, all of them SVG."""
        return [
            Route("/thumbnails/{key}.svg", self._thumbnail),
            Route("/images/{key}/{node_id}.svg", self._image),
            Route("/profile/{user_id}.svg", self._face),
        ]

    @property
    def _world(self) -> dict[str, Any]:
        return self._simulator.world.data

    async def _files(self, request: Request) -> Response:
        team_id, project_id = _place(request.path_params.get("place", ""))
        teams = [
            self._team(key, project_id)
            for key in self._world["teams"]
            if (team_id is None or key == team_id)
            and (project_id is None or self._world["projects"].get(project_id, {}).get("team") == key)
        ]
        if not teams:
            return self._missing("There is no such team or project here.")
        return self._page("files.html", teams=teams)

    async def _file(self, request: Request) -> Response:
        key = request.path_params["key"]
        file = self._world["files"].get(key)
        if file is None:
            return self._missing("There is no such file here.")
        comments = [
            {**entry, "author": self._person(entry["user"]), "ago": self._ago(entry["created_at"])}
            for entry in sorted(self._world["comments"][key], key=_thread)
        ]
        versions = [entry for entry in self._world["versions"][key] if entry["label"]]
        return self._page(
            "file.html",
            file=self._card(key),
            key=key,
            people=self._people(file),
            by=self._person(file["touched_by"]),
            comments=comments,
            versions=versions,
            palette=palette_of(self._world, key),
            webhooks=[entry for entry in self._world["webhooks"].values() if entry["context_id"] == key],
        )

    async def _comment(self, request: Request) -> Response:
        """What a person writes on the page of a file."""
        key, form = request.path_params["key"], await request.form()
        file, who, message = self._world["files"].get(key), str(form.get("who")), str(form.get("message", ""))
        if file is None or who not in self._people(file) or not message.strip():
            return self._missing("Choose who comments, and write something.")
        try:
            leave(self._simulator, key, who, message.strip(), str(form.get("answers", "")))
        except LookupError:
            return self._missing("The comment it answers is not there any more.")
        return self._back_to(key)

    async def _change(self, request: Request) -> Response:
        """What a person does to a file with the buttons on its page."""
        key, form = request.path_params["key"], await request.form()
        file, who = self._world["files"].get(key), str(form.get("who"))
        if file is None or who not in self._people(file):
            return self._missing("Choose who does it.")
        try:
            letters = change(self._simulator, str(form.get("event")), key, who)
        except LookupError:
            return self._missing("This cannot be done here.")
        for outgoing in letters:
            self._simulator.deliveries.send(outgoing)
        return self._back_to(key)

    async def _paint(self, request: Request) -> Response:
        """A colour of a library, changed on its page."""
        key, form = request.path_params["key"], await request.form()
        file, who = self._world["files"].get(key), str(form.get("who"))
        if file is None or who not in self._people(file):
            return self._missing("Choose who does it.")
        try:
            repaint(self._world, key, str(form.get("name")), str(form.get("colour")))
        except LookupError:
            return self._missing("Choose one of the file's colours, and what it becomes.")
        for outgoing in change(self._simulator, "FILE_UPDATE", key, who):
            self._simulator.deliveries.send(outgoing)
        return self._back_to(key)

    async def _export(self, request: Request) -> Response:
        """The variables of a file, as “Export modes” writes them."""
        library = self._world["variables"].get(request.path_params["key"])
        if library is None:
            return self._missing("This file has no variables.")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, root in exported_modes(library).items():
                archive.writestr(name, json.dumps(root, indent=2, ensure_ascii=False))
        headers = {"content-disposition": 'attachment; filename="modes.zip"'}
        return Response(packed.getvalue(), headers=headers, media_type="application/zip")

    def _back_to(self, key: str) -> Response:
        self._simulator.world.save()
        return RedirectResponse(self._card(key)["address"], 303)

    def _people(self, file: dict[str, Any]) -> dict[str, str]:
        """Who is in the team of a file, by id."""
        team = self._world["teams"][self._world["projects"][file["project"]]["team"]]
        return {member: self._person(member)["name"] for member in team["members"]}

    async def _thumbnail(self, request: Request) -> Response:
        file = self._world["files"].get(request.path_params["key"])
        return _svg(picture_of(file["document"]["children"][0]) if file else None)

    async def _image(self, request: Request) -> Response:
        file = self._world["files"].get(request.path_params["key"])
        nodes = nodes_of(file) if file else {}
        node = nodes.get(request.path_params["node_id"].replace("-", ":"))
        return _svg(image_of(node) if node and "absoluteBoundingBox" in node else None)

    async def _face(self, request: Request) -> Response:
        user = self._world["users"].get(request.path_params["user_id"])
        return _svg(face_of(user["handle"], user["colour"]) if user else None)

    def _team(self, key: str, only: str | None) -> dict[str, Any]:
        team = self._world["teams"][key]
        projects = [
            self._project(project_id, key)
            for project_id, project in self._world["projects"].items()
            if project["team"] == key and only in (None, project_id)
        ]
        people = [self._person(member) for member in team["members"]]
        address = f"{self._simulator.url('web')}/files/team/{key}/{_slug(team['name'])}"
        return {**team, "projects": projects, "people": people, "address": address}

    def _project(self, key: str, team_id: str) -> dict[str, Any]:
        name = self._world["projects"][key]["name"]
        address = f"{self._simulator.url('web')}/files/team/{team_id}/project/{key}/{_slug(name)}"
        files = [self._card(file) for file, entry in self._world["files"].items() if entry["project"] == key]
        return {"name": name, "address": address, "files": files}

    def _card(self, key: str) -> dict[str, Any]:
        file = self._world["files"][key]
        kind = "board" if file["editor"] == "figjam" else "design"
        return {
            "name": file["name"],
            "project": self._world["projects"][file["project"]]["name"],
            "address": f"{self._simulator.url('web')}/{kind}/{key}/{_slug(file['name'])}",
            "picture": f"{self._simulator.url('images')}/thumbnails/{key}.svg",
            "ago": self._ago(file["touched_at"]),
        }

    def _person(self, user_id: str) -> dict[str, str]:
        face = f"{self._simulator.url('images')}/profile/{user_id}.svg"
        return {"name": self._world["users"][user_id]["handle"], "face": face}

    def _ago(self, moment: str) -> str:
        passed = self._simulator.clock.now() - datetime.fromisoformat(moment).timestamp()
        for length, unit in UNITS:
            if passed >= length:
                count = int(passed / length)
                return f"{count} {unit}{'s' if count > 1 else ''} ago"
        return "just now"

    def _page(self, template: str, **values: Any) -> Response:
        web = self._simulator.url("web")
        html = pages(__package__).get_template(template).render(provider="Figma", web=web, **values)
        return HTMLResponse(html, headers={"cache-control": "no-store"})

    def _missing(self, message: str) -> Response:
        return message_page("Figma", "Nothing here", message, status=404)


def _place(path: str) -> tuple[str | None, str | None]:
    """(team, project) of what follows /files/ in an address."""
    parts = path.split("/")
    ids = dict(pairwise(parts))
    return ids.get("team"), ids.get("project")


def _thread(comment: dict[str, Any]) -> tuple[int, int]:
    """Answers stand below what they answer."""
    return int(comment["parent_id"] or comment["id"]), int(comment["id"])


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name).strip("-")


def _svg(picture: str | None) -> Response:
    if picture is None:
        return Response("Not found", 404, media_type="text/plain")
    headers = {
        "cache-control": "max-age=60",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
        "x-content-type-options": "nosniff",
    }
    return Response(picture, headers=headers, media_type="image/svg+xml")
