"""The page of insights, and its figures as CSV."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.faces.web.insights import presenter
from fluxstudio.faces.web.shell.downloads import csv_file
from fluxstudio.faces.web.shell.paths import INSIGHTS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.insights.ranges import RANGES, InsightRange
from fluxstudio.flows.insights.report import Insights, insights

router = APIRouter(include_in_schema=False)

USUAL_RANGE = "7d"


@router.get(INSIGHTS)
async def page(request: Request) -> Response:
    """The figures of `range`, of everyone where an administrator has not asked for `scope=mine`."""
    visit = await Visit.of(request)
    report = await _report(visit)
    return await visit.page(
        presenter.page(report, visit.services.registry, choose_scope=visit.actor.is_admin)
    )


@router.get(f"{INSIGHTS}.csv")
async def download(request: Request) -> Response:
    """The same figures as CSV."""
    visit = await Visit.of(request)
    report = await _report(visit)
    name = f"insights-{report.range.name}.csv"
    return csv_file(name, presenter.CSV_COLUMNS, presenter.csv_rows(report))


async def _report(visit: Visit) -> Insights:
    query = visit.request.query_params
    wanted: InsightRange = RANGES.get(query.get("range", ""), RANGES[USUAL_RANGE])
    return await insights(visit.services, visit.actor, wanted, everyone=query.get("scope") != "mine")
