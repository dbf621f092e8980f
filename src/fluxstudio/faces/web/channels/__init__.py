"""A workspace's channels, and writing to them."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.channels import compose, routes, upload
from fluxstudio.faces.web.shell.family import Family

router = APIRouter()
for module in (routes, upload, compose):
    router.include_router(module.router)

family = Family(router=router)
