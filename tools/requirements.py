"""Print every requirement with the tests that prove it: `python3 -m tools.requirements`; fails on a gap."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator

from tools.checkout import ROOT

LINE = re.compile(r"^\* (R\d+) — (.+)$")
NAMED = re.compile(r"#.*\bR\d+")


def required() -> dict[str, str]:
    """Requirement → its words, for everything that is built."""
    built = (ROOT / "docs" / "requirements.md").read_text("utf-8").partition("\n## Later")[0]
    return {match[1]: match[2] for line in built.splitlines() if (match := LINE.match(line))}


def proofs() -> Iterator[tuple[str, str]]:
    """(requirement, `file::test`) for every line that a test names beside its own name."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = ""
        for line in path.read_text("utf-8").splitlines():
            opening = re.match(r"(?:async )?def (test_\w+)", line)
            if opening:
                name = opening[1]
            if name and NAMED.search(line) and (opening or line.startswith(")")):
                for requirement in re.findall(r"\bR\d+\b", line.partition("#")[2]):
                    yield requirement, f"{path.relative_to(ROOT)}::{name}"


def main() -> int:
    """Print the list; 1 when a requirement has no test."""
    by_requirement: dict[str, list[str]] = defaultdict(list)
    for requirement, test in proofs():
        by_requirement[requirement].append(test)
    missing = []
    for requirement, words in required().items():
        tests = by_requirement.get(requirement, [])
        print(f"{requirement:<4} {words}")
        for test in tests or ["NO TEST"]:
            print(f"     {test}")
        if not tests:
            missing.append(requirement)
    print(
        f"\n{len(required()) - len(missing)} of {len(required())} proven."
        + f" Missing: {', '.join(missing)}." * bool(missing)
    )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
