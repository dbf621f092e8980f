"""Where the plugin for Figma posts variables, from a page without an origin, with a code that works once."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from fluxstudio.errors import InvalidRequest, InvalidToken
from fluxstudio.faces.api.connections import errors
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.api.schemas.design_tokens import ImportAnswer
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.middleware.bodies import PLUGIN_MESSAGE, reads
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.flows.design_tokens.syncs import sources

router = APIRouter(prefix="/api/design-tokens/imports", tags=["Design tokens"], responses=errors)

Code = Annotated[str, Header(alias="x-import-code", description="The code.", max_length=100)]
BODY = {
    "security": [],
    "requestBody": {
        "required": True,
        "description": "`{variables, variableCollections}`, as Figma's API names them.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
}


@router.post(
    "", response_model=ImportAnswer, status_code=201, operation_id="import_variables", openapi_extra=BODY
)
@reads(PLUGIN_MESSAGE)
async def import_variables(request: Request, code: Code = "") -> Response:
    """Take in what the plugin read. The code is used up once its variables are stored."""
    services = services_of(request)
    await authenticator_of(request).count(request, None)
    try:
        await sources.require_code(services, code)
    except InvalidToken:
        await services.inbound_limits.forged(address_of(request), "import-code")
        raise
    message = await asyncio.to_thread(_message, await request.body())
    sync_id, variables = await sources.receive(services, code, message)
    url = f"{services.settings.base_url}/design-tokens/{sync_id}"
    return json_answer(ImportAnswer(variables=variables, url=url), 201)


def _message(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise InvalidRequest("Send the variables as a JSON object.", {"body": "is not a JSON object"})
    return message
