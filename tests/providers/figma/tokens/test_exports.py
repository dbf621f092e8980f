"""Variables from files and from the plugin: the same tokens as from the API, and nothing lost."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from typing import Any

import pytest

from fluxstudio.errors import InvalidRequest
from fluxstudio.providers.figma.plugin import plugin_archive
from fluxstudio.providers.figma.simulator.designs.variables import variables
from fluxstudio.providers.figma.simulator.exporting import exported_modes
from fluxstudio.providers.figma.tokens.exports import library_of_exports
from fluxstudio.providers.figma.tokens.imports import exported_library, posted_library, stored_tokens
from fluxstudio.providers.figma.tokens.library import DesignLibrary, tokens_of_library
from fluxstudio.sdk import TokenExport

TokensAnswer = dict[str, Any]


def exports(library: dict[str, Any]) -> list[TokenExport]:
    return [TokenExport(name, root) for name, root in exported_modes(library).items()]


def test_exported_files_give_the_tokens_that_the_api_gives() -> None:
    library = variables()
    by_api = tokens_of_library(DesignLibrary.of_answer(library))
    by_files = tokens_of_library(library_of_exports(exports(library)))
    assert by_files["tokens"] == by_api["tokens"]
    assert by_files["complete"]
    assert [entry["name"] for entry in by_files["skipped"]] == [entry["name"] for entry in by_api["skipped"]]


def test_the_plugins_message_gives_the_tokens_that_the_api_gives() -> None:
    library = variables()
    answer = stored_tokens(json.loads(json.dumps(posted_library(library))))
    assert answer["tokens"] == tokens_of_library(DesignLibrary.of_answer(library))["tokens"]


def test_a_collection_without_all_its_modes_keeps_what_was_read_before() -> None:
    library = variables()
    before = exported_library(exports(library), None, "", False)
    assert before["complete"]
    day = [file for file in exports(library) if file.name == "Roles/Day.tokens.json"]
    del day[0].content["action"]
    after = exported_library(day, before, "", False)
    assert not after["complete"]
    assert stored_tokens(after)["tokens"] == stored_tokens(before)["tokens"]


def test_a_collection_with_all_its_modes_takes_the_place_of_the_one_before() -> None:
    library = variables()
    before = exported_library(exports(library), None, "", False)
    roles = copy.deepcopy([file for file in exports(library) if file.name.startswith("Roles/")])
    for file in roles:
        del file.content["action"]
    after = exported_library(roles, before, "", False)
    tokens = stored_tokens(after)["tokens"]
    assert after["complete"]
    assert "action" not in tokens["Roles"]
    assert tokens["Palette"] == stored_tokens(before)["tokens"]["Palette"]
    alone = stored_tokens(exported_library(roles, before, "", True))["tokens"]
    assert "Palette" not in alone


def test_a_collections_name_is_its_folder_or_what_is_said_or_what_aliases_call_it() -> None:
    library = variables()
    flat = [TokenExport(file.name.replace("/", " "), file.content) for file in exports(library)]
    palette = [file for file in flat if file.name.startswith("Palette")]
    roles = [file for file in flat if file.name.startswith("Roles")]
    named = library_of_exports([*palette, *roles])
    assert [collection["name"] for collection in named.collections.values()] == ["Palette", ""]
    (only,) = library_of_exports(roles, collection="Colours").collections.values()
    assert only["name"] == "Colours"


def test_an_alias_to_what_was_not_exported_is_skipped_and_no_value() -> None:
    library = variables()
    roles = [file for file in exports(library) if file.name.startswith("Roles")]
    answer = tokens_of_library(library_of_exports(roles))
    assert answer["tokens"] == {}
    assert "refers to a variable that Figma does not show" in answer["skipped"][0]["reason"]


def test_only_what_an_extension_overrides_is_its_own() -> None:
    key = "VariableID:1:1"
    root: dict[str, Any] = {}
    for number, name in enumerate(("ink", "paper"), 1):
        root[name] = {
            "$type": "number",
            "$value": number,
            "$extensions": {"com.figma.variableId": f"VariableID:1:{number}"},
        }
    extension = copy.deepcopy(root)
    extension["ink"]["$value"] = 9
    extension["paper"]["$extensions"]["com.figma.isOverride"] = False
    files = [TokenExport("Brand/Base.tokens.json", root), TokenExport("Acme/Base.tokens.json", extension)]
    tokens = tokens_of_library(library_of_exports(files))["tokens"]["Brand"]
    assert tokens["ink"]["$extensions"] == {
        "com.figma.variableId": key,
        "com.figma": {"modes": {"Acme/Base": 9}},
    }
    assert "com.figma" not in tokens["paper"]["$extensions"]


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"a": {"$type": "color", "$value": "#fff"}},
        {"a": {"$type": "shadow", "$value": 1, "$extensions": {"com.figma.variableId": "VariableID:1:1"}}},
        {"name": "package", "version": "1.0.0"},
    ],
)
def test_a_file_that_figma_did_not_export_is_refused(content: Any) -> None:
    with pytest.raises(InvalidRequest):
        library_of_exports([TokenExport("package.json", content)])


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"variables": {}},
        {"variables": [], "variableCollections": {}},
        {"variables": {"a": {"id": 1}}, "variableCollections": {}},
    ],
)
def test_a_message_that_the_plugin_does_not_send_is_refused(message: Any) -> None:
    with pytest.raises(InvalidRequest):
        posted_library(message)


def test_the_plugin_reaches_the_product_that_made_it_and_nothing_else() -> None:
    archive = plugin_archive("https://flux.example/api/design-tokens/imports")
    assert archive == plugin_archive("https://flux.example/api/design-tokens/imports")
    parts = zipfile.ZipFile(io.BytesIO(archive))
    manifest = json.loads(parts.read("fluxstudio-token-sync/manifest.json"))
    assert manifest["networkAccess"]["allowedDomains"] == ["https://flux.example"]
    assert {manifest["main"], manifest["ui"]} <= {
        name.removeprefix("fluxstudio-token-sync/") for name in parts.namelist()
    }
    page = parts.read("fluxstudio-token-sync/ui.html").decode()
    assert '"https://flux.example/api/design-tokens/imports"' in page
    assert "{{" not in page
