"""What values mean, and how they are written in the notation of another."""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.flows.design_tokens.conversion import to_css, to_dtcg, to_legacy
from fluxstudio.flows.design_tokens.files.reading import read_document
from fluxstudio.flows.design_tokens.notation.meaning import ValueReading, alike
from fluxstudio.flows.design_tokens.notation.writing import ValueWriter
from tests.flows.design_tokens.trees import document

WHITE = {"colorSpace": "srgb", "components": [1, 1, 1]}
BLUE = {"colorSpace": "srgb", "components": [0, 0.6667, 1], "hex": "#00aaff"}


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("number", 0.30000000000000004, 0.3),
        ("number", 16.000001, 16),
        ("number", 0.40000000596046448, 0.4),
        ("number", "1.5", 1.50),
        ("color", "#0af", BLUE),
        ("color", "#00AAFF", "rgb(0, 170, 255)"),
        ("color", "#00aaff80", {**BLUE, "alpha": 0.5}),
        ("color", BLUE, {**BLUE, "alpha": 1, "hex": "#000000"}),
        ("color", "hsl(0, 100%, 50%)", "#f00"),
        ("dimension", "1rem", {"value": 16, "unit": "px"}),
        ("dimension", "0", {"value": 0, "unit": "rem"}),
        ("spacing", "16", "16px"),
        ("duration", "0.1s", {"value": 100, "unit": "ms"}),
        ("fontWeight", "Semi Bold", 600),
        ("fontWeight", "semi-bold", "600"),
        ("fontFamily", "Inter", ["Inter"]),
        ("lineHeights", "150%", 1.5),
        ("cubicBezier", "cubic-bezier(0.4, 0, 1, 1)", [0.4, 0, 1, 1]),
        (
            "boxShadow",
            {"x": "1px", "color": "#000"},
            {"color": "#000000", "offsetX": {"value": 1, "unit": "px"}},
        ),
        (
            "boxShadow",
            [{"x": "1px", "color": "#000", "type": "dropShadow"}],
            {"color": "#000000", "offsetX": {"value": 1, "unit": "px"}, "inset": False},
        ),
        ("opacity", "40%", 0.4),
        ("color", "{a.b}", {"$ref": "#/a/b"}),
    ],
)
def test_two_spellings_mean_the_same(kind: str, one: Any, other: Any) -> None:
    reading = ValueReading(str)
    assert alike(reading.meaning(one, kind), reading.meaning(other, kind))


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("number", 1, 1.001),
        ("color", "#00aaff", "#00aafe"),
        ("color", BLUE, {**BLUE, "alpha": 0.055}),
        ("dimension", "1em", "16px"),
        ("dimension", "1%", "1px"),
        ("color", "{a.b}", "{a.c}"),
        ("boolean", True, 1),
        ("string", "1", "1.0"),
    ],
)
def test_two_values_are_kept_apart(kind: str, one: Any, other: Any) -> None:
    reading = ValueReading(str)
    assert not alike(reading.meaning(one, kind), reading.meaning(other, kind))


@pytest.mark.parametrize(
    ("kind", "value", "sample", "written"),
    [
        ("color", BLUE, "#ffffff", "#00aaff"),
        ("color", BLUE, "#FFFFFF", "#00AAFF"),
        ("color", BLUE, "#fff", "#0af"),
        ("color", {**BLUE, "alpha": 0.5}, "#fff", "#00aaff80"),
        ("color", BLUE, "rgba(0, 0, 0, 0.5)", "rgba(0, 170, 255, 1)"),
        ("color", BLUE, "rgb(0 0 0 / 0.5)", "rgb(0 170 255)"),
        ("color", "#00aaff", WHITE, {"colorSpace": "srgb", "components": [0, 0.6667, 1]}),
        ("dimension", {"value": 24, "unit": "px"}, "1rem", "1.5rem"),
        ("dimension", {"value": 24, "unit": "px"}, 16, 24),
        ("dimension", "24px", {"value": 1, "unit": "rem"}, {"value": 1.5, "unit": "rem"}),
        ("dimension", {"value": 24, "unit": "px"}, "50%", "24px"),
        ("duration", {"value": 250, "unit": "ms"}, "1s", "0.25s"),
        ("fontWeight", 600, "Bold", "Semi Bold"),
        ("fontWeight", 600, "extra-bold", "semi-bold"),
        ("fontWeight", 600, 400, 600),
        ("lineHeights", 1.4, "150%", "140%"),
        ("fontFamily", ["Inter"], "Roboto", "Inter"),
        ("color", {**BLUE, "alpha": 1}, "#00000080", "#00aaff"),
        ("color", BLUE, "#000000ff", "#00aaffff"),
        ("opacity", 0.5, "40%", "50%"),
        ("number", {"value": 12, "unit": "px"}, 8, 12),
        ("number", 0.30000001192092896, 1, 0.3),
        ("number", 2147483647, 1, 2147483647),
    ],
)  # fmt: skip
def test_a_value_is_written_as_the_repository_writes(
    kind: str, value: Any, sample: Any, written: Any
) -> None:
    assert ValueWriter(str, "strings").value(value, kind, sample) == written


LEGACY = (
    '{"c": {"ink": {"value": "#00aaff", "type": "color"}, "gap": {"value": "16px", "type": "spacing"},'
    ' "on": {"value": "{c.ink}", "type": "color", "description": "Text"}}}'
)


def test_the_older_notation_becomes_the_format_and_back() -> None:
    dtcg = to_dtcg(read_document(LEGACY.encode()))
    assert '"$value": {"value": 16, "unit": "px"}' in dtcg
    assert '"$description": "Text"' in dtcg
    assert to_legacy(read_document(dtcg.encode())) == LEGACY.replace('"spacing"', '"dimension"').replace(
        '"value": "16px", "type": "dimension"', '"value": "16px", "type": "dimension"'
    )


def test_css_refers_by_variables_and_cannot_be_broken_out_of() -> None:
    tree = {
        "ink": {"$type": "color", "$value": BLUE},
        "on ink": {"$type": "color", "$value": "{ink}"},
        "evil": {"$type": "fontFamily", "$value": "x;} body { color: red"},
        "shade": {
            "$type": "shadow",
            "$value": {
                "color": "{ink}",
                **{part: {"value": 2, "unit": "px"} for part in ("offsetX", "offsetY", "blur", "spread")},
            },
        },
    }
    css = to_css(document(tree))
    assert "--ink: #00aaff;" in css
    assert "--on-ink: var(--ink);" in css
    assert "--shade: 2px 2px 2px 2px var(--ink);" in css
    assert '--evil: "x;} body { color: red";' in css
