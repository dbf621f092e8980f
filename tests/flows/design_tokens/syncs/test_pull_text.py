"""What a pull request says: names from Figma are text in it, and people's own words stay."""

from __future__ import annotations

import pytest

from fluxstudio.flows.design_tokens.syncs.pull_text import (
    BEGIN,
    END,
    MAX_PULL_TEXT_CHARACTERS,
    body_of,
    escaped,
    with_body,
)

URL = "https://flux.example/design-tokens/1"


@pytest.mark.parametrize(
    "name",
    [
        "@everyone",
        "closes #1",
        "a|b",
        "`code`",
        "<img src=x>",
        "<!-- fluxstudio:end -->",
        "[x](https://evil.example)",
        "a\nb",
    ],
)
def test_a_name_from_figma_does_nothing(name: str) -> None:
    text = escaped(name)
    assert not set("@<>|`[]()\n!") & set(text)
    assert "closes #" not in text
    change = {"kind": "changed", "path": name, "field": "$value", "before": name, "after": {"hex": "#ff0000"}}
    body = body_of([change], [], [{"name": name, "reason": name}], sync_url=URL)
    assert body.count(END) == 1
    assert name not in body.removeprefix(BEGIN).removesuffix(END)


def test_what_people_write_around_our_part_stays() -> None:
    old, new = (
        body_of([], [], [], sync_url=URL),
        body_of([], [], [{"name": "n", "reason": "r"}], sync_url=URL),
    )
    assert with_body(f"Hello\n\n{old}\n\nBye", new) == f"Hello\n\n{new}\n\nBye"
    assert with_body("Rewritten by hand", new) == f"Rewritten by hand\n\n{new}"
    assert with_body(None, new) == new


def test_thousands_of_changes_fit_into_what_github_takes() -> None:
    change = {"kind": "changed", "path": "a" * 100, "field": "$value", "before": 1, "after": 2}
    body = body_of([change] * 5000, [], [], sync_url=URL)
    assert len(body) < MAX_PULL_TEXT_CHARACTERS + 500
    assert "There is more" in body
    assert body.endswith(END)
