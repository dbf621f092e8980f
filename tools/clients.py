"""Print what clients that others wrote do with the simulators: `make clients`; fails where one cannot.

The clients are packages of npm and PyPI, pinned like everything that tests install; their journeys are
tests, and what this prints is how they ended.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from tools.checkout import ROOT

if TYPE_CHECKING:
    import pytest

# Where the journeys are, and whose they are; names of tests begin with their client where a file has several.
SUITES = {
    "tests/witnesses/test_clients.py": "",
    "tests/witnesses/test_emulate.py": "emulate",
    "tests/providers/slack/simulator/test_official_client.py": "slack_sdk",
}
CLIENTS = {
    "octokit": "octokit",
    "oauth_app": "@octokit/oauth-app",
    "slacks_client": "@slack/web-api",
    "slacks_installer": "@slack/oauth",
}
ID = re.compile(r"^(?P<file>[^:]+)::test_(?P<journey>\w+)")


class Journeys:
    """How each journey of a client ended, from pytest's own reports."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of a test that ran, or whose set-up failed."""
        name = ID.match(report.nodeid)
        if name is None or (report.when != "call" and report.passed):
            return
        row = client_and_journey(name["file"], name["journey"])
        self.outcomes[row] = self.outcomes.get(row, True) and report.passed


def client_and_journey(file: str, name: str) -> tuple[str, str]:
    """Whose journey a test is, and what it is in words."""
    for prefix, client in CLIENTS.items():
        if not SUITES.get(file) and name.startswith(f"{prefix}_"):
            return client, name.removeprefix(f"{prefix}_").replace("_", " ")
    return SUITES.get(file) or "?", name.replace("_", " ")


def table(outcomes: dict[tuple[str, str], bool]) -> str:
    """A line for each client and journey."""
    width = max((len(client) for client, _ in outcomes), default=0) + 2
    return "\n".join(
        f"{client:<{width}}{'yes' if passed else 'NO':<5}{journey}"
        for (client, journey), passed in sorted(outcomes.items())
    )


def main(arguments: list[str]) -> int:
    """Run the journeys and print the table; 1 where one fails."""
    import pytest

    journeys = Journeys()
    options = ["-o", "addopts=--import-mode=importlib -p no:schemathesis", "-p", "no:terminal"]
    pytest.main([*(str(ROOT / suite) for suite in SUITES), *options, *arguments], plugins=[journeys])
    print(table(journeys.outcomes))
    return 0 if journeys.outcomes and all(journeys.outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
