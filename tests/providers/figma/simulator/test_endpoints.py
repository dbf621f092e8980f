"""Calls of the simulated Figma that other clients make, each held against Figma's own document."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator import seed
from tests.providers.figma.conftest import FLOW, FOUNDATIONS, ICONS, Sandbox
from tests.providers.figma.simulator.calls import request

SCOPES = sorted(
    {"file_content:read", "file_versions:read", "file_comments:read", "file_comments:write"}
    | {"file_variables:read", "file_dev_resources:read", "file_dev_resources:write", "projects:read"}
    | {"library_content:read", "library_assets:read", "team_library_content:read", "project_metadata:read"}
    | {"webhooks:read", "webhooks:write"}
)


async def entrant(sandbox: Sandbox) -> Any:
    """Calls with a token of Ada's that opens everything: answers are 200 where nothing else is expected."""
    token = (await sandbox.connect(scopes=tuple(SCOPES))).access_token

    async def asked(method: str, path: str, status: int = 200, body: Any = None) -> Any:
        answer = await request(sandbox, method, path, token, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    return asked


async def test_vectors_come_only_where_geometry_asks_for_them(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    plain = str(await asked("GET", f"/v1/files/{ICONS}"))
    whole = str(await asked("GET", f"/v1/files/{ICONS}?geometry=paths"))
    assert ("Geometry" in plain, "Geometry" in whole) == (False, True)


async def test_depth_version_and_branches_are_honoured(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    versions = (await asked("GET", f"/v1/files/{FLOW}/versions?page_size=3"))["versions"]
    earlier = versions[2]
    file = await asked("GET", f"/v1/files/{FLOW}?version={earlier['id']}&depth=1&branch_data=true")
    assert (file["version"], file["lastModified"], file["branches"]) == (
        earlier["id"],
        earlier["created_at"],
        [],
    )
    page = file["document"]["children"][0]
    assert page["children"] == []
    nodes = await asked("GET", f"/v1/files/{FLOW}/nodes?ids={page['id']}&depth=1")
    assert all(not child.get("children") for child in nodes["nodes"][page["id"]]["document"]["children"])
    await asked("GET", f"/v1/files/{FLOW}?version=1", 404)


async def test_versions_are_walked_both_ways(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    path = f"/v1/files/{FLOW}/versions?page_size=2"
    first = await asked("GET", path)
    second = await asked("GET", f"{path}&before={first['versions'][-1]['id']}")
    back = await asked("GET", f"{path}&after={second['versions'][0]['id']}")
    assert back["versions"] == first["versions"]
    assert "prev_page" in second["pagination"]


async def test_a_teams_library_is_read_in_pages_and_each_of_it_by_its_key(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    whole = (await asked("GET", f"/v1/teams/{seed.HARBOUR}/components?page_size=1000"))["meta"]["components"]
    page = (await asked("GET", f"/v1/teams/{seed.HARBOUR}/components?page_size=2"))["meta"]
    following = page["cursor"]["after"]
    rest = (await asked("GET", f"/v1/teams/{seed.HARBOUR}/components?after={following}"))["meta"]
    assert [entry["key"] for entry in [*page["components"], *rest["components"]]] == [
        entry["key"] for entry in whole
    ]
    one = (await asked("GET", f"/v1/components/{whole[0]['key']}"))["meta"]
    assert one == whole[0]
    await asked("GET", "/v1/components/none", 404)
    styles = (await asked("GET", f"/v1/teams/{seed.HARBOUR}/styles"))["meta"]["styles"]
    assert (await asked("GET", f"/v1/styles/{styles[0]['key']}"))["meta"] == styles[0]


async def test_component_sets_are_those_of_the_document(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    assert (await asked("GET", f"/v1/files/{ICONS}/component_sets"))["meta"]["component_sets"] == []
    page = sandbox.simulator.world.data["files"][ICONS]["document"]["children"][0]
    page["children"][0]["children"].append({"id": "9:9", "type": "COMPONENT_SET", "name": "Pin"})
    [entry] = (await asked("GET", f"/v1/teams/{seed.PINE_LABS}/component_sets"))["meta"]["component_sets"]
    assert (await asked("GET", f"/v1/component_sets/{entry['key']}"))["meta"] == entry


async def test_published_variables_are_those_of_a_library(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    published = (await asked("GET", f"/v1/files/{FOUNDATIONS}/variables/published"))["meta"]
    local = (await asked("GET", f"/v1/files/{FOUNDATIONS}/variables/local"))["meta"]
    assert published["variables"].keys() == local["variables"].keys() != set()
    assert (await asked("GET", f"/v1/files/{FLOW}/variables/published"))["meta"]["variables"] == {}


async def test_reactions_to_a_comment_come_and_go(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    comment = (await asked("GET", f"/v1/files/{FLOW}/comments"))["comments"][2]["id"]
    path = f"/v1/files/{FLOW}/comments/{comment}/reactions"
    await asked("POST", path, body={"emoji": ":heart:"})
    assert [entry["emoji"] for entry in (await asked("GET", path))["reactions"]] == [":heart:"]
    await asked("POST", path, 400, {"emoji": "heart"})
    await asked("DELETE", f"{path}?emoji=:heart:")
    await asked("DELETE", f"{path}?emoji=:heart:", 404)


async def test_dev_resources_are_left_on_nodes(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    node = (await asked("GET", f"/v1/files/{FLOW}?depth=1"))["document"]["children"][0]["id"]
    link = {"name": "Build", "url": "https://build.example/1", "file_key": FLOW, "node_id": node}
    made = await asked("POST", "/v1/dev_resources", body={"dev_resources": [link, link]})
    assert [entry["error"] for entry in made["errors"]] == ["Node already has a dev resource with this url"]
    key = made["links_created"][0]["id"]
    changes = {"dev_resources": [{"id": key, "name": "Built"}, {"id": "0", "name": "x"}]}
    changed = await asked("PUT", "/v1/dev_resources", body=changes)
    # The document has the answer to POST in this place, beside the words for the right one.
    sandbox.pinned.violations.clear()
    assert ([entry["name"] for entry in changed["links_updated"]], len(changed["errors"])) == (["Built"], 1)
    listed = (await asked("GET", f"/v1/files/{FLOW}/dev_resources?node_ids={node}"))["dev_resources"]
    assert [entry["id"] for entry in listed] == [key]
    await asked("DELETE", f"/v1/files/{FLOW}/dev_resources/{key}")
    await asked("DELETE", f"/v1/files/{FLOW}/dev_resources/{key}", 404)


async def test_projects_and_webhooks_of_a_team_are_told_of(sandbox: Sandbox) -> None:
    asked = await entrant(sandbox)
    assert (await asked("GET", "/v1/projects/318204402/meta"))["file_count"] == 2
    hook = {"event_type": "FILE_UPDATE", "endpoint": "http://127.0.0.1:9/", "passcode": "x"}
    place = {"context": "team", "context_id": seed.HARBOUR}
    made = await asked("POST", "/v2/webhooks", body={**hook, **place})
    listed = (await asked("GET", f"/v2/teams/{seed.HARBOUR}/webhooks"))["webhooks"]
    assert [entry["id"] for entry in listed] == [made["id"]]
    of_plan = await asked("GET", f"/v2/webhooks?plan_api_id=team:{seed.HARBOUR}")
    assert made["id"] in {entry["id"] for entry in of_plan["webhooks"]}


async def test_the_former_address_of_the_token_endpoint_still_answers(sandbox: Sandbox) -> None:
    """django-allauth and passport-figma send there."""
    app = (sandbox.simulator.app_id, sandbox.simulator.app_secret)
    url = f"{sandbox.simulator.url('web')}/api/oauth/token"
    answer = await sandbox.browser.post(url, data={"grant_type": "authorization_code"}, auth=app)
    assert (answer.status_code, answer.json()["message"]) == (400, "Parameter code is required")
