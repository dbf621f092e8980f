"""Webhooks of the simulated GitHub's repositories, and what was delivered to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator import webhook_sender
from fluxstudio.providers.github.simulator.answers import Problem, invalid, one_of
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.fields import Shape, checked
from fluxstudio.providers.github.simulator.rest import Rest, stamp
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository
from fluxstudio.providers.github.webhooks.webhook import EVENTS

READS = ("repo", "admin:repo_hook", "write:repo_hook", "read:repo_hook")
WRITES = READS[:-1]
REMOVES = READS[:-2]
CONFIG = frozenset({"url", "content_type", "insecure_ssl", "secret"})
SHAPE: Mapping[str, Shape] = {
    "name": "string",
    "active": "boolean",
    **{name: ["string"] for name in ("events", "add_events", "remove_events")},
    "config": {
        **dict.fromkeys(("url", "content_type", "secret"), "string"),
        "insecure_ssl": "string|integer",
    },
}
MAX_HOOKS_OF_AN_EVENT = 20
DELIVERIES_KEPT_SECONDS = 3 * 86_400


class WebhookEndpoints(Rest):
    """The endpoints below `/repos/{owner}/{repo}/hooks`; only who administers a repository finds them."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api = GitHubApi(self.simulator)
        one = "/hooks/{hook:int}"
        below = self.below_repository
        return [
            *below(api, "/hooks", self._hooks, accepts=", ".join(READS)),
            *below(api, "/hooks", self._create, method="POST", accepts=", ".join(WRITES)),
            *below(api, one, self._hook, accepts=", ".join(READS)),
            *below(api, one, self._update, method="PATCH", accepts=", ".join(WRITES)),
            *below(api, one, self._delete, method="DELETE", accepts=", ".join(REMOVES)),
            *below(api, f"{one}/pings", self._ping, method="POST", accepts=", ".join(READS)),
            *below(api, f"{one}/deliveries", self._deliveries, accepts=", ".join(READS)),
            *below(api, f"{one}/deliveries/{{delivery:int}}", self._delivery, accepts=", ".join(READS)),
            *below(
                api,
                f"{one}/deliveries/{{delivery:int}}/attempts",
                self._again,
                method="POST",
                accepts=", ".join(WRITES),
            ),
        ]

    async def _hooks(self, call: GitHubCall) -> GitHubAnswer:
        view = self._administered(call, READS)
        return self.paged(call, self._of(view), lambda hook: self._hook_body(view, hook))

    async def _create(self, call: GitHubCall) -> GitHubAnswer:
        view = self._administered(call, WRITES)
        fields = await call.json()
        if fields.get("name", "web") != "web":
            raise invalid("Hook", "name", "invalid")
        data, now = self.simulator.world.data, stamp(self.simulator.clock.now())
        hook: Json = {
            **{"repository": view.repository["id"], "events": ["push"], "active": True},
            **{"url": "", "content_type": "form", "insecure_ssl": "0", "secret": ""},
            **{"created_at": now, "updated_at": now},
        }
        _apply(hook, fields)
        for other in self._of(view):
            if other["url"] == hook["url"] and set(other["events"]) & set(hook["events"]):
                raise invalid("Hook", "base", "custom", "Hook already exists on this repository")
        _check_room(self._of(view), hook)
        data["next_id"] += 1
        hook["id"] = data["next_id"]
        webhook_sender.hooks_of(self.simulator)[str(hook["id"])] = hook
        public_hook = self._hook_body(view, hook)
        webhook_sender.ping(self.simulator, view, hook, public_hook, call.login)
        return GitHubAnswer(public_hook, 201, {"location": public_hook["url"]})

    async def _hook(self, call: GitHubCall) -> GitHubAnswer:
        view, hook = self._hook_of(call, READS)
        return GitHubAnswer(self._hook_body(view, hook))

    async def _update(self, call: GitHubCall) -> GitHubAnswer:
        view, hook = self._hook_of(call, WRITES)
        fields = await call.json()
        if "config" in fields and "secret" not in fields["config"]:
            hook["secret"] = ""
        _apply(hook, fields)
        hook["updated_at"] = stamp(self.simulator.clock.now())
        return GitHubAnswer(self._hook_body(view, hook))

    async def _delete(self, call: GitHubCall) -> GitHubAnswer:
        _, hook = self._hook_of(call, REMOVES)
        del webhook_sender.hooks_of(self.simulator)[str(hook["id"])]
        return GitHubAnswer(None, 204)

    async def _ping(self, call: GitHubCall) -> GitHubAnswer:
        view, hook = self._hook_of(call, READS)
        webhook_sender.ping(self.simulator, view, hook, self._hook_body(view, hook), call.login)
        return GitHubAnswer(None, 204)

    async def _deliveries(self, call: GitHubCall) -> GitHubAnswer:
        """Newest first; the cursor is the id of the delivery after which a page begins."""
        _, hook = self._hook_of(call, READS)
        query = call.request.query_params
        status = one_of(call.request, "status", ("success", "failure", ""), "")
        cursor = query.get("cursor", "").removeprefix("v1_")
        if cursor and not cursor.isdigit():
            raise Problem(400, "Invalid cursor")
        size = query.get("per_page", "30")
        most = min(int(size), 100) if size.isdigit() and size != "0" else 30
        entries = [
            entry
            for entry in reversed(self._log(hook))
            if status in ("", "success" if entry["delivered"] else "failure")
            and (not cursor or entry["id"] < int(cursor))
        ]
        headers = self._following(call, entries[:most]) if len(entries) > most else {}
        return GitHubAnswer([_delivery_row(entry) for entry in entries[:most]], headers=headers)

    def _following(self, call: GitHubCall, page: Sequence[Json]) -> dict[str, str]:
        others = [(name, value) for name, value in parse_qsl(call.request.url.query) if name != "cursor"]
        query = urlencode([*others, ("cursor", f"v1_{page[-1]['id']}")])
        return {"link": f'<{self.address_of(call)}?{query}>; rel="next"'}

    async def _delivery(self, call: GitHubCall) -> GitHubAnswer:
        _, hook = self._hook_of(call, READS)
        entry = self._logged(call, hook)
        answer = entry["answer"]
        return GitHubAnswer(
            {
                **_delivery_row(entry),
                "url": entry["to"],
                "request": {"headers": entry["headers"], "payload": entry["payload"]},
                "response": {"headers": answer["headers"], "payload": answer["body"]},
            }
        )

    async def _again(self, call: GitHubCall) -> GitHubAnswer:
        _, hook = self._hook_of(call, WRITES)
        self.simulator.deliveries.redeliver({**self._logged(call, hook), "to": hook["url"]})
        return GitHubAnswer({}, 202)

    def _administered(self, call: GitHubCall, scopes: Sequence[str]) -> ViewedRepository:
        view = self.view(call)
        if not view.may["admin"] or not call.has(*scopes):
            raise Problem(404, "Not Found")
        return view

    def _hook_of(self, call: GitHubCall, scopes: Sequence[str]) -> tuple[ViewedRepository, Json]:
        view = self._administered(call, scopes)
        hook = next((entry for entry in self._of(view) if entry["id"] == call.path["hook"]), None)
        if hook is None:
            raise Problem(404, "Not Found")
        return view, hook

    def _of(self, view: ViewedRepository) -> list[Json]:
        hooks = webhook_sender.hooks_of(self.simulator).values()
        return [hook for hook in hooks if hook["repository"] == view.repository["id"]]

    def _log(self, hook: Json) -> list[Json]:
        since = self.simulator.clock.now() - DELIVERIES_KEPT_SECONDS
        log = self.simulator.deliveries.log
        return [entry for entry in log if entry["webhook"] == str(hook["id"]) and entry["at"] >= since]

    def _logged(self, call: GitHubCall, hook: Json) -> Json:
        delivery_id = call.path["delivery"]
        delivery = next((entry for entry in self._log(hook) if entry["id"] == delivery_id), None)
        if delivery is None:
            raise Problem(404, "Not Found")
        return delivery

    def _hook_body(self, view: ViewedRepository, hook: Json) -> Json:
        url = f"{view.api}/hooks/{hook['id']}"
        config = {name: hook[name] for name in ("url", "content_type", "insecure_ssl")}
        latest = self._log(hook)[-1:]
        return {
            "type": "Repository",
            **{name: hook[name] for name in ("id", "active", "events", "created_at", "updated_at")},
            "name": "web",
            "config": {**config, "secret": "********"} if hook["secret"] else config,
            "url": url,
            "test_url": f"{url}/test",
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
            "last_response": _response(latest[0]) if latest else webhook_sender.NEVER_USED,
        }


def _apply(hook: Json, fields: Json) -> None:
    """Make the asked changes. Raises `Problem` (422) for wrong values."""
    checked(fields, SHAPE)
    config: Json = fields.get("config", {})
    hook.update({name: str(value) for name, value in config.items() if name in CONFIG})
    if urlsplit(hook["url"]).scheme not in {"http", "https"}:
        raise invalid("Hook", "url", "invalid", "url is missing or not a web address")
    if hook["content_type"] not in {"json", "form"}:
        raise invalid("Hook", "content_type", "invalid")
    changes: Json = {"events": hook["events"], "add_events": [], "remove_events": [], **fields}
    event_types = dict.fromkeys([*changes["events"], *changes["add_events"]])
    events = [name for name in event_types if name not in changes["remove_events"]]
    if not events or not set(events) <= {*EVENTS, "*"}:
        raise invalid("Hook", "events", "invalid")
    hook["events"] = events
    hook["active"] = bool(fields.get("active", hook["active"]))


def _check_room(hooks: Sequence[Json], hook: Json) -> None:
    """Refuse a webhook more than an event may have (docs.github.com “Webhook limits”, read 2026-11-29)."""
    for event in hook["events"]:
        if sum(event in other["events"] for other in hooks) >= MAX_HOOKS_OF_AN_EVENT:
            text = f'The "{event}" event cannot have more than {MAX_HOOKS_OF_AN_EVENT} hooks'
            raise invalid("Hook", "base", "custom", text)


def _delivery_row(entry: Json) -> Json:
    code, words = _outcome(entry)
    return {
        "id": entry["id"],
        "guid": entry["key"],
        "delivered_at": stamp(entry["at"]),
        "redelivery": entry["redelivery"],
        "duration": entry["took"],
        "status": words,
        "status_code": code,
        "event": entry["event"],
        "action": entry["action"],
        "installation_id": None,
        "repository_id": entry["about"]["repository"],
        "throttled_at": None,
    }


def _response(entry: Json) -> Json:
    code, words = _outcome(entry)
    return {"code": code, "status": "active" if entry["delivered"] else "misconfigured", "message": words}


def _outcome(entry: Json) -> tuple[int, str]:
    """What GitHub shows of an attempt; one without an answer has the status of a gateway."""
    if entry["delivered"]:
        return entry["status"], "OK"
    if entry["status"] is not None:
        return entry["status"], f"Invalid HTTP Response: {entry['status']}"
    timed_out = entry["problem"] == "timed out"
    return (504, "timed out") if timed_out else (502, "failed to connect to host")
