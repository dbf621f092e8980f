"""Where variables come from without Figma's Enterprise plan: files, a folder of a repository, the plugin."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2

from fluxstudio.providers.figma.simulator.designs.variables import variables
from fluxstudio.providers.figma.simulator.exporting import exported_modes
from tests.support.running import Running
from tests.support.token_syncs import (
    FOUNDATIONS,
    REPOSITORY,
    SYNCS,
    connected,
    file_at,
    made,
    ran,
    repository_of,
)

IMPORTS = "/api/design-tokens/imports"
FOLDER = "design/figma"
PLUGIN = {"origin": "null", "content-type": "application/json"}


def with_plan(product: Running, plan: str) -> None:
    simulator: Any = product.simulators["figma"]
    world = simulator.world.data
    team = world["projects"][world["files"][FOUNDATIONS]["project"]]["team"]
    world["teams"][team]["plan"] = plan


def files(*collections: str) -> list[dict[str, Any]]:
    exported = exported_modes(variables())
    chosen = [name for name in exported if not collections or name.split("/")[0] in collections]
    return [{"name": name, "content": exported[name]} for name in chosen]


async def preview(ada: httpx2.AsyncClient, sync: dict[str, Any]) -> dict[str, Any]:
    answer = await ada.post(f"{SYNCS}/{sync['id']}/preview")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def paths(seen: dict[str, Any]) -> set[str]:
    return {change["path"] for change in seen["changes"]}


async def test_exported_files_bring_variables_where_the_plan_has_only_styles(running: Running) -> None:
    ada = await connected(running)
    with_plan(running, "pro")
    sync = await made(ada)
    styles = await preview(ada, sync)
    assert (styles["refused"], "Palette.Coral.500" in paths(styles)) == ("plan", False)
    by_files = await ada.post(f"{SYNCS}/{sync['id']}/exports", json={"files": files()})
    assert (by_files.status_code, by_files.json()["source"]["kind"]) == (200, "upload"), by_files.text
    whole = await preview(ada, sync)
    assert (whole["complete"], whole["refused"]) == (True, None)
    assert {"Palette.Coral.500", "Roles.page", "Sizes.space.small"} <= paths(whole)
    first = await ran(ada, sync)
    proposed = json.loads(await file_at(ada, branch=f"fluxstudio/tokens-{sync['id'][:8]}"))
    assert proposed["Roles"]["page"]["$value"] == "{Palette.Sand.50}"
    assert proposed["Roles"]["page"]["$extensions"]["com.figma"]["modes"] == {
        "Night": "{Palette.Harbour.900}"
    }

    github = await repository_of(running)
    await github("PUT", f"/pulls/{first['url'].rpartition('/')[2]}/merge")
    assert (await ran(ada, sync))["outcome"] == "nothing"
    [day, _] = files("Roles")
    del day["content"]["action"]
    await ada.post(f"{SYNCS}/{sync['id']}/exports", json={"files": [day]})
    partial = await preview(ada, sync)
    assert (partial["complete"], partial["changes"], partial["conflicts"]) == (False, [], [])
    refused = await ada.post(
        f"{SYNCS}/{sync['id']}/exports", json={"files": [{"name": "package.json", "content": {"name": "x"}}]}
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_REQUEST")


async def test_a_folder_of_the_repository_is_read_by_every_run(running: Running) -> None:
    ada, github = await connected(running), await repository_of(running)
    sync = await made(ada, source={"fileKey": FOUNDATIONS, "kind": "api"})
    for file in files():
        content = base64.b64encode(json.dumps(file["content"]).encode()).decode()
        body = {"message": "Export", "content": content, "branch": "exports"}
        if file["name"].startswith("Palette"):
            main = (await github("GET", "/git/ref/heads/main"))["object"]["sha"]
            await github("POST", "/git/refs", json={"ref": "refs/heads/exports", "sha": main})
        await github("PUT", f"/contents/{FOLDER}/{file['name']}", json=body)
    pull = await github("POST", "/pulls", json={"title": "Export", "head": "exports", "base": "main"})
    missing = await ada.patch(f"{SYNCS}/{sync['id']}", json={"source": {"kind": "folder"}})
    assert missing.status_code == 400
    await ada.patch(f"{SYNCS}/{sync['id']}", json={"source": {"kind": "folder", "folder": FOLDER}})
    early = await ada.post(f"{SYNCS}/{sync['id']}/preview")
    assert (early.status_code, FOLDER in early.json()["error"]) == (404, True)
    await github("PUT", f"/pulls/{pull['number']}/merge")
    assert {"Palette.Coral.500", "Roles.page"} <= paths(await preview(ada, sync))
    assert (await ran(ada, sync))["outcome"] == "pull_request"


async def test_the_plugin_posts_once_with_a_code(running: Running) -> None:
    ada = await connected(running)
    sync = await made(ada, source={"fileKey": FOUNDATIONS, "kind": "upload"})
    assert (await preview(ada, sync))["changes"] == []
    code = (await ada.post(f"{SYNCS}/{sync['id']}/plugin-codes")).json()["code"]
    figma = await running.client()
    figma.headers.pop("authorization", None)
    asked = {
        "origin": "null",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-import-code",
    }
    allowed = await figma.options(IMPORTS, headers=asked)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in allowed.headers
    for headers in (PLUGIN, {**PLUGIN, "x-import-code": "nothing"}):
        answer = await figma.post(IMPORTS, json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
    broken = await figma.post(IMPORTS, json={}, headers={**PLUGIN, "x-import-code": code})
    assert (broken.status_code, broken.headers["access-control-allow-origin"]) == (400, "*")
    sent = await figma.post(IMPORTS, json=variables(), headers={**PLUGIN, "x-import-code": code})
    assert (sent.status_code, sent.json()["variables"]) == (201, len(variables()["variables"])), sent.text
    again = await figma.post(IMPORTS, json=variables(), headers={**PLUGIN, "x-import-code": code})
    assert (again.status_code, again.json()["code"]) == (401, "INVALID_TOKEN")
    assert "Palette.Coral.500" in paths(await preview(ada, sync))
    assert sync["target"]["repository"] == REPOSITORY


async def test_nobody_else_sends_variables_to_a_sync(running: Running) -> None:
    ada, eve = await connected(running), await running.client("eve")
    sync = await made(ada)
    for path, body in (("exports", {"files": files("Palette")}), ("plugin-codes", {})):
        answer = await eve.post(f"{SYNCS}/{sync['id']}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
