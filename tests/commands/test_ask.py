"""`fluxstudio ask --batch` says what is wrong with what it was given."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from fluxstudio.commands.ask import ask


@pytest.mark.parametrize(
    ("content", "dsn", "message"),
    [
        ('{"id": 1}', "postgresql://nobody@127.0.0.1:9/none", "has to hold a list"),
        ('[{"id": 1}]', "postgresql://nobody@127.0.0.1:9/none", "has to hold a list"),
        ("nothing", "postgresql://nobody@127.0.0.1:9/none", "Can't read questions"),
        ("[]", None, "Add --dsn"),
    ],
)
def test_a_batch_that_cannot_be_planned_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, dsn: str | None, message: str
) -> None:
    source = tmp_path / "in.json"
    source.write_text(content)
    with pytest.raises(typer.Exit) as ended:
        ask(dsn=dsn, batch=(source, tmp_path / "out.json"))
    assert ended.value.exit_code == 2
    assert message in capsys.readouterr().err
