"""Print which promise holds for which provider: `python3 -m tools.scorecard`; fails where one does not.

The rules are the tests of the conformance suite, run over every provider against its simulator; what this
prints is how they ended, and nothing that anybody wrote down.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tools import endpoints
from tools.checkout import ROOT

if TYPE_CHECKING:
    import pytest

SUITE = "tests/conformance"
ID = re.compile(r"^.*/test_(?P<area>\w+)\.py::test_(?P<rule>\w+)\[(?P<parameters>.+)\]$")
PASSED, FAILED, NONE = "yes", "NO", "·"


class Recorder:
    """How each rule ended for each provider, from pytest's own reports."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of a test that ran, or whose set-up failed."""
        if report.when != "call" and report.passed:
            return
        name = ID.match(report.nodeid)
        if name is not None:
            provider = re.split(r"[-.]", name["parameters"])[0]
            self.outcomes[name["area"], name["rule"]][provider].append(report.passed)


def table(outcomes: Mapping[tuple[str, str], Mapping[str, list[bool]]]) -> str:
    """The scorecard: a row for each rule by area, a column for each provider.

    A rule that was tried several ways holds only where all of them passed.
    """
    providers = sorted({provider for by_provider in outcomes.values() for provider in by_provider})
    width = max(len(provider) for provider in providers) + 2
    area = ""
    lines = ["".join(f"{provider:<{width}}" for provider in providers) + "rule"]
    for (group, rule), by_provider in sorted(outcomes.items()):
        if group != area:
            area = group
            lines.append(f"\n{group.replace('_', ' ').capitalize()}")
        cells = [
            NONE if provider not in by_provider else PASSED if all(by_provider[provider]) else FAILED
            for provider in providers
        ]
        lines.append("".join(f"{cell:<{width}}" for cell in cells) + rule.replace("_", " "))
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run the suite and print the table; 1 where a rule does not hold for a provider that it concerns."""
    import pytest

    recorder = Recorder()
    options = ["-o", "addopts=--import-mode=importlib -p no:schemathesis", "-p", "no:terminal"]
    pytest.main([str(ROOT / SUITE), *options, *arguments], plugins=[recorder])
    print(table(recorder.outcomes))
    broken = [
        f"{provider}: {rule.replace('_', ' ')}"
        for (_, rule), by_provider in sorted(recorder.outcomes.items())
        for provider, passed in by_provider.items()
        if not all(passed)
    ]
    print("\n" + endpoints.scorecard())
    held = len(recorder.outcomes)
    print(f"\n{held} rules. " + (f"Broken: {'; '.join(broken)}." if broken else "All of them hold."))
    return 1 if broken or not held else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
