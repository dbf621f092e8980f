from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec
import pytest

from fluxstudio.errors import Forbidden, InvalidRequest, NotFound, ProviderUnavailable
from fluxstudio.providers.figma import figma
from fluxstudio.providers.figma.simulator.seed import HARBOUR, MEI, PINE_LABS
from fluxstudio.sdk import DesignSource
from tests.providers.figma.conftest import FLOW, FOUNDATIONS, ICONS, Sandbox, run
from tests.support.direct import Recorded, Remembered

FIXTURES = msgspec.json.decode(
    files("fluxstudio.providers.figma").joinpath("fixtures/operations.json").read_bytes()
)
TEAM_URL = f"https://www.figma.com/files/team/{HARBOUR}/Harbour-Pine"
PROJECT_URL = f"https://www.figma.com/files/team/{PINE_LABS}/project/318204410/Explorations"
FILE_URL = f"https://www.figma.com/design/{ICONS}/Pine-icons?node-id=0-2"


async def test_every_operation_has_a_fixture_and_speaks_as_figmas_document_says(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    for fixture in FIXTURES:
        answer = await run(api, fixture["operation"], **fixture["args"])
        assert isinstance(answer, list) == figma[fixture["operation"]].returns_list
        assert answer, fixture
    assert {fixture["operation"] for fixture in FIXTURES} == set(figma.operations)
    assert len(sandbox.pinned.seen) > len(FIXTURES)


def test_the_paths_are_those_of_the_public_contract() -> None:
    paths = {
        f"{operation.method} {operation.path} {operation.status}" for operation in figma.operations.values()
    }
    assert paths == {
        "GET files 200",
        "GET files/{fileKey} 200",
        "GET files/{fileKey}/meta 200",
        "GET files/{fileKey}/frames 200",
        "GET files/{fileKey}/components 200",
        "GET files/{fileKey}/styles 200",
        "GET files/{fileKey}/versions 200",
        "GET files/{fileKey}/images 200",
        "GET files/{fileKey}/tokens 200",
        "GET comments/{fileKey} 200",
        "POST comments/{fileKey} 201",
        "GET teams 200",
        "POST teams 200",
        "DELETE teams 200",
        "GET webhooks 200",
        "POST webhooks 200",
        "DELETE webhooks 200",
        "GET webhooks/{id}/missed 200",
    }


def test_every_parameter_is_described_and_every_operation_says_what_it_does() -> None:
    for operation in figma.operations.values():
        assert operation.summary.endswith(".")
        for name, (_, field) in operation.parameters.items():
            assert field.description, f"{operation.full_name} {name}"


@pytest.mark.parametrize("key", ["../me", "a/b", "a b", "", "k" * 129, "key?x=1"])
def test_file_keys_are_checked_before_they_enter_a_path(key: str) -> None:  # R38
    with pytest.raises(InvalidRequest) as refused:
        figma["file"].check({"fileKey": key})
    assert "fileKey" in refused.value.details["fields"]


async def test_nothing_is_listed_before_anything_is_followed(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    sandbox.pinned.seen.clear()
    assert await run(api, "files") == {
        "teamId": None,
        "projects": [],
        "files": [],
        "teams": [],
        "user": {
            "id": "109441098221000101",
            "email": "ada@harbourandpine.example",
            "handle": "Ada Park",
        },
    }
    assert sandbox.pinned.seen == []


async def test_a_followed_team_is_listed_with_its_projects_and_every_file_once(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    followed = await run(api, "follow", url=TEAM_URL)
    assert (followed["kind"], followed["name"], followed["teamId"]) == ("team", "Harbour & Pine", HARBOUR)
    listed = await run(api, "files")
    assert listed["teamId"] == HARBOUR
    assert [project["name"] for project in listed["projects"]] == ["Tidewater", "Driftwood", "Brand"]
    keys = [file["key"] for file in listed["files"]]
    assert keys == [file["key"] for project in listed["projects"] for file in project["files"]]
    flow = next(file for file in listed["files"] if file["key"] == FLOW)
    assert flow["name"] == "Tidewater · Booking flow"
    assert flow["url"] == f"{sandbox.simulator.url('web')}/file/{FLOW}"
    assert flow["thumbnail_url"].endswith(".svg")


async def test_projects_and_files_are_followed_beside_the_team(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    for url in (TEAM_URL, PROJECT_URL, FILE_URL, FILE_URL):
        followed = await run(api, "follow", url=url)
    assert followed["kind"] == "file"
    assert followed["files"] == [{"key": ICONS, "name": "Pine icons"}]
    listed = await run(api, "files")
    assert [project["name"] for project in listed["projects"]][-1] == "Explorations"
    assert listed["files"][-1]["key"] == ICONS
    assert len(listed["files"]) == 10


async def test_asking_for_a_team_lists_that_team_only(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "follow", url=TEAM_URL)
    await run(api, "follow", url=FILE_URL)
    listed = await run(api, "files", teamId=PINE_LABS)
    assert [project["name"] for project in listed["projects"]] == ["Explorations", "Icons"]
    assert [team["id"] for team in listed["teams"]] == [HARBOUR]


async def test_the_team_followed_last_is_the_one_shown(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "follow", url=TEAM_URL)
    await run(api, "follow", url=f"{sandbox.simulator.url('web')}/files/team/{PINE_LABS}/Pine-Labs")
    listed = await run(api, "files")
    assert listed["teamId"] == PINE_LABS
    assert [team["name"] for team in listed["teams"]] == ["Harbour & Pine", "Pine Labs"]


async def test_a_file_that_was_deleted_is_left_out_of_the_list(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "follow", url=FILE_URL)
    del sandbox.simulator.world.data["files"][ICONS]
    assert (await run(api, "files"))["files"] == []


@pytest.mark.parametrize(
    "url", ["https://example.com/files/team/1", "nonsense", "https://www.figma.com/pricing"]
)
async def test_an_address_that_leads_nowhere_is_an_invalid_request(sandbox: Sandbox, url: str) -> None:
    api = await sandbox.api()
    sandbox.pinned.seen.clear()
    with pytest.raises(InvalidRequest) as refused:
        await run(api, "follow", url=url)
    assert "url" in refused.value.details["fields"]
    assert sandbox.pinned.seen == []


async def test_a_team_of_others_cannot_be_followed_and_is_not_remembered(sandbox: Sandbox) -> None:
    api = await sandbox.api(MEI)
    with pytest.raises(Forbidden):
        await run(api, "follow", url=f"https://www.figma.com/files/team/{PINE_LABS}/Pine-Labs")
    assert api.memory.settings == {}


async def test_a_file_answers_with_everything_the_contract_names(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    file = await run(api, "file", fileKey=FLOW)
    assert set(file) == {
        *("key", "name", "lastModified", "thumbnailUrl", "version"),
        *("document", "components", "componentSets", "styles"),
    }
    assert file["document"]["children"][0]["children"][0]["name"] == "Pick a day"
    shallow = await run(api, "file", fileKey=FLOW, depth=1)
    assert shallow["document"]["children"][0]["children"] == []


async def test_versions_come_from_as_many_pages_as_there_are(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    sandbox.pinned.seen.clear()
    versions = await run(api, "versions", fileKey=FLOW)
    assert len(versions) == 64
    assert len({version["id"] for version in versions}) == 64
    assert len(sandbox.pinned.seen) == 2
    assert len(await run(api, "versions", fileKey=FLOW, most=7)) == 7


async def test_images_are_rendered_layers_or_the_pictures_in_the_file(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    outcome = await run(api, "images", fileKey=FLOW, ids="0:2,0:99999")
    assert outcome["images"]["0:99999"] is None
    picture = await sandbox.browser.get(outcome["images"]["0:2"])
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert await run(api, "images", fileKey=FLOW) == {"images": {}}


async def test_a_comment_appears_in_the_list_and_answers_stand_with_theirs(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    place: Any = {"node_id": "0:2", "node_offset": {"x": 1, "y": 2}}
    text = await run(api, "post_comment", fileKey=FLOW, message="Ahoy", client_meta=place)
    answer = await run(api, "post_comment", fileKey=FLOW, message="Aye", comment_id=text["id"])
    listed = await run(api, "comments", fileKey=FLOW)
    assert listed[-2:] == [text, answer]
    assert answer["parent_id"] == text["id"]
    assert text["user"]["handle"] == "Ada Park"
    with pytest.raises(InvalidRequest):
        await run(api, "post_comment", fileKey=FLOW, message="No", comment_id=answer["id"])


async def test_webhooks_are_created_listed_and_removed(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "follow", url=TEAM_URL)
    created = await run(api, "create_webhook", event_type="FILE_UPDATE")
    assert (created["context"], created["context_id"]) == ("TEAM", HARBOUR)
    assert created["endpoint"] == "http://127.0.0.1:8000/api/integrations/figma/webhook"
    assert [entry["id"] for entry in await run(api, "webhooks")] == [created["id"]]
    assert await run(api, "delete_webhook", id=created["id"]) == {"id": created["id"], "deleted": True}
    assert await run(api, "webhooks") == []


async def test_a_webhooks_passcode_is_strong_its_own_and_never_shown(sandbox: Sandbox) -> None:  # R30
    api = await sandbox.api()
    place = {"context": "file", "context_id": FLOW}
    first = await run(api, "create_webhook", event_type="FILE_UPDATE", **place)
    second = await run(api, "create_webhook", event_type="FILE_COMMENT", **place)
    assert isinstance(api.memory, Remembered)
    passcodes = [api.memory.webhooks[entry["id"]][0] for entry in (first, second)]
    assert len(set(passcodes)) == 2
    for entry, passcode in zip((first, second), passcodes, strict=True):
        assert len(passcode) * 6 >= 128
        assert len(passcode) <= 100
        assert "passcode" not in entry
        assert sandbox.simulator.world.data["webhooks"][entry["id"]]["passcode"] == passcode
    assert all("passcode" not in entry for entry in await run(api, "webhooks", **place))


async def test_a_webhook_that_is_gone_at_figma_is_forgotten_here(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    created = await run(api, "create_webhook", event_type="FILE_UPDATE", context="file", context_id=FLOW)
    del sandbox.simulator.world.data["webhooks"][created["id"]]
    with pytest.raises(NotFound):
        await run(api, "delete_webhook", id=created["id"])
    assert isinstance(api.memory, Remembered)
    assert api.memory.webhooks == {}


async def test_a_webhook_needs_a_place(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(InvalidRequest, match="team"):
        await run(api, "create_webhook", event_type="FILE_UPDATE")
    with pytest.raises(InvalidRequest, match="id"):
        await run(api, "webhooks", context="team")


async def test_one_file_on_a_small_plan_does_not_close_the_others(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "file", fileKey=FLOW)
    await run(api, "images", fileKey=ICONS, ids="0:2")
    await run(api, "comments", fileKey=FLOW)
    assert isinstance(api.budget, Recorded)
    assert api.budget.spent == [f"tier1:{FLOW}", f"tier1:{ICONS}", "tier2"]


@pytest.mark.parametrize("body", [[], {}, {"meta": None}, {"projects": 3}, "text"])
async def test_an_answer_of_another_shape_is_an_unavailable_provider(loose: Sandbox, body: Any) -> None:
    api = await loose.api()
    await loose.control("faults", {"match": "GET /api", "status": 200, "body": body})
    with pytest.raises(ProviderUnavailable):
        await run(api, "styles", fileKey=FOUNDATIONS)
    with pytest.raises(ProviderUnavailable):
        await run(api, "files", teamId=HARBOUR)


async def test_garbage_is_an_unavailable_provider(loose: Sandbox) -> None:
    api = await loose.api()
    await loose.control("faults", {"match": "GET /api", "kind": "garbage"})
    with pytest.raises(ProviderUnavailable):
        await run(api, "file", fileKey=FOUNDATIONS)


def test_figma_stands_in_as_a_design_source() -> None:
    source = figma.capability(DesignSource)
    assert source is not None
    assert (source.files.full_name, source.follow.full_name) == ("figma.files", "figma.follow")
    assert "files" in source.follow.makes_stale
