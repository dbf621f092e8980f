"""What the product runs on can be listed, and looked up among known vulnerabilities."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.repository import ROOT
from tests.house.supply import REGISTRIES, locked
from tools import audit, sbom

LOCKED = {
    f"pkg:pypi/{requirement.name}@{pin.version}": {digest.removeprefix("sha256:") for digest in hashes}
    for requirement, hashes in locked("run")
    for pin in requirement.specifier
}
ANSWER = """#!{python}
import json, sys
service = sys.argv[sys.argv.index("--vulnerability-service") + 1]
answer = json.loads({answers!r}).get(service)
if answer is None:
    sys.exit("ConnectionError: nobody answers")
vulnerabilities = answer if isinstance(answer, dict) else {{name: [] for name in answer}}
entries = [
    {{"name": name, "skip_reason": "not found"}} if vulns is None else {{"name": name, "vulns": vulns}}
    for name, vulns in vulnerabilities.items()
]
print(json.dumps({{"dependencies": entries}}))
"""
NAMES = sorted(pin.name for pin in audit.pins())
VULNERABLE = {"id": "PYSEC-0000-1", "fix_versions": ["9.9"], "aliases": []}


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    return sbom.listed()


def asked(folder: Path, **answers: Any) -> audit.Findings:
    """The findings, where the services answer like this; one that is not named cannot be reached."""
    stand_in = folder / "pip-audit"
    stand_in.write_text(ANSWER.format(python=sys.executable, answers=json.dumps(answers)))
    stand_in.chmod(0o755)
    return audit.findings([os.fspath(stand_in)])


def test_the_list_is_valid_cyclonedx(listed: dict[str, Any]) -> None:  # R56
    # Importing these takes a second, and every worker collects every test.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(listed)) is None


def test_the_list_names_exactly_what_the_lock_holds_with_its_hashes(listed: dict[str, Any]) -> None:  # R56
    results = {
        component["purl"]: {
            digest["content"]
            for reference in component["externalReferences"]
            for digest in reference["hashes"]
        }
        for component in listed["components"]
    }
    assert results == LOCKED


def test_the_list_says_who_needs_whom(listed: dict[str, Any]) -> None:  # R56
    needs = {entry["ref"]: entry["dependsOn"] for entry in listed["dependencies"]}
    named = {ref.partition("@")[0]: [one.partition("@")[0] for one in refs] for ref, refs in needs.items()}
    assert "pkg:pypi/starlette" in named["pkg:pypi/fastapi"]
    assert "pkg:pypi/fastapi" in named[listed["metadata"]["component"]["bom-ref"]]
    assert set(LOCKED) <= needs.keys()
    reached, ahead = set(), [listed["metadata"]["component"]["bom-ref"]]
    while ahead:
        ref = ahead.pop()
        if ref not in reached:
            reached.add(ref)
            ahead += needs[ref]
    assert set(LOCKED) <= reached


def test_the_list_is_the_same_everywhere(listed: dict[str, Any]) -> None:  # R56
    text = json.dumps(listed)
    assert json.dumps(sbom.listed()) == text
    assert not [host for host in REGISTRIES if host in text]
    assert str(ROOT) not in text
    assert "timestamp" not in listed["metadata"]
    assert "serialNumber" not in listed


def test_packages_that_all_were_looked_up_and_of_which_nothing_is_known_pass(tmp_path: Path) -> None:  # R56
    answers = asked(tmp_path, osv=NAMES)
    assert (answers.status, answers.problems) == (0, {})
    assert "Nothing is known" in audit.report(answers)


def test_a_known_vulnerability_is_named_with_its_mend(tmp_path: Path) -> None:  # R56
    answers = asked(tmp_path, osv={name: [VULNERABLE] * (name == "anyio") for name in NAMES})
    assert answers.status == 1
    assert "anyio: PYSEC-0000-1 (mended in 9.9)" in audit.report(answers)


def test_where_one_service_is_away_the_next_is_asked(tmp_path: Path) -> None:  # R56
    answers = asked(tmp_path, pypi=NAMES)
    assert answers.status == 0
    assert answers.problems == {"osv": "ConnectionError: nobody answers"}


@pytest.mark.parametrize("answers", [{}, {"pypi": dict.fromkeys(NAMES)}, {"osv": []}, {"osv": NAMES[1:]}])
def test_what_could_not_be_looked_up_is_never_taken_for_harmless(  # R56
    tmp_path: Path, answers: dict[str, Any]
) -> None:
    result = asked(tmp_path, **answers)
    assert result.status == 3
    text = audit.report(result)
    assert f"NOT AUDITED: {NAMES[0]}" in text
    assert "Nothing is known" not in text


def test_what_is_installed_is_what_the_lock_says() -> None:  # R56
    assert audit.drifted() == []
