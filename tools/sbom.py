"""List what the product runs on, as CycloneDX JSON: `python -m tools.sbom [FILE]`; `-` is standard output.

Exactly the packages of requirements/run.txt, each with the hashes of its published files and what needs it.
The same lock gives the same bytes, wherever it is made.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.checkout import CACHE, ROOT, VENV, Command, run, say

LOCK = ROOT / "requirements" / "run.txt"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==")
VIA = re.compile(r"^ +# +(?:via\b *)?(.*)$")


def listed() -> dict[str, Any]:
    """The list. Raises `SetupError` when it could not be made, `ValueError` when it is no valid CycloneDX."""
    command: Command = [VENV / "bin" / "cyclonedx-py", "requirements", "--pyproject", ROOT / "pyproject.toml"]
    # What comes of it is validated below, once.
    options: Command = ["--no-validate", "--output-reproducible", "--spec-version", "1.6"]
    bom: dict[str, Any] = json.loads(run([*command, *options, "--output-format", "JSON", LOCK]))
    for component in bom["components"]:
        _placeless(component)
    for tool in bom["metadata"]["tools"]["components"]:
        tool.pop("externalReferences", None)
    bom["dependencies"] = _dependencies(bom["metadata"]["component"]["bom-ref"], bom["components"])
    # It builds forty grammars when it is imported, which takes four seconds.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bom))
    if problem is not None:
        raise ValueError(f"The list is no valid CycloneDX: {problem}")
    return bom


def _placeless(component: dict[str, Any]) -> None:
    """Name files by package and version, not by the place they would be fetched from."""
    component["bom-ref"] = component["purl"]
    component.pop("description", None)
    for reference in component.get("externalReferences", ()):
        reference["url"] = component["purl"]
        reference.pop("comment", None)


def _dependencies(root: str, components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who needs whom, as the lock says it behind `# via`."""
    refs = defaultdict(set)
    for component in components:
        refs[component["name"]].add(component["purl"])
    needs: Mapping[str, set[str]] = defaultdict(set)
    name = ""
    for line in LOCK.read_text("utf-8").splitlines():
        if pin := PIN.match(line):
            name = pin[1]
        elif (via := VIA.match(line)) and via[1] and name:
            for ref in refs.get(via[1], {root}):
                needs[ref] |= refs[name]
    everything = {root}.union(*refs.values())
    return [{"ref": ref, "dependsOn": sorted(needs[ref])} for ref in sorted(everything)]


def main(arguments: list[str]) -> int:
    """Write the list to a file, by default .cache/sbom.json, or to standard output."""
    text = json.dumps(listed(), indent=2, ensure_ascii=False) + "\n"
    target = arguments[0] if arguments else str(CACHE / "sbom.json")
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, "utf-8")
        say(f"Wrote {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
