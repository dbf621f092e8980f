"""A simulated Slack: its consent page, Web API, file uploads, and the pages a person reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fluxstudio.providers.slack.simulator import (
    api,
    conversations,
    files,
    membership,
    messages,
    oauth,
    openid,
    people,
    posting,
    reactions,
    surfaces,
    views,
    webhook_sender,
)
from fluxstudio.providers.slack.simulator.scopes import BOT_SCOPES, SIGN_IN, USER_SCOPES
from fluxstudio.providers.slack.simulator.seed import sample_data
from fluxstudio.sdk.simulation import AccountChoice, ConsentRequest, OutgoingWebhook, Simulator, WebhookSender
from fluxstudio.sdk.simulation.control import control_body, control_route
from fluxstudio.sdk.simulation.redirects import LOOPBACK, Match, at_or_below

METHODS = {
    name: method
    for module in (
        *(oauth, openid, conversations, membership, people),
        *(posting, messages, reactions, files, surfaces),
    )
    for name, method in module.METHODS.items()
}

APP_FLAGS = ("rotation", "pkce", "unlisted")

Handler = Callable[["SlackSimulator", Request], Awaitable[Response]]


class SlackSimulator(Simulator):
    """Slack with the workspaces of Harbour & Pine.

    `rotation` says whether its one app has token rotation switched on. The control endpoint `/_control/app`
    shows and sets `{rotation, pkce, unlisted}`: with `pkce` it is a public client, which needs no secret and
    whose refresh tokens expire after 30 days; an `unlisted` one is distributed outside Slack's marketplace
    and reads history 15 objects a minute. `/_control/members` moves people in and out of channels,
    `/_control/trigger` gives a `trigger_id`. Events go to `events_to`, signed with `signing_secret`.
    """

    name = "Slack"
    hosts: ClassVar[Mapping[str, str]] = {"web": "slack.com", "files": "files.slack.com"}
    authorize_path = "/oauth/v2/authorize"
    further_authorize_paths = ("/openid/connect/authorize",)
    choice_noun = "workspace"
    scope_separator = ","
    app_id = "simulated-slack"
    app_secret = "simulated-secret"  # noqa: S105 - of a simulated app

    signing_secret = "simulated-signing-secret"  # noqa: S105 - of a simulated app

    def __init__(self, file: Path | None = None, *, rotation: bool = True) -> None:
        self._rotation = rotation
        super().__init__(file)

    def seed(self) -> dict[str, Any]:
        data = sample_data(self.clock.now())
        data["app"]["rotation"] = self._rotation
        return data

    def choices(self) -> Sequence[AccountChoice]:
        world = self.world.data
        people = f"{len(world['users'])} people"
        teams = [AccountChoice(team["id"], team["name"], people) for team in world["workspaces"].values()]
        everywhere = world["organisation"]
        return [*teams, AccountChoice(everywhere["id"], everywhere["name"], "Organisation: every workspace")]

    def people(self) -> Sequence[AccountChoice]:
        return [AccountChoice(user["id"], user["real_name"]) for user in self.world.data["users"].values()]

    def unknown_scopes(self, scopes: Sequence[str]) -> Sequence[str]:
        return [scope for scope in scopes if scope not in BOT_SCOPES | SIGN_IN]

    def routes(self) -> Mapping[str, Sequence[BaseRoute]]:
        return {
            "slack.com": [
                Route("/api/{method}", self._api, methods=["GET", "POST"]),
                self._route("/", views.home),
                self._route("/archives/{channel}", views.room),
                self._route("/archives/{channel}/invite", views.invite, "POST"),
                self._route("/archives/{channel}/say", views.say, "POST"),
                self._route("/archives/{channel}/{place}", views.permalink),
                self._route("/avatars/{key}.svg", views.avatar),
                self._route("/.well-known/openid-configuration", openid.configuration),
                self._route("/openid/connect/keys", openid.keys),
            ],
            "files.slack.com": [
                self._route("/upload/v1/{key}", files.take, "POST"),
                self._route("/files-pri/{file}", files.show),
            ],
        }

    def named_calls(self) -> Sequence[str]:
        return [f"/{self.hosts['web']}/api/{method}" for method in METHODS]

    def unknown(self, host: str, request: Request) -> Response:
        if _is_api(host, request):
            method = request.url.path.partition("/api/")[2]
            return JSONResponse({"ok": False, "error": "unknown_method", "req_method": method})
        return super().unknown(host, request)

    def broken(self, host: str, request: Request) -> Response:
        if _is_api(host, request):
            return JSONResponse({"ok": False, "error": "internal_error"}, 500)
        return super().broken(host, request)

    def controls(self) -> Sequence[BaseRoute]:
        return [
            control_route("/app", self._app, ("GET", "POST")),
            control_route("/members", self._members, ("POST",)),
            control_route("/trigger", self._trigger, ("POST",)),
        ]

    def write(self, outgoing: OutgoingWebhook, number: int, reason: str) -> tuple[Mapping[str, str], bytes]:
        return webhook_sender.signed(self.signing_secret, outgoing, number, reason)

    def sending(self) -> WebhookSender:
        return webhook_sender.sending(self)

    def happen(self, event_request: Mapping[str, Any]) -> Sequence[OutgoingWebhook]:
        return webhook_sender.happen(self, event_request)

    def renewable(self, enabled: bool) -> bool:
        self.world.data["app"]["rotation"] = enabled
        return enabled

    def redirect_match(self) -> Match:
        """A path below the registered address will do (docs.slack.dev “Installing with OAuth”, 2026-11-29).

        Slack itself takes https:// addresses only; on the loopback there is no certificate.
        """
        return at_or_below

    def default_redirect(self) -> str:
        return next(iter(self.redirects.registered), "")

    def shown_scopes(self, ask: ConsentRequest) -> Sequence[str]:
        return [*ask.scopes, *_user_scopes(ask)]

    def refusal(self, ask: ConsentRequest) -> str | None:
        """Which scopes go together.

        “Desktop redirects … cannot request bot scopes” (docs.slack.dev, changelog of 2026-03-30);
        `no_scopes`: docs.slack.dev/reference/methods/oauth.v2.access; Sign in with Slack asks for nothing
        else (docs.slack.dev/authentication/sign-in-with-slack, read 2026-11-30).
        """
        user_scopes = _user_scopes(ask)
        if not ask.scopes and not user_scopes:
            return "no_scopes: ask for scopes in scope or user_scope."
        if unknown := [scope for scope in user_scopes if scope not in USER_SCOPES]:
            return f"Invalid scopes: {', '.join(unknown)}."
        if signs_in := SIGN_IN & {*ask.scopes, *user_scopes}:
            if "openid" not in signs_in or not {*ask.scopes, *user_scopes} <= SIGN_IN:
                return "Invalid scopes: openid goes with profile and email, and with no other scope."
            return None
        if self.world.data["app"]["pkce"] and ask.scopes and urlsplit(ask.redirect_uri).hostname in LOOPBACK:
            return "An app with PKCE cannot request bot scopes with a redirect address on this machine."
        return None

    def allowed(self, ask: ConsentRequest, choice: str, **details: Any) -> Response:
        user_scopes = _user_scopes(ask)
        if SIGN_IN & {*ask.scopes, *user_scopes}:
            details |= {"sign_in": True, "nonce": ask.query.get("nonce", "")}
        person = details.pop("person", next(iter(self.world.data["users"])))
        return super().allowed(
            ask,
            choice,
            person=person,
            user_scopes=list(user_scopes),
            asked_redirect="redirect_uri" in ask.query,
            **details,
        )

    def denied(self, ask: ConsentRequest) -> Response:
        return self.send_back(ask, error="access_denied")

    async def _api(self, request: Request) -> Response:
        messages.post_what_is_due(api.SlackCall(self, {}))
        return await api.answer(self, METHODS, request)

    async def _app(self, request: Request) -> Response:
        app = self.world.data["app"]
        if request.method == "POST":
            body = await control_body(request)
            app |= {name: bool(body[name]) for name in APP_FLAGS if name in body}
            self.world.save()
        return JSONResponse(app)

    async def _members(self, request: Request) -> Response:
        """POST `{channel, user, member, silent}`: somebody joins or leaves; `silent` sends no event of it."""
        body = await control_body(request)
        channel = self.world.data["channels"][body["channel"]]
        user, joins = str(body["user"]), bool(body.get("member"))
        if joins != (user in channel["members"]):
            (channel["members"].append if joins else channel["members"].remove)(user)
            if not body.get("silent"):
                webhook_sender.moved(self, channel, user, joined=joins)
            self.world.save()
        return JSONResponse({"members": channel["members"]})

    async def _trigger(self, request: Request) -> Response:
        """POST `{user}`: the `trigger_id` that a press of somebody's would bring."""
        user = str((await control_body(request)).get("user", next(iter(self.world.data["users"]))))
        trigger = surfaces.new_trigger(self, self.world.data["users"][user]["id"])
        self.world.save()
        return JSONResponse({"trigger_id": trigger})

    def _route(self, path: str, run: Handler, method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            messages.post_what_is_due(api.SlackCall(self, {}))
            return await run(self, request)

        return Route(path, endpoint, methods=[method])


def _is_api(host: str, request: Request) -> bool:
    return request.url.path.startswith(f"/{host}/api/")


def _user_scopes(ask: ConsentRequest) -> tuple[str, ...]:
    return tuple(part for part in ask.query.get("user_scope", "").replace(",", " ").split() if part)
