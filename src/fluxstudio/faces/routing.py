"""How an app comes to its routes."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI


def add_routes(app: FastAPI, *routers: APIRouter) -> None:
    """Have an app answer the routes of these routers, in this order.

    Routes are built once in a process, when their module is imported. `include_router`, which could also give
    them a prefix, builds them again for each app, at the first request that passes by.
    """
    for router in routers:
        app.router.routes.extend(router.routes)
