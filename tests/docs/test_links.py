"""Every link, path and picture in the documents leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.documents import Document, documents
from tests.house.repository import ROOT, SOURCE
from tests.support.each import for_each

PLACES = (ROOT, SOURCE, ROOT / "tests" / "dropin" / "linear")
# What a running product makes in its data folder.
MADE = {".fluxstudio/", "postgres/", "simulators/", "spool/"}
FILES = {".py", ".sql", ".md", ".html", ".css", ".js", ".json", ".toml", ".svg", ".txt", ".in", ".png"}
DIAGRAMS = ("sequenceDiagram", "stateDiagram-v2", "flowchart LR", "flowchart TD", "erDiagram")


def is_path(code: str) -> bool:
    """Whether code in a text names a file or folder of this repository."""
    if code in MADE or code.startswith((".venv", "/")):
        return False
    if not re.fullmatch(r"\.?[\w-]+(/[\w.*-]+)*/?|[\w./-]+\.\w+", code):
        return False
    suffix = re.search(r"\.\w+$", code)
    return code.endswith("/") or ("/" in code and suffix is not None and suffix[0] in FILES)


@for_each(documents(), name=str)
def test_every_link_within_the_project_leads_somewhere(document: Document) -> None:
    for link in document.links():
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.path.parent / path).resolve() if path else document.path
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in Document(target).anchors, link


@for_each(documents(), name=str)
def test_every_file_a_document_speaks_of_is_there(document: Document) -> None:
    places = (document.path.parent, *PLACES)
    for code in filter(is_path, document.code()):
        assert any(list(place.glob(code.rstrip("/"))) for place in places), code


# Whose modules and folders the tree of ARCHITECTURE.md shows, each of them.
FLOORS = ("", "faces", "faces/middleware", "faces/web", "flows", "core", "sdk")


def test_the_tree_of_the_architecture_shows_every_room_of_every_floor() -> None:
    [tree] = [fence for fence in Document(ROOT / "ARCHITECTURE.md").fences if fence.info == "tree"]
    shown = {ROOT / path for path in paths_of(tree.text)}
    rooms = {
        room
        for floor in FLOORS
        for room in (SOURCE / floor).iterdir()
        if (room / "__init__.py").is_file() or (room.suffix == ".py" and not room.name.startswith("_"))
    }
    assert rooms - shown == set()


def test_the_architecture_names_only_modules_that_are_there() -> None:
    named = {code for code in Document(ROOT / "ARCHITECTURE.md").code() if re.fullmatch(r"\w+\.py", code)}
    assert named - {path.name for path in ROOT.rglob("*.py") if ".venv" not in path.parts} == set()


@for_each(documents(), name=str)
def test_a_tree_shows_files_and_folders_that_are_there(document: Document) -> None:
    for fence in document.fences:
        if fence.info == "tree":
            shown = list(paths_of(fence.text))
            assert len(shown) > 10
            assert [str(path) for path in shown if not (ROOT / path).exists()] == []


def paths_of(tree: str) -> Iterator[Path]:
    """The paths a drawn tree shows: indentation says what lies in what, two spaces end the names."""
    folders: dict[int, Path] = {}
    for line in filter(None, tree.splitlines()):
        depth = len(line) - len(line.lstrip())
        names = line.strip().split("  ")[0].split()
        above = folders[max(level for level in folders if level < depth)] if depth else Path()
        for name in names:
            yield above / name
        folders[depth] = above / names[-1]


@for_each(documents(), name=str)
def test_fences_are_closed_and_diagrams_are_diagrams(document: Document) -> None:
    assert not re.search(r"^```", document.prose, re.MULTILINE), "a fence is not closed"
    for fence in document.fences:
        assert fence.language, f"line {fence.line}: say the language"
        if fence.language == "mermaid":
            assert fence.text.splitlines()[0] in DIAGRAMS, f"line {fence.line}"
            assert ";" not in fence.text, f"line {fence.line}: a semicolon ends a statement in a diagram"


@for_each(documents(), name=str)
def test_everyone_in_a_sequence_diagram_is_introduced(document: Document) -> None:
    for fence in document.fences:
        if fence.language == "mermaid" and fence.text.startswith("sequenceDiagram"):
            names = set(re.findall(r"^ *(?:participant|actor) (\w+)", fence.text, re.MULTILINE))
            spoken = re.findall(r"^ *(\w+) *-{1,2}>>[+-]? *(\w+):", fence.text, re.MULTILINE)
            assert spoken
            assert {name for pair in spoken for name in pair} == names, f"line {fence.line}"


def test_decisions_are_numbered_once_each_and_say_the_three_things() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in records]
    assert all(number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers)
    for path in records:
        headings = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE)
        assert headings[:3] == ["Context", "Decision", "Consequences"], path.name


def test_every_provider_has_a_readme_that_the_readme_of_the_project_leads_to() -> None:
    linked = set(Document(ROOT / "README.md").links())
    for folder in (SOURCE / "providers").glob("*/"):
        if (folder / "__init__.py").exists():
            assert f"src/fluxstudio/providers/{folder.name}/README.md" in linked


def test_every_way_a_connect_can_fail_is_explained_to_who_builds_a_front_end() -> None:
    folder = SOURCE / "flows" / "connections"
    flow = "".join((folder / f"{name}.py").read_text("utf-8") for name in ("connect", "refusals"))
    codes = set(re.findall(r'Stopped\(\s*"([A-Z_]+)"', flow))
    guide = (ROOT / "docs" / "connect.md").read_text("utf-8")
    assert len(codes) > 6
    assert {code for code in codes if f"`{code}`" not in guide} == set()
