"""Words are found in texts however either is written."""

from __future__ import annotations

import pytest

from fluxstudio.kit.search import SearchWords


@pytest.mark.parametrize("searched", ["calm", "TABLE calm", "pull request", "stras", "ﬁgma", "  "])
def test_words_are_found_in_any_order_case_and_form(searched: str) -> None:
    texts = ["The tide table is calm in the Straße", "pull_request", "Figma"]
    assert SearchWords(searched).match(texts)


def test_every_word_has_to_be_there() -> None:
    assert not SearchWords("calm storm").match(["The tide table is calm"])
    assert not SearchWords("calm").match([])
