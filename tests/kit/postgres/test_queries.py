"""What whoever writes SQL in files relies on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fluxstudio.kit.postgres.queries import Queries

TEXT = """
-- Everything about notes.

-- name: notes_of_user
-- Newest first.
SELECT text FROM notes WHERE owner = $1;

-- name: add_note
INSERT INTO notes (owner, text) VALUES ($1, $2)
RETURNING id
"""


def test_each_statement_has_its_name() -> None:
    queries = Queries(TEXT)
    assert queries.add_note == "INSERT INTO notes (owner, text) VALUES ($1, $2)\nRETURNING id"
    assert queries["notes_of_user"].endswith("WHERE owner = $1")
    assert list(queries) == ["notes_of_user", "add_note"]


def test_files_are_read_from_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shop_with_sql" / "sql"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "notes.sql").write_text(TEXT)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert len(Queries.load("shop_with_sql", "sql/notes.sql")) == 2
    del sys.modules["shop_with_sql"]


@pytest.mark.parametrize("error", [AttributeError, KeyError])
def test_an_unknown_name_is_answered_with_what_is_there(error: type[Exception]) -> None:
    queries = Queries(TEXT, origin="notes.sql")
    with pytest.raises(error) as caught:
        _ = queries.add_notes if error is AttributeError else queries["add_notes"]
    assert str(caught.value) == "notes.sql has no query named 'add_notes'; did you mean add_note?"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 1;\n-- name: one\nSELECT 1", "has no name"),
        ("-- name: one\nSELECT 1\n-- name: one\nSELECT 2", "two queries are named 'one'"),
        ("-- name: one\n-- nothing yet\n-- name: two\nSELECT 2", "'one' is empty"),
        ("-- name: not a name\nSELECT 1", "'not a name'"),
        ("-- name: items\nSELECT 1", "'items'"),
    ],
)
def test_a_file_that_would_surprise_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Queries(text, origin="odd.sql")
