"""Calling the simulated Web API: arguments, token, scopes, limits, and answers in Slack's shape."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fluxstudio.sdk import Limit
from fluxstudio.sdk.simulation.bodies import read_form, read_json

if TYPE_CHECKING:
    from fluxstudio.providers.slack.simulator import SlackSimulator

Json = dict[str, Any]

# The published limits of Slack, ten times as generous, so that trying things out does not hit them by chance.
TIER_2, TIER_3, TIER_4 = Limit(200, 60), Limit(500, 60), Limit(1000, 60)


class SlackError(Exception):
    """A call is answered `ok: false` with this code and further keys."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class SlackCall:
    """One call of a method: its arguments and, where it needs one, the token it came with."""

    simulator: SlackSimulator
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
    """A method of the Web API. `scope` is needed to call it; `open` ones take no token."""

    run: Callable[[SlackCall], Json]
    limit: Limit = TIER_3
    scope: str | None = None
    open: bool = False
    each: str = ""


async def answer(simulator: SlackSimulator, methods: Mapping[str, Method], request: Request) -> Response:
    """Answer one request to `/api/{method}`."""
    name = request.path_params["method"]
    try:
        method = methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        args = await _arguments(request)
        if method.open:
            result = method.run(SlackCall(simulator, args, basic=_basic(request)))
        else:
            token, grant = _authenticated(simulator, request, args)
            call = SlackCall(simulator, args, token=token, grant=grant)
            key = f"{grant['account']}:{call.text(method.each)}"
            status = simulator.budgets.spend(name, key, method.limit)
            if not status.allowed:
                wait = str(max(1, round(status.resets_in)))
                return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"retry-after": wait})
            if method.scope is not None:
                call.need(method.scope)
            result = method.run(call)
    except SlackError as error:
        return JSONResponse({"ok": False, "error": error.code, **error.details})
    simulator.world.save()
    return JSONResponse({"ok": True, **result})


async def _arguments(request: Request) -> Json:
    fields: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = read_json(await request.body() or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return fields | body
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
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


def _authenticated(simulator: SlackSimulator, request: Request, args: Json) -> tuple[str, Json]:
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
