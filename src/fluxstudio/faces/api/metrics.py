"""The product's figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from fluxstudio.core.metrics import counters
from fluxstudio.core.metrics.cluster import families
from fluxstudio.errors import AdminRequired
from fluxstudio.faces.api.schemas.common import ErrorAnswer
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.middleware.hosts import on_this_machine
from fluxstudio.kit.signatures import same

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The figures, in the format that was asked for.",
        "content": {
            kind: {"schema": {"type": "string"}} for kind in ("text/plain", "application/openmetrics-text")
        },
    },
    **{
        status: {"model": ErrorAnswer, "description": "See `code` and `error`."} for status in (401, 403, 429)
    },
}

router = APIRouter(tags=["Health"])


class _ClusterCollector(Collector):
    def __init__(self, ours: Iterable[Metric]) -> None:
        self._ours = list(ours)

    def collect(self) -> Iterator[Metric]:
        yield from counters.registry.collect()
        yield from self._ours


@router.get(
    "/metrics",
    openapi_extra={"security": []},
    response_class=Response,
    responses=ANSWERS,
    operation_id="get_metrics",
)
async def metrics(request: Request) -> Response:
    """Figures of this process and of the database, in Prometheus' format.

    For programs on this machine, for whoever sends `Authorization: Bearer` with METRICS_TOKEN, and for
    administrators.
    """
    services = services_of(request)
    if not (on_this_machine(request) or _has_token(request)):
        actor = await authenticator_of(request).actor(request)
        if not actor.is_admin:
            raise AdminRequired
    snapshot = await services.cluster_metrics.snapshot()
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    return Response(
        encode(_ClusterCollector(families(snapshot, services.db))), headers={"content-type": kind}
    )


def _has_token(request: Request) -> bool:
    token = services_of(request).settings.metrics_token
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return same(sent.strip(), token.get_secret_value())
