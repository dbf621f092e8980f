from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from fluxstudio.providers.figma.addresses import read_address
from fluxstudio.providers.figma.simulator.endpoints import ENDPOINTS
from fluxstudio.providers.figma.simulator.seed import FILES, HARBOUR, MEI, PINE_LABS, PROJECTS, TEAMS, TOMAS
from tests.providers.figma.conftest import EVERYTHING, FLOW, FOUNDATIONS, ICONS, Sandbox, run
from tests.providers.figma.simulator.calls import call, token_of
from tests.support.pins import figma_document

WAYS = {
    "team_id": HARBOUR,
    "project_id": "318204401",
    "file_key": FLOW,
    "webhook_id": "3901",
    "comment_id": "1",
    "dev_resource_id": "1",
    "key": "none",
}
FURTHER_SCOPES = (
    *("team_library_content:read", "library_assets:read", "project_metadata:read"),
    *("file_dev_resources:read", "file_dev_resources:write"),
)


def test_scopes_are_those_of_figmas_document() -> None:
    for endpoint in ENDPOINTS:
        node = figma_document().document["paths"][endpoint.path][endpoint.method.lower()]
        wanted = next(entry["OAuth2"] for entry in node["security"] if "OAuth2" in entry)
        assert endpoint.scope in wanted, endpoint.path


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
async def test_every_endpoint_refuses_as_figmas_document_says(sandbox: Sandbox, endpoint: Any) -> None:
    path = endpoint.path.format(**WAYS)
    if endpoint.path in {"/v1/files/{file_key}/nodes", "/v1/images/{file_key}"}:
        path += "?ids=0:2"
    if (endpoint.method, path.rpartition("/")[2]) == ("DELETE", "reactions"):
        path += "?emoji=:eyes:"
    body = BODIES.get((endpoint.method, endpoint.path))
    dead = await call(sandbox, "figu_made_up_for_tests", path, endpoint.method, body)
    assert dead.status_code == 403
    assert "Invalid token" in dead.text
    poor = await call(sandbox, await token_of(sandbox, "library_analytics:read"), path, endpoint.method, body)
    assert f"requires the {endpoint.scope} scope" in poor.text
    await sandbox.control("limits", {"bucket": f"tier{endpoint.tier}", "calls": 0, "seconds": 60})
    everything = (*EVERYTHING, *FURTHER_SCOPES)
    dry = await call(sandbox, await token_of(sandbox, *everything), path, endpoint.method, body)
    if endpoint.path == "/v2/webhooks" and endpoint.method == "GET":
        # The document forgets that listing webhooks is limited like every other call.
        sandbox.pinned.violations.clear()
    if (endpoint.method, endpoint.path) == ("PUT", "/v2/webhooks/{webhook_id}"):
        # The document requires a team_id that is not among its properties.
        sandbox.pinned.violations.clear()
    assert dry.status_code == 429
    assert int(dry.headers["retry-after"]) >= 1
    assert {"x-figma-plan-tier", "x-figma-rate-limit-type", "x-figma-upgrade-link"} <= set(dry.headers)


WEBHOOK = {
    "event_type": "FILE_UPDATE",
    "context": "file",
    "context_id": FLOW,
    "endpoint": "https://example.com/hook",
    "passcode": "a passcode made up for tests",
}
LINK = {"name": "x", "url": "https://example.com", "file_key": FLOW, "node_id": "0:2"}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v2/webhooks"): WEBHOOK,
    ("PUT", "/v2/webhooks/{webhook_id}"): {
        name: WEBHOOK[name] for name in ("event_type", "endpoint", "passcode")
    },
    ("POST", "/v1/files/{file_key}/comments"): {"message": "x"},
    ("POST", "/v1/files/{file_key}/comments/{comment_id}/reactions"): {"emoji": ":eyes:"},
    ("POST", "/v1/dev_resources"): {"dev_resources": [LINK]},
    ("PUT", "/v1/dev_resources"): {"dev_resources": [{"id": "1"}]},
}


async def test_the_budget_comes_back_as_time_passes(sandbox: Sandbox) -> None:
    token = await token_of(sandbox)
    await sandbox.control("limits", {"bucket": "tier3", "calls": 2, "seconds": 60})
    answers = [(await call(sandbox, token, "/v1/me")).status_code for _ in range(3)]
    await sandbox.control("clock", {"advance": 61})
    assert [*answers, (await call(sandbox, token, "/v1/me")).status_code] == [200, 200, 429, 200]


async def test_people_see_the_files_of_their_own_teams_only(sandbox: Sandbox) -> None:
    token = await token_of(sandbox, who=MEI)
    for path, status in (
        (f"/v1/files/{FLOW}/meta", 200),
        (f"/v1/files/{ICONS}/meta", 404),
        (f"/v1/files/{ICONS}/comments", 404),
        (f"/v1/files/{ICONS}/components", 404),
        (f"/v1/teams/{PINE_LABS}/projects", 403),
        ("/v1/projects/318204410/files", 403),
    ):
        assert (await call(sandbox, token, path)).status_code == status, path


@pytest.mark.parametrize("key", FILES)
async def test_every_file_is_one_figma_could_have_answered(sandbox: Sandbox, key: str) -> None:
    token = await token_of(sandbox)
    for part in ("", "/meta", "/components", "/styles", "/versions", "/comments", "/images"):
        assert (await call(sandbox, token, f"/v1/files/{key}{part}")).status_code == 200


async def test_webhooks_have_figmas_limits(sandbox: Sandbox) -> None:
    token = await token_of(sandbox)
    statuses = [(await call(sandbox, token, "/v2/webhooks", "POST", WEBHOOK)).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 400]
    team = {**WEBHOOK, "context": "team", "context_id": HARBOUR}
    assert (await call(sandbox, token, "/v2/webhooks", "POST", team)).status_code == 403
    for wrong in (
        {"event_type": "PING"},
        {"passcode": "x" * 101},
        {"endpoint": "nowhere"},
        {"context": "world"},
    ):
        answer = await call(
            sandbox, token, "/v2/webhooks", "POST", WEBHOOK | {"context_id": FOUNDATIONS} | wrong
        )
        assert answer.status_code == 400, wrong
        assert answer.json()["error"] is True
    listed = await call(sandbox, token, f"/v2/webhooks?context=file&context_id={FLOW}")
    assert [entry["passcode"] for entry in listed.json()["webhooks"]] == ["", "", ""]


async def test_the_file_browser_shows_every_team_with_addresses_to_copy(sandbox: Sandbox) -> None:
    web = sandbox.simulator.url("web")
    page = (await sandbox.browser.get(f"{web}/files")).text
    addresses = set(re.findall(r'data-copy="([^"]+)"', page))
    read = [read_address(address, web) for address in addresses]
    assert {entry.id for entry in read} == {*TEAMS, *PROJECTS, *FILES}
    for address in addresses:
        assert (await sandbox.browser.get(address)).status_code == 200, address


async def test_a_posted_comment_can_be_seen_on_the_files_page(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "post_comment", fileKey=FLOW, message="<b>Ahoy</b> from a test")
    page = (await sandbox.browser.get(f"{sandbox.simulator.url('web')}/design/{FLOW}/Flow")).text
    assert "&lt;b&gt;Ahoy&lt;/b&gt; from a test" in page
    assert "Tidewater · Booking flow" in page


async def test_addresses_of_what_is_not_there_say_so(sandbox: Sandbox) -> None:
    web = sandbox.simulator.url("web")
    for path in ("/design/nope/x", "/files/team/1/x", "/files/project/1"):
        assert (await sandbox.browser.get(web + path)).status_code == 404


async def test_pictures_are_whole_svgs_that_load_nothing(sandbox: Sandbox) -> None:
    api = await sandbox.api(TOMAS)
    token = await token_of(sandbox)
    addresses = [f"{sandbox.simulator.url('images')}/thumbnails/{key}.svg" for key in FILES]
    components = (await call(sandbox, token, "/v1/files/DriftwoodComponents001/components")).json()
    styles = (await call(sandbox, token, f"/v1/files/{FOUNDATIONS}/styles")).json()
    addresses += [entry["thumbnail_url"] for entry in components["meta"]["components"]]
    addresses += [entry["thumbnail_url"] for entry in styles["meta"]["styles"]]
    addresses.append(str(api.account.avatar_url))
    for address in addresses:
        picture = await sandbox.browser.get(address)
        assert picture.headers["content-type"] == "image/svg+xml"
        assert ElementTree.fromstring(picture.text).tag == "{http://www.w3.org/2000/svg}svg"
        assert "href" not in picture.text
        assert "url(http" not in picture.text
    assert (
        await sandbox.browser.get(f"{sandbox.simulator.url('images')}/thumbnails/x.svg")
    ).status_code == 404
