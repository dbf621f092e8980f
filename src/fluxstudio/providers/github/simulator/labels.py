"""Labels of the simulated GitHub: those a repository has, and those an issue wears."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator import listings, webhook_sender
from fluxstudio.providers.github.simulator.answers import Problem, invalid
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.fields import checked
from fluxstudio.providers.github.simulator.issues import MAX_LABEL_CHARACTERS, Issues, stored_issue
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

COLOUR = re.compile(r"[0-9a-fA-F]{6}")
MAX_DESCRIPTION_CHARACTERS = 100
SHAPE = {"name": "string", "new_name": "string", "color": "string", "description": "string|null"}


class LabelEndpoints(Issues):
    """Below `labels`, and below `labels` of an issue."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api, one, of_issue = GitHubApi(self.simulator), "/labels/{name}", "/issues/{number:int}/labels"
        endpoints = (
            ("GET", "/labels", self._labels),
            ("POST", "/labels", self._create_label),
            ("GET", one, self._label),
            ("PATCH", one, self._change_label),
            ("DELETE", one, self._delete_label),
            ("GET", of_issue, self._worn),
            ("POST", of_issue, self._add),
            ("PUT", of_issue, self._replace),
            ("DELETE", of_issue, self._remove_all),
            ("DELETE", f"{of_issue}/{{name}}", self._remove),
        )
        return [
            route
            for method, path, endpoint in endpoints
            for route in self.below_repository(api, path, endpoint, method=method, accepts="repo")
        ]

    async def _labels(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        return self.paged(call, list(view.repository["labels"]), lambda name: listings.label(view, name))

    async def _label(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        return GitHubAnswer(listings.label(view, _name_in(view, call)))

    async def _create_label(self, call: GitHubCall) -> GitHubAnswer:
        view = self._pushable(call)
        fields = _checked_label(await call.json(), required=["name"])
        if _named(view, fields["name"]):
            raise invalid("Label", "name", "already_exists")
        label = {"id": self.next_id(), "name": fields["name"], "color": "ededed", "description": None}
        label |= {name: fields[name] for name in ("color", "description") if name in fields}
        view.repository["labels"][label["name"]] = label
        shown = self._tell_label(view, call, "created", label["name"])
        return GitHubAnswer(shown, 201, {"location": shown["url"]})

    async def _change_label(self, call: GitHubCall) -> GitHubAnswer:
        view = self._pushable(call)
        name = _name_in(view, call)
        fields = _checked_label(await call.json())
        labels = view.repository["labels"]
        renamed = fields.get("new_name", name)
        if renamed.lower() != name.lower() and _named(view, renamed):
            raise invalid("Label", "name", "already_exists")
        label = {**labels.pop(name), "name": renamed}
        label |= {field: fields[field] for field in ("color", "description") if field in fields}
        labels[renamed] = label
        for issue in view.repository["issues"]:
            issue["labels"] = [renamed if worn == name else worn for worn in issue["labels"]]
        return GitHubAnswer(self._tell_label(view, call, "edited", renamed))

    async def _delete_label(self, call: GitHubCall) -> GitHubAnswer:
        view = self._pushable(call)
        name = _name_in(view, call)
        self._tell_label(view, call, "deleted", name)
        del view.repository["labels"][name]
        for issue in view.repository["issues"]:
            issue["labels"] = [worn for worn in issue["labels"] if worn != name]
        return GitHubAnswer(None, 204)

    async def _worn(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        return self.paged(call, stored_issue(view, call)["labels"], lambda name: listings.label(view, name))

    async def _add(self, call: GitHubCall) -> GitHubAnswer:
        view, names = self._pushable(call), await _names(call)
        worn = stored_issue(view, call)["labels"]
        return self._wear(view, call, list(dict.fromkeys([*worn, *names])))

    async def _replace(self, call: GitHubCall) -> GitHubAnswer:
        return self._wear(self._pushable(call), call, await _names(call))

    async def _remove_all(self, call: GitHubCall) -> GitHubAnswer:
        self._wear(self._pushable(call), call, [])
        return GitHubAnswer(None, 204)

    async def _remove(self, call: GitHubCall) -> GitHubAnswer:
        view = self._pushable(call)
        worn = stored_issue(view, call)["labels"]
        if call.path["name"] not in worn:
            raise Problem(404, "Label does not exist")
        return self._wear(view, call, [name for name in worn if name != call.path["name"]])

    def _wear(self, view: ViewedRepository, call: GitHubCall, names: Sequence[str]) -> GitHubAnswer:
        """Give an issue these labels, and tell of each that came or went."""
        entry = stored_issue(view, call)
        before = dict(entry)
        self.edit(view, entry, {"labels": list(names)}, call.login)
        self.tell_parts(view, call.login, entry, before)
        return GitHubAnswer([listings.label(view, name) for name in entry["labels"]])

    def _pushable(self, call: GitHubCall) -> ViewedRepository:
        view = self.view(call)
        if not view.may["triage"] or not call.has("repo", "public_repo"):
            raise Problem(404, "Not Found")
        return view

    def _tell_label(self, view: ViewedRepository, call: GitHubCall, action: str, name: str) -> Json:
        label = listings.label(view, name)
        webhook_sender.tell(self.simulator, view, "label", call.login, action=action, label=label)
        return label


def _checked_label(fields: Json, required: Sequence[str] = ()) -> Json:
    """The fields of a label. Raises `Problem` (422)."""
    fields = checked(fields, SHAPE, required)
    for name in ("name", "new_name"):
        if name in fields and not 0 < len(fields[name]) <= MAX_LABEL_CHARACTERS:
            raise invalid("Label", "name", "invalid")
    if "color" in fields and not COLOUR.fullmatch(fields["color"]):
        raise invalid("Label", "color", "invalid")
    if len(fields.get("description") or "") > MAX_DESCRIPTION_CHARACTERS:
        message = f"description is too long (maximum is {MAX_DESCRIPTION_CHARACTERS} characters)"
        raise invalid("Label", "description", "custom", message)
    return fields


async def _names(call: GitHubCall) -> list[str]:
    """The labels that a body names: `{labels: […]}`, of texts or objects."""
    fields: dict[str, Any] = checked(await call.json(), {"labels": "array"})
    names: dict[str, None] = {}
    for label in fields.get("labels", []):
        name = label.get("name") if isinstance(label, dict) else label
        if not isinstance(name, str):
            raise invalid("Label", "name", "invalid")
        names[name] = None
    return list(names)


def _named(view: ViewedRepository, name: str) -> str | None:
    """The label of that name; case does not count."""
    return next((label for label in view.repository["labels"] if label.lower() == name.lower()), None)


def _name_in(view: ViewedRepository, call: GitHubCall) -> str:
    name = _named(view, call.path["name"])
    if name is None:
        raise Problem(404, "Not Found")
    return name
