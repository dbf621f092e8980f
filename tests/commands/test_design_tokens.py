from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCALE = '{\n  "a": {"$type": "number", "$value": 1},\n  "b": {"$type": "number", "$value": 2}\n}\n'


def tokens(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fluxstudio", "tokens", *map(str, words)]
    return subprocess.run(command, capture_output=True, check=False)


def files(folder: Path, **texts: str) -> list[str]:
    words = []
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
        words += [f"--{name}", str(folder / name)]
    return words


def test_a_merge_prints_the_file_and_its_conflicts(tmp_path: Path) -> None:
    words = files(
        tmp_path,
        base=SCALE,
        ours=SCALE.replace("1}", "5}").replace("2}", "6}"),
        theirs=SCALE.replace("2}", "7.0}"),
    )
    done = tokens("merge", *words, "--format", "json")
    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, b"")
    assert answer["merged"] == {"a": {"$type": "number", "$value": 5}, "b": {"$type": "number", "$value": 7}}
    assert answer["conflicts"] == [{"path": "b", "field": "$value", "base": 2, "ours": 6, "theirs": 7}]
    assert answer["text"] == SCALE.replace("1}", "5}").replace("2}", "7.0}")
    assert tokens("merge", *words, "--format", "text").stdout.decode() == answer["text"]
    agreed = tokens("merge", *words, "--policy", "figma")
    assert json.loads(agreed.stdout)["merged"]["b"]["$value"] == 6


def test_a_merge_without_conflicts_ends_well(tmp_path: Path) -> None:
    assert tokens("merge", *files(tmp_path, base=SCALE, ours=SCALE, theirs=SCALE)).returncode == 0


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_traced(tmp_path: Path) -> None:
    words = files(tmp_path, base=SCALE, ours=SCALE, theirs='{"a": 1, "a": 2}')
    done = tokens("merge", *words)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"theirs has" in done.stderr
    assert b"Traceback" not in done.stderr
    assert tokens("check", tmp_path / "nowhere").returncode == 2


def test_a_check_names_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "good").write_text(SCALE, "utf-8")
    (tmp_path / "bad").write_text(
        '{"a": {"$type": "color", "$value": "{gone}"}, "b": {"$value": 1}}', "utf-8"
    )
    (tmp_path / "round").write_text('{"a": {"$type": "number", "$value": "{a}"}}', "utf-8")
    assert tokens("check", tmp_path / "good").returncode == 0
    bad = tokens("check", tmp_path / "bad", "--format", "json")
    assert bad.returncode == 1
    assert {problem["code"] for problem in json.loads(bad.stdout)["problems"]} == {"dangling", "type"}
    assert tokens("check", tmp_path / "round").returncode == 2


def test_a_conversion_is_printed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(SCALE, "utf-8")
    assert tokens("convert", tmp_path / "file", "--to", "css").stdout == b":root {\n  --a: 1;\n  --b: 2;\n}\n"
    assert json.loads(tokens("convert", tmp_path / "file", "--to", "legacy").stdout)["a"] == {
        "type": "number",
        "value": 1,
    }
