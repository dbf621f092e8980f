"""Each request leaves a line, and all lines of a request can be found by its ids."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from fluxstudio.faces.middleware.headers import SecurityHeaders
from fluxstudio.faces.middleware.pipeline import Pipeline
from fluxstudio.faces.middleware.request_log import Level, request_log
from fluxstudio.kit.trace import current_ids

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def asked(
    level: Level, traceparent: str = "", lowest: str = "debug"
) -> tuple[list[Any], dict[str, Any], dict[str, str]]:
    """What is logged of a request, the ids that lines within it have, and the headers of its answer."""
    ids: dict[str, Any] = {}
    headers: dict[str, str] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        ids.update(current_ids())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def send(message: Any) -> None:
        headers.update({name.decode(): value.decode() for name, value in message.get("headers", ())})

    scope = {"type": "http", "method": "GET", "path": "/api/providers", "query_string": b"code=secret"}
    scope |= {"client": ("192.0.2.7", 1), "headers": [(b"traceparent", traceparent.encode())]}
    with capture_logs() as lines:
        stages = [*request_log(level, lowest), SecurityHeaders("http://here")]
        await Pipeline(app, stages)(scope, None, send)  # type: ignore[arg-type]
    return lines, ids, headers


async def test_a_request_leaves_one_line_without_its_query() -> None:
    lines, ids, headers = await asked("info")
    assert ids["request"] == headers["x-request-id"]
    (line,) = lines
    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/api/providers",
        "status": 204,
        "address": "192.0.2.7",
    }
    assert (await asked("off"))[0] == []
    assert (await asked("debug", lowest="info"))[0] == []


@pytest.mark.parametrize(
    ("traceparent", "trace"),
    [
        (f"00-{TRACE}-b7ad6b7169203331-01", TRACE),
        (f"01-{TRACE}-b7ad6b7169203331-01-more", TRACE),
        (f"ff-{TRACE}-b7ad6b7169203331-01", None),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", None),
        (f"00-{TRACE.upper()}-b7ad6b7169203331-01", None),
        ("00-short", None),
    ],
)
async def test_the_trace_of_a_caller_is_in_every_line_where_it_is_one(
    traceparent: str, trace: str | None
) -> None:
    _, ids, _ = await asked("debug", traceparent)
    if trace is not None:
        assert ids["trace"] == trace
    else:
        # A trace of its own, so that what the request leads to can be found.
        assert len(ids["trace"]) == 32
        assert ids["trace"].lower() != TRACE
