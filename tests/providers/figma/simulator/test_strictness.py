"""What the simulated Figma refuses because Figma does, and what other clients need of it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from fluxstudio.providers.figma.simulator import seed
from fluxstudio.providers.figma.simulator.endpoints import ENDPOINTS
from tests.providers.figma.conftest import EVERYTHING, FLOW, Sandbox
from tests.providers.figma.simulator.calls import request
from tests.support.pins import FIGMA


def test_every_call_needs_the_scopes_of_figmas_own_document() -> None:
    paths: dict[str, Any] = yaml.load(FIGMA.read_text(), Loader=yaml.CSafeLoader)["paths"]
    for endpoint in ENDPOINTS:
        security = paths[endpoint.path][endpoint.method.lower()]["security"]
        scopes = {scope for way in security for scope in way.get("OAuth2", way.get("OrgOAuth2", ()))}
        assert endpoint.scopes == scopes, endpoint.path


async def test_a_personal_token_opens_what_its_scopes_do(sandbox: Sandbox) -> None:
    control = f"{sandbox.simulator.url('web')}/_control/personal_tokens"
    made = await sandbox.browser.post(control, json={"user": seed.ADA, "scopes": ["files:read"]})
    personal = {"x-figma-token": made.json()["token"]}
    assert (await request(sandbox, "GET", "/v1/me", "", **personal)).status_code == 200
    assert (await request(sandbox, "GET", f"/v1/files/{FLOW}", "", **personal)).status_code == 200
    assert (await request(sandbox, "GET", "/v2/webhooks", "", **personal)).status_code == 403
    assert (await request(sandbox, "GET", "/v1/me", personal["x-figma-token"])).status_code == 403


@pytest.mark.parametrize("missing", ["scope", "state"])
async def test_scope_and_state_are_required_at_the_consent_page(sandbox: Sandbox, missing: str) -> None:
    query = {
        "client_id": sandbox.simulator.app_id,
        "redirect_uri": "http://127.0.0.1:9/callback",
        "response_type": "code",
        "scope": "current_user:read",
        "state": "s",
    }
    del query[missing]
    page = await sandbox.browser.get(f"{sandbox.simulator.url('web')}/oauth", params=query)
    assert (page.status_code, f"{missing} is required" in page.text) == (400, True)


async def test_an_app_proves_itself_by_basic_authentication_only(sandbox: Sandbox) -> None:
    app = {"client_id": sandbox.simulator.app_id, "client_secret": sandbox.simulator.app_secret}
    form = {**app, "grant_type": "refresh_token", "refresh_token": "x"}
    answer = await sandbox.browser.post(f"{sandbox.simulator.url('api')}/v1/oauth/token", data=form)
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid client credentials")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"/v1/files/{FLOW}/comments", {"message": "x", "client_meta": "here"}),
        ("POST", f"/v1/files/{FLOW}/comments", {"message": "x", "client_meta": {"x": "1", "y": 2}}),
        (
            "POST",
            f"/v1/files/{FLOW}/comments",
            {"message": "x", "client_meta": {"node_id": "no:1", "node_offset": {"x": 1, "y": 2}}},
        ),
        ("GET", f"/v1/images/{FLOW}?ids=1:1&format=bmp", None),
        ("GET", f"/v1/images/{FLOW}?ids=1:1&scale=99", None),
        ("GET", f"/v1/images/{FLOW}?ids=1:1&svg_include_id=yes", None),
        ("GET", f"/v1/files/{FLOW}/versions?page_size=x", None),
        ("GET", f"/v1/files/{FLOW}?geometry=lines", None),
        ("GET", f"/v1/files/{FLOW}?depth=0", None),
        ("GET", f"/v1/files/{FLOW}?branch_data=perhaps", None),
        ("GET", f"/v1/files/{FLOW}?plugin_data=all", None),
        ("GET", f"/v1/files/{FLOW}/nodes?ids=0:2&depth=-1", None),
        ("GET", f"/v1/teams/{seed.HARBOUR}/components?page_size=1001", None),
        ("POST", "/v1/dev_resources", {"dev_resources": [{"name": "x"}]}),
        ("POST", "/v2/webhooks", {"status": "BOGUS"}),
        ("POST", "/v2/webhooks", {"description": ["a"]}),
    ],
)
async def test_what_is_not_of_figmas_schemas_is_refused(
    loose: Sandbox, method: str, path: str, body: Any
) -> None:
    further = ("team_library_content:read", "file_dev_resources:write")
    token = (await loose.connect(scopes=(*EVERYTHING, *further))).access_token
    if path == "/v2/webhooks":
        place = {"context": "file", "context_id": FLOW, "event_type": "FILE_UPDATE"}
        body = {**place, "endpoint": "http://127.0.0.1:9/", "passcode": "x", **body}
    assert (await request(loose, method, path, token, body)).status_code == 400


async def test_a_comment_is_deleted_by_who_wrote_it(sandbox: Sandbox) -> None:
    token = (await sandbox.connect(scopes=EVERYTHING)).access_token
    comments = f"/v1/files/{FLOW}/comments"
    made = (await request(sandbox, "POST", comments, token, {"message": "x"})).json()
    assert (await request(sandbox, "DELETE", f"{comments}/{made['id']}", token)).status_code == 200
    listed = (await request(sandbox, "GET", comments, token)).json()["comments"]
    assert made["id"] not in {entry["id"] for entry in listed}


async def test_a_webhook_is_changed(loose: Sandbox) -> None:
    """The document requires a team_id that is not among its properties."""
    token = (await loose.connect(scopes=EVERYTHING)).access_token
    place = {"context": "file", "context_id": FLOW}
    hook = {"event_type": "FILE_UPDATE", "endpoint": "http://127.0.0.1:9/", "passcode": "x"}
    created = (await request(loose, "POST", "/v2/webhooks", token, {**place, **hook})).json()
    path = f"/v2/webhooks/{created['id']}"
    paused = await request(loose, "PUT", path, token, {**hook, "status": "PAUSED"})
    assert paused.json()["status"] == "PAUSED"
    assert (await request(loose, "PUT", path, token, {"status": "PAUSED"})).status_code == 400
