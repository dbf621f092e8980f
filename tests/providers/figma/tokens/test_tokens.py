from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from fluxstudio.providers.figma.simulator.designs.variables import variables
from fluxstudio.providers.figma.tokens import in_use, tokens_of_styles, tokens_of_variables
from fluxstudio.providers.figma.tokens.tree import groups_of, path_of, reference, tree
from tests.providers.figma.conftest import EVERYTHING, FLOW, FOUNDATIONS, ICONS, Sandbox, run

RED = {"r": 1, "g": 0, "b": 0, "a": 1}
COLLECTION = {"C": {"name": "Sizes", "defaultModeId": "m1", "modes": [{"modeId": "m1", "name": "Base"}]}}


def style(kind: str, node: dict[str, Any], name: str = "A/B") -> tuple[dict[str, Any], dict[str, Any]]:
    return {"name": name, "style_type": kind, "description": ""}, node


def solid(**more: Any) -> dict[str, Any]:
    return {"fills": [{"type": "SOLID", "color": RED, **more}]}


def variable(kind: str, value: Any, *scopes: str, name: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "resolvedType": kind,
        "valuesByMode": {"m1": value},
        "variableCollectionId": "C",
        "scopes": list(scopes),
        **more,
    }


def value_of(kind: str, value: Any, *scopes: str) -> Any:
    result, skipped = tokens_of_variables({"V": variable(kind, value, *scopes)}, COLLECTION)
    return result["Sizes"]["a"] if result else skipped[0]["reason"]


def test_a_solid_fill_is_a_colour_with_its_opacity() -> None:
    result, skipped = tokens_of_styles([style("FILL", solid(opacity=0.5))])
    assert result == {
        "color": {
            "A": {
                "B": {
                    "$type": "color",
                    "$value": {"colorSpace": "srgb", "components": [1, 0, 0], "alpha": 0.5, "hex": "#ff0000"},
                }
            }
        }
    }
    assert skipped == []


def test_a_gradient_keeps_its_stops() -> None:
    stops = [{"position": 0, "color": RED}, {"position": 1, "color": {**RED, "a": 0}}]
    node = {"fills": [{"type": "GRADIENT_LINEAR", "gradientStops": stops}]}
    result, _ = tokens_of_styles([style("FILL", node)])
    assert [stop["position"] for stop in result["gradient"]["A"]["B"]["$value"]] == [0, 1]
    assert result["gradient"]["A"]["B"]["$value"][1]["color"]["alpha"] == 0


def test_a_text_style_is_typography_with_a_line_height_that_scales() -> None:
    text = {
        "fontFamily": "Inter",
        "fontSize": 16,
        "fontWeight": 600,
        "letterSpacing": -0.2,
        "lineHeightPx": 24,
    }
    result, _ = tokens_of_styles([style("TEXT", {"style": text})])
    assert result["typography"]["A"]["B"]["$value"] == {
        "fontFamily": "Inter",
        "fontSize": {"value": 16, "unit": "px"},
        "fontWeight": 600,
        "letterSpacing": {"value": -0.2, "unit": "px"},
        "lineHeight": 1.5,
    }


def test_one_shadow_is_a_value_and_several_are_a_list() -> None:
    drop = {"type": "DROP_SHADOW", "color": RED, "offset": {"x": 0, "y": 2}, "radius": 6, "visible": True}
    inner = {**drop, "type": "INNER_SHADOW", "spread": 1}
    one, _ = tokens_of_styles([style("EFFECT", {"effects": [drop]})])
    two, _ = tokens_of_styles([style("EFFECT", {"effects": [drop, inner]})])
    assert one["shadow"]["A"]["B"]["$value"]["offsetY"] == {"value": 2, "unit": "px"}
    assert [entry.get("inset") for entry in two["shadow"]["A"]["B"]["$value"]] == [None, True]


def test_what_has_no_counterpart_is_named_with_the_reason() -> None:
    image = {"fills": [{"type": "IMAGE"}]}
    blur = {"effects": [{"type": "LAYER_BLUR", "radius": 4, "visible": True}]}
    two = {"fills": [*solid()["fills"], *solid()["fills"]]}
    hidden = solid(visible=False)
    arguments = [
        style("FILL", image, "image"),
        style("FILL", two, "two"),
        style("FILL", hidden, "hidden"),
        style("EFFECT", blur, "blur"),
        style("TEXT", {}, "bare"),
        style("GRID", {}, "grid"),
        style("FILL", solid(), "same"),
        style("FILL", solid(), "same"),
    ]
    result, skipped = tokens_of_styles(arguments)
    assert list(result) == ["color"]
    assert [entry["name"] for entry in skipped] == ["image", "two", "hidden", "blur", "bare", "grid", "same"]
    assert all(entry["reason"] for entry in skipped)


def test_a_token_that_is_also_a_group_stands_at_its_root() -> None:
    result, _ = tokens_of_styles([style("FILL", solid(), "Blue"), style("FILL", solid(), "Blue/500")])
    assert set(result["color"]["Blue"]) == {"$root", "500"}


def test_names_are_made_fit_for_tokens() -> None:
    assert path_of("Sizes", "$space/ 1.5 /{x}") == ("Sizes", "space", "1-5", "-x-")
    assert path_of("//") == ("unnamed",)


def test_the_type_of_a_number_follows_from_what_it_may_be_used_for() -> None:
    assert value_of("FLOAT", 8, "GAP", "WIDTH_HEIGHT")["$value"] == {"value": 8, "unit": "px"}
    assert value_of("FLOAT", 600, "FONT_WEIGHT")["$type"] == "fontWeight"
    assert value_of("FLOAT", 40, "OPACITY")["$value"] == 0.4
    assert value_of("FLOAT", 8, "ALL_SCOPES")["$type"] == "number"
    assert value_of("STRING", "Inter", "FONT_FAMILY")["$type"] == "fontFamily"
    assert "text" in value_of("STRING", "Ahoy", "TEXT_CONTENT")
    assert "true or false" in value_of("BOOLEAN", True)


def test_aliases_stay_references_and_other_modes_are_kept() -> None:
    result, skipped = tokens_of_variables(**{"variables": {}, "collections": {}})
    assert (result, skipped) == ({}, [])
    names = variables()
    result, skipped = tokens_of_variables(names["variables"], names["variableCollections"])
    page = next(key for key, variable in names["variables"].items() if variable["name"] == "page")
    assert result["Roles"]["page"] == {
        "$type": "color",
        "$value": "{Palette.Sand.50}",
        "$extensions": {
            "com.figma.variableId": page,
            "com.figma": {"modes": {"Night": "{Palette.Harbour.900}"}},
        },
    }
    assert result["Palette"]["Sand"]["50"]["$value"]["hex"] == "#fbf8f3"
    assert [entry["name"] for entry in skipped] == ["greeting"]


def test_a_reference_to_another_library_becomes_its_value() -> None:
    own = variable("COLOR", {"type": "VARIABLE_ALIAS", "id": "R"}, name="own")
    other = variable("COLOR", RED, name="theirs", remote=True)
    result, _ = tokens_of_variables({"V": own, "R": other}, COLLECTION)
    assert list(result["Sizes"]) == ["own"]
    assert result["Sizes"]["own"]["$value"]["hex"] == "#ff0000"


def test_a_colour_composed_of_others_is_worked_out() -> None:
    alias = {"type": "VARIABLE_ALIAS", "id": "R"}
    share = {"type": "VARIABLE_ALIAS", "id": "S"}
    names = {
        "V": variable("COLOR", {"color": alias, "opacity": 48}, name="faint"),
        "W": variable("COLOR", {"color": alias, "opacity": share}, name="fainter"),
        "R": variable("COLOR", RED, name="red"),
        "S": variable("FLOAT", 25, "OPACITY", name="share"),
    }
    result, _ = tokens_of_variables(names, COLLECTION)
    assert result["Sizes"]["faint"]["$value"]["alpha"] == 0.48
    assert result["Sizes"]["fainter"]["$value"]["alpha"] == 0.25


TWO_MODES = {
    "C": {
        "name": "Sizes",
        "defaultModeId": "m1",
        "modes": [{"modeId": "m1", "name": "Light"}, {"modeId": "m2", "name": "Dark"}],
    }
}


def test_an_alias_is_followed_in_the_mode_it_is_in() -> None:
    alias = {"type": "VARIABLE_ALIAS", "id": "W"}
    names = {
        "G": variable("FLOAT", alias, "GAP", name="gap"),
        "W": variable("FLOAT", 1, "ALL_SCOPES", name="w"),
    }
    names["G"]["valuesByMode"] = {"m1": alias, "m2": alias}
    names["W"]["valuesByMode"] = {"m1": 1, "m2": 2}
    result, _ = tokens_of_variables(names, TWO_MODES)
    assert result["Sizes"]["gap"]["$value"] == {"value": 1, "unit": "px"}
    modes = result["Sizes"]["gap"]["$extensions"]["com.figma"]["modes"]
    assert modes == {"Dark": {"value": 2, "unit": "px"}}


def test_names_that_become_one_are_kept_apart_whatever_their_order() -> None:
    names = {
        "VariableID:1:10": variable("FLOAT", 9, name="1-5"),
        "VariableID:1:4": variable("FLOAT", 1.5, name="1.5"),
    }
    result, skipped = tokens_of_variables(names, COLLECTION)
    again, _ = tokens_of_variables(dict(reversed(names.items())), COLLECTION)
    assert skipped == []
    assert {name: token["$value"] for name, token in result["Sizes"].items()} == {"1-5": 1.5, "1-5-2": 9}
    assert result["Sizes"]["1-5"]["$extensions"]["com.figma"]["name"] == "1.5"
    assert again == result


def test_only_what_an_extended_collection_overrides_is_one_of_its_modes() -> None:
    collections: dict[str, Any] = {
        **TWO_MODES,
        "X": {
            "name": "Brand B",
            "isExtension": True,
            "parentVariableCollectionId": "C",
            "modes": [{"modeId": "x1", "name": "Light", "parentModeId": "m1"}],
            "variableOverrides": {"A": {"x1": 7}},
        },
    }
    names = {"A": variable("FLOAT", 1, name="a"), "B": variable("FLOAT", 2, name="b")}
    result, _ = tokens_of_variables(names, collections)
    assert result["Sizes"]["a"]["$extensions"]["com.figma"]["modes"] == {"Brand B/Light": 7}
    assert "com.figma" not in result["Sizes"]["b"]["$extensions"]


def test_a_mode_that_cannot_be_translated_is_named() -> None:
    names = {"A": variable("FLOAT", 1, name="a")}
    names["A"]["valuesByMode"]["m2"] = "text"
    result, skipped = tokens_of_variables(names, TWO_MODES)
    assert result["Sizes"]["a"]["$value"] == 1
    assert [(entry["name"], entry["mode"]) for entry in skipped] == [("a", "Dark")]


def test_circles_and_dangling_references_are_left_out() -> None:
    circle = {
        "A": variable("COLOR", {"type": "VARIABLE_ALIAS", "id": "B"}, name="a"),
        "B": variable("COLOR", {"type": "VARIABLE_ALIAS", "id": "A"}, name="b"),
        "D": variable("COLOR", {"type": "VARIABLE_ALIAS", "id": "gone"}, name="d"),
        "E": variable("COLOR", "a word", name="e"),
        "F": variable("FLOAT", True, "GAP", name="f"),
    }
    result, skipped = tokens_of_variables(circle, COLLECTION)
    assert result == {}
    assert [entry["name"] for entry in skipped] == ["a", "b", "d", "e", "f"]


def test_styles_in_use_are_found_on_the_nodes_that_wear_them() -> None:
    file = {
        "styles": {"S:1": {"name": "Red", "styleType": "FILL"}, "S:2": {"name": "Head", "styleType": "TEXT"}},
        "document": {
            "children": [{"styles": {"fill": "S:1", "text": "S:1"}, **solid()}, {"styles": {"x": "S:9"}}]
        },
    }
    assert [(result["name"], node["fills"]) for result, node in in_use(file)] == [("Red", solid()["fills"])]


NAMES = some.lists(
    some.text(alphabet="ab/.{}$ ", min_size=1, max_size=6), min_size=1, max_size=8, unique=True
)


@given(names=NAMES)
def test_every_token_is_found_where_its_reference_points(names: list[str]) -> None:
    tokens = {path_of("group", name): {"$value": name} for name in names}
    grown, groups = tree(tokens), groups_of(tokens)
    for path, token in tokens.items():
        place: Any = grown
        for step in reference(path, groups).strip("{}").split("."):
            place = place[step]
        assert place["$value"] == token["$value"]


async def test_tokens_come_from_published_styles_without_the_variables_scope(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    sandbox.pinned.seen.clear()
    outcome = await run(api, "tokens", fileKey=FOUNDATIONS)
    assert outcome["source"] == "styles"
    assert set(outcome["tokens"]) == {"color", "gradient", "typography", "shadow"}
    assert outcome["tokens"]["color"]["Harbour"]["700"]["$description"] == "The product's own colour"
    assert not any("variables" in line for line in sandbox.pinned.seen)


async def test_tokens_come_from_variables_where_the_plan_has_them(sandbox: Sandbox) -> None:
    api = await sandbox.api(scopes=EVERYTHING)
    outcome = await run(api, "tokens", fileKey=FOUNDATIONS)
    assert outcome["source"] == "variables"
    assert set(outcome["tokens"]) == {"Palette", "Roles", "Sizes"}


async def test_tokens_fall_back_to_styles_where_the_plan_has_no_variables(sandbox: Sandbox) -> None:
    api = await sandbox.api(scopes=EVERYTHING)
    outcome = await run(api, "tokens", fileKey=ICONS)
    assert outcome["source"] == "styles"
    assert any(line.endswith("variables/local 403") for line in sandbox.pinned.seen)


async def test_a_file_that_publishes_nothing_yields_the_styles_it_uses(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    outcome = await run(api, "tokens", fileKey=FLOW)
    assert outcome["tokens"]["color"]["Coral"]["500"]["$value"]["hex"] == "#e4724f"
    assert "Body" in outcome["tokens"]["typography"]
