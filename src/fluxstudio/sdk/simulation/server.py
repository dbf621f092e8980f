"""Serving simulators: all of them on one loopback port, each below its provider's real host names."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fluxstudio.sdk.simulation.simulator import Simulator

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def simulation(simulators: Sequence[Simulator], base: str, *, real_names: bool = False) -> ASGIApp:
    """The ASGI app of several simulators; `base` is the address it will be reached at.

    Requests addressed to anything but a loopback name are refused, so no web page elsewhere can reach in.
    With `real_names` the providers' own names are taken as well, each for its host, and links lead to them.
    """
    by_host: dict[str, Simulator] = {}
    for simulator in simulators:
        simulator.base = base
        simulator.has_real_names = real_names
        by_host.update(dict.fromkeys(simulator.hosts.values(), simulator))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        host_header = next(
            (value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), ""
        )
        name = host_header if host_header.endswith("]") else host_header.partition(":")[0]
        if real_names and name in by_host:
            scope = below(name, scope)
        elif host_header.rpartition(":")[0] not in LOOPBACK and host_header not in LOOPBACK:
            await PlainTextResponse("Simulators answer on the loopback only.", 421)(scope, receive, send)
            return
        if (why := _refused(scope)) is not None:
            await PlainTextResponse(why, 403)(scope, receive, send)
            return
        if scope["path"] == "/favicon.ico":
            await Response(status_code=204)(scope, receive, send)
            return
        simulator = by_host.get(scope["path"].strip("/").partition("/")[0])
        if simulator is None:
            names = ", ".join(sorted(by_host))
            await PlainTextResponse(f"Simulated hosts: {names}", 404)(scope, receive, send)
            return
        await simulator.faults(scope, receive, send)

    return app


def below(host: str, scope: Scope) -> Scope:
    """A request to a provider's own name, as one to the simulators that names the host in its path."""
    raw = scope.get("raw_path")
    raw_path = f"/{host}".encode() + (raw if raw is not None else scope["path"].encode())
    return {**scope, "path": f"/{host}{scope['path']}", "raw_path": raw_path}


def _refused(scope: Scope) -> str | None:
    """Why a request below `/_control` is refused that the page of some other site may have made.

    Browsers say where a request comes from; those that do not still let a foreign page send forms only, which
    are never JSON.
    """
    if "/_control" not in scope["path"]:
        return None
    headers = Headers(scope=scope)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    own = {f"http://{headers.get('host')}", f"https://{headers.get('host')}"}
    if site not in {"none", "same-origin"} or (origin is not None and origin not in own):
        return "A page of another site has no say here."
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return "Send JSON here, with Content-Type: application/json."
    return None
