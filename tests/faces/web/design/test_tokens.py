"""The style sheet of tokens is the one the tokens make, and what is drawn with them can be read."""

from __future__ import annotations

import re
from itertools import product

import pytest

from fluxstudio.faces.web.design.generate import TARGET, DesignToken, read, resolved, stylesheet
from fluxstudio.faces.web.shell.templating import StaticFiles
from tests.support.each import for_each

TOKENS = read()
THEMES = ("light", "dark")
GROUNDS = ("page", "surface", "raised", "sunken")
TONES = ("tonal", "tonal-hover", "tonal-press")

TEXT = [
    *product(("text", "text-quiet", "text-faint", "link"), GROUNDS),
    *product(("text", "text-quiet"), TONES),
    *product(("green-text", "amber-text", "red-text"), GROUNDS),
    *((f"{tone}-text", f"{tone}-tint") for tone in ("green", "amber", "red")),
    *product(("text", "text-quiet", "link"), ("green-tint", "amber-tint", "red-tint")),
    ("on-accent", "accent-fill"),
    ("on-status", "red-text"),
    ("text", "accent-line"),
]
CONTROLS = [
    *product(("control-line", "focus", "accent-base"), GROUNDS),
    *product(("accent-fill", "red-text"), GROUNDS),
]


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def colour(theme: str, name: str) -> str:
    """The colour a custom property holds in a theme."""
    token = next(
        token for token in TOKENS.values() if token.path[:2] == ("theme", theme) and token.name == name
    )
    return str(resolved(token, TOKENS).value["hex"])


def test_the_committed_style_sheet_is_the_one_the_tokens_make() -> None:
    assert TARGET.read_text("utf-8") == stylesheet(TOKENS)


@for_each((theme, text, ground) for theme in THEMES for text, ground in TEXT)
def test_text_can_be_read_on_every_ground_it_stands_on(theme: str, text: str, ground: str) -> None:
    assert contrast(colour(theme, text), colour(theme, ground)) >= 4.5


@for_each((theme, control, ground) for theme in THEMES for control, ground in CONTROLS)
def test_controls_and_the_focus_ring_stand_out_from_every_ground(
    theme: str, control: str, ground: str
) -> None:
    assert contrast(colour(theme, control), colour(theme, ground)) >= 3


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_both_themes_hold_the_same_names() -> None:
    names = [
        {token.name for token in TOKENS.values() if token.path[:2] == ("theme", theme)} for theme in THEMES
    ]
    assert names[0] == names[1]


def test_a_colour_says_the_same_in_components_and_in_hex() -> None:
    for token in TOKENS.values():
        if token.kind == "color" and isinstance(token.value, dict):
            parts = "".join(f"{round(part * 255):02x}" for part in token.value["components"])
            assert f"#{parts}" == token.value["hex"], token.path


def test_every_property_the_pages_use_is_a_token() -> None:
    names = {f"--{token.name}" for token in TOKENS.values()}
    # What pages of host products load has custom properties of its own, for them to set.
    sheets = [path for path in StaticFiles().own() if path.suffix == ".css" and path.parent.name != "embed"]
    for sheet in sheets:
        used = set(re.findall(r"var\((--[\w-]+)", sheet.read_text("utf-8")))
        assert used <= names, sheet.name


def test_dark_follows_the_system_until_light_is_chosen() -> None:
    css = stylesheet(TOKENS)
    dark = css.split('[data-theme="dark"] {')[1].split("}")[0]
    system = css.split("@media (prefers-color-scheme: dark) {")[1].split("}")[0]
    assert ":root:not([data-theme]) {" in system
    assert re.findall(r"--.+;", system) == re.findall(r"--.+;", dark) != []


def test_an_alias_that_points_nowhere_is_an_error() -> None:
    lost = DesignToken(("role", "lost"), "color", "{theme.light.nowhere}")
    with pytest.raises(KeyError):
        resolved(lost, {lost.path: lost})
