"""Calling the simulated Web API: arguments, token, scopes, limits, and answers in Slack's shape."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fluxstudio.providers.slack.simulator.seed import bot_user
from fluxstudio.sdk import Limit
from fluxstudio.sdk.simulation import Simulator
from fluxstudio.sdk.simulation.bodies import read_form, read_json

Json = dict[str, Any]

# The published limits of Slack, ten times as generous, so that trying things out does not hit them by chance.
TIER_2, TIER_3, TIER_4 = Limit(200, 60), Limit(500, 60), Limit(1000, 60)
# docs.slack.dev/reference/methods/conversations.history, read 2026-11-30: one call a minute, 15 objects.
UNLISTED, UNLISTED_OBJECTS = Limit(1, 60), 15


# What must not come in a query or in a body of JSON (docs.slack.dev, changelog of 2020-11 and of 2017-10).
TOKEN = "token"  # noqa: S105 - the name of an argument
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class SlackError(Exception):
    """A call is answered `ok: false` with this code and further keys."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class TooFast(SlackError):
    """A call is answered 429; `wait` is in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__("ratelimited")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class SlackCall:
    """One call of a method: its arguments and, where it needs one, the token it came with."""

    simulator: Simulator
    args: Mapping[str, Any]
    basic: tuple[str, str] | None = None
    token: str = ""
    grant: Json = field(default_factory=dict)

    @property
    def world(self) -> Json:
        """The simulated Slack."""
        return self.simulator.world.data

    @property
    def teams(self) -> list[str]:
        """The workspaces the token reaches: one, or all of the organisation."""
        account = str(self.grant["account"])
        return [account] if account in self.world["workspaces"] else list(self.world["workspaces"])

    @property
    def person(self) -> str | None:
        """Whom a user token acts for; None for the token of a bot."""
        return self.grant.get("user")

    def member(self, team: str) -> str:
        """Who acts in a workspace: the person of a user token, else the app's bot."""
        return self.person or bot_user(self.world["workspaces"][team])

    def is_in(self, channel: Json) -> bool:
        """Whether whoever acts is a member of a channel."""
        return self.member(channel["team"]) in channel["members"]

    def text(self, name: str) -> str:
        """A string argument, "" where it is missing."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """A boolean argument in any of the spellings Slack takes."""
        return self.args.get(name) in (True, "1", "true", "True")

    def number(self, name: str, default: int, most: int, error: str = "invalid_limit") -> int:
        """A whole number from 1 to `most`."""
        value = self.args.get(name)
        if value in (None, ""):
            return default
        try:
            number = int(str(value))
        except ValueError:
            raise SlackError(error) from None
        if not 1 <= number <= most:
            raise SlackError(error)
        return number

    def listed(self, name: str, error: str) -> list[Any] | None:
        """A list given as JSON, as it is or as a string."""
        value = self.args.get(name)
        if isinstance(value, str) and value:
            try:
                value = read_json(value.encode("utf-8", "replace"))
            except ValueError:
                raise SlackError(error) from None
        if value is None or value == "":
            return None
        if not isinstance(value, list):
            raise SlackError(error)
        return value

    def need(self, scope: str) -> None:
        """Refuse a token without a scope, as Slack does."""
        if scope not in self.grant["scopes"]:
            raise SlackError("missing_scope", needed=scope, provided=",".join(self.grant["scopes"]))


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API. `scope` is needed to call it; `open` ones take no token.

    Calls are counted for each workspace and each value of the argument `each`. Those that read history have
    another limit where an app is distributed without being listed in Slack's marketplace.
    """

    run: Callable[[SlackCall], Json]
    limit: Limit = TIER_3
    scope: str | None = None
    open: bool = False
    each: str = ""
    is_history: bool = False


async def answer(simulator: Simulator, methods: Mapping[str, Method], request: Request) -> Response:
    """Answer one request to `/api/{method}`."""
    name = request.path_params["method"]
    headers: dict[str, str] = {}
    status = 200
    try:
        method = methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        call = await _call(simulator, name, method, request, headers)
        body = {"ok": True, **method.run(call)}
        simulator.world.save()
    except TooFast as error:
        body, status, headers = {"ok": False, "error": error.code}, 429, {"retry-after": str(error.wait)}
    except SlackError as error:
        body = {"ok": False, "error": error.code, **error.details}
    return JSONResponse(_warned(body, charset_warning(request)), status, headers)


async def _call(
    simulator: Simulator, name: str, method: Method, request: Request, headers: dict[str, str]
) -> SlackCall:
    """A call that was let in; `headers` gets what its answer says of scopes."""
    args = await _arguments(request)
    if method.open:
        return SlackCall(simulator, args, basic=_basic(request))
    token, grant = _authenticated(simulator, request, args)
    headers["x-oauth-scopes"] = ",".join(grant["scopes"])
    headers["x-accepted-oauth-scopes"] = method.scope or ""
    call = SlackCall(simulator, args, basic=_basic(request), token=token, grant=grant)
    limit = method.limit
    if method.is_history and simulator.world.data["app"].get("unlisted"):
        limit = UNLISTED
    status = simulator.budgets.spend(name, f"{grant['account']}:{call.text(method.each)}", limit)
    if not status.allowed:
        raise TooFast(max(1, round(status.resets_in)))
    if method.scope is not None:
        call.need(method.scope)
    return call


def charset_warning(request: Request) -> str | None:
    """What Slack remarks on a content type: JSON should say its charset, a form should not.

    The first: slack-samples/javascript-announcement-bot#13, the second: slackapi/python-slack-sdk#692, both
    read 2026-11-30.
    """
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    says_charset = "charset" in parameters.lower()
    if kind.strip().lower() == "application/json" and not says_charset:
        return "missing_charset"
    return "superfluous_charset" if kind.strip().lower() in FORMS and says_charset else None


def _warned(body: Json, warning: str | None) -> Json:
    """An answer with a warning beside those that it has."""
    if warning is None:
        return body
    metadata = body.get("response_metadata", {})
    warnings = [*metadata.get("warnings", ()), warning]
    return {
        **body,
        "warning": ",".join(warnings),
        "response_metadata": {**metadata, "warnings": warnings},
    }


async def _arguments(request: Request) -> Json:
    fields: Json = {name: value for name, value in request.query_params.items() if name != TOKEN}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = read_json(await request.body() or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return fields | {name: value for name, value in body.items() if name != TOKEN}
    if kind in FORMS:
        try:
            form = await read_form(request)
        except ValueError:
            raise SlackError("invalid_form_data") from None
        return fields | {name: str(value) for name, value in form.items()}
    return fields


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return ("", "")
    return unquote(name), unquote(secret)


def _authenticated(simulator: Simulator, request: Request, args: Json) -> tuple[str, Json]:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    token = value.strip() if kind.lower() == "bearer" else str(args.get("token") or "")
    if not token:
        raise SlackError("not_authed")
    grant = simulator.grants.tokens.get(token)
    if grant is None or grant["kind"] != "access":
        raise SlackError("invalid_auth")
    if grant.get("revoked"):
        raise SlackError("token_revoked")
    if simulator.grants.live(token, "access") is None:
        raise SlackError("token_expired")
    return token, grant
