"""Insights: connections, calls, events and automations over time."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from fluxstudio.errors import AdminRequired
from fluxstudio.faces.api.connections import Caller, errors
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.api.schemas.insights import InsightsAnswer
from fluxstudio.faces.authentication import services_of
from fluxstudio.flows.insights import report
from fluxstudio.flows.insights.ranges import RANGES, RangeName

router = APIRouter(prefix="/api/insights", tags=["Insights"], responses=errors)

WantedRange = Annotated[
    RangeName, Query(alias="range", description="How far back, in steps of an hour up to 7d, else of a day.")
]
WantedScope = Annotated[
    Literal["mine", "everyone"] | None,
    Query(description="Your own figures or everyone’s. Only administrators see, and get, everyone’s."),
]


@router.get("", response_model=InsightsAnswer, operation_id="get_insights")
async def insights(
    request: Request, actor: Caller, wanted: WantedRange = "7d", scope: WantedScope = None
) -> Response:
    """What happened in a range that ends now, beside the range before."""
    if scope == "everyone" and not actor.is_admin:
        raise AdminRequired
    answer = await report.insights(services_of(request), actor, RANGES[wanted], everyone=scope != "mine")
    return json_answer(InsightsAnswer.of(answer))
