"""What the documents show is what happens: their commands are run, and what they print is compared."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.docs.documents import Document, Fence, documents
from tests.house.repository import ROOT
from tests.support.running import SECRET, Start
from tests.support.workspace import COMPILED

RUN = [document for document in documents() if any(fence.info == "run" for fence in document.fences)]
EXCERPTS = [
    (document, fence) for document in documents() for fence in document.fences if fence.info.startswith("of ")
]


def address(target: dict[str, Any]) -> str:
    """The arguments of a connection as one address."""
    user, password, host = (quote(str(target[part]), safe="") for part in ("user", "password", "host"))
    return f"postgresql://{user}:{password}@/{target['database']}?host={host}&port={target['port']}"


def script(fences: list[Fence], mark: str) -> str:
    """All commands of a document, with a mark printed before each."""
    parts = ["set -euo pipefail"]
    for fence in fences:
        parts.append(f"echo {mark}")
        python = f".venv/bin/python <<'PYTHON'\n{fence.text}PYTHON"
        parts.append(python if fence.language == "python" else fence.text)
    return "\n".join(parts)


def as_pattern(shown: str) -> str:
    """The regular expression of what a document shows."""
    lines = []
    for line in shown.strip("\n").split("\n"):
        anything = line.strip() == "…"
        lines.append(r"(?:[^\n]*\n)*?" if anything else ".*?".join(map(re.escape, line.split("…"))) + r"\n")
    return "".join(lines)


@pytest.mark.parametrize("document", RUN, ids=str)
async def test_the_commands_of_a_document_do_what_it_shows(
    document: Document, start: Start, database: dict[str, Any], tmp_path: Path
) -> None:
    running = await start(demo=True)
    person = await running.client(None)
    await person.get("/settings/integrations")
    for provider in ("figma", "github", "slack"):
        await running.connect(person, provider)
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / ".venv").symlink_to(ROOT / ".venv")

    fences = [fence for fence in document.fences if fence.info == "run"]
    mark = f"-- {os.urandom(8).hex()}"
    shell = await asyncio.create_subprocess_exec(
        "bash",
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPYCACHEPREFIX": str(COMPILED),
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "BASE": running.base,
            "JWT_SECRET": SECRET,
            "DATABASE_URL": address(database),
            "FLUXSTUDIO_HOME": str(tmp_path),
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(shell.communicate(script(fences, mark).encode()), 90)
    printed = out.decode().split(f"{mark}\n")[1:]
    assert shell.returncode == 0, f"line {fences[len(printed) - 1].line}: {err.decode()}{printed[-1:]}"

    for fence, got in zip(fences, printed, strict=True):
        following = document.fences[document.fences.index(fence) + 1 :][:1]
        for shown in following:
            if shown.info == "shows":
                whole = got if got.endswith("\n") else got + "\n"
                assert re.fullmatch(as_pattern(shown.text), whole), f"{document}:{shown.line}\n{whole}"


def test_what_is_shown_has_to_be_what_is_printed() -> None:
    pattern = as_pattern('{\n  "a": "…",\n…\n}\n')
    assert re.fullmatch(pattern, '{\n  "a": "x y",\n  "b": 1,\n  "c": 2\n}\n')
    assert re.fullmatch(pattern, '{\n  "a": "",\n}\n')
    for wrong in ('{\n  "b": "x",\n}\n', '{\n  "a": "x",\n  "b": 1\n', 'x\n{\n  "a": "x",\n}\n'):
        assert not re.fullmatch(pattern, wrong)


@pytest.mark.parametrize(
    ("document", "fence"), EXCERPTS, ids=[f"{document}:{fence.line}" for document, fence in EXCERPTS]
)
def test_an_excerpt_stands_in_the_file_it_is_taken_from(document: Document, fence: Fence) -> None:
    source = (ROOT / fence.info.removeprefix("of ")).read_text("utf-8")
    for part in re.split(r"^…\n", fence.text, flags=re.MULTILINE):
        assert part.strip("\n") in source, f"{document}:{fence.line}"


def test_the_documents_have_commands_to_run() -> None:
    assert {str(document) for document in RUN} >= {"README.md", "docs/connect.md", "docs/operate.md"}
