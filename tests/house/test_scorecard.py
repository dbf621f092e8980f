"""`make scorecard` prints what tests found out, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tools.endpoints import table as endpoint_table
from tools.scorecard import Recorder, table


def report(name: str, *, passed: bool, when: str = "call") -> Any:
    return SimpleNamespace(nodeid=f"tests/conformance/{name}", passed=passed, when=when)


def test_a_rule_holds_for_a_provider_only_where_every_way_of_trying_it_passed() -> None:
    recorder = Recorder()
    for name, passed in (
        ("test_connect.py::test_people_may_decline[figma]", True),
        ("test_connect.py::test_people_may_decline[slack-twice]", True),
        ("test_connect.py::test_people_may_decline[slack-late]", False),
        ("test_events.py::test_events_are_told[slack]", True),
    ):
        recorder.pytest_runtest_logreport(report(name, passed=passed))
    rows = {
        line.rpartition("  ")[2].strip(): line.split()[:2] for line in table(recorder.outcomes).splitlines()
    }
    assert rows["rule"] == ["figma", "slack"]
    assert rows["people may decline"] == ["yes", "NO"]
    assert rows["events are told"] == ["·", "yes"]


def test_a_set_up_that_fails_is_a_rule_that_does_not_hold() -> None:
    recorder = Recorder()
    name = "test_connect.py::test_people_may_decline[figma]"
    recorder.pytest_runtest_logreport(report(name, passed=True, when="setup"))
    assert not recorder.outcomes
    recorder.pytest_runtest_logreport(report(name, passed=False, when="setup"))
    assert recorder.outcomes["connect", "people_may_decline"]["figma"] == [False]


def test_what_is_proved_of_a_call_is_what_was_exchanged_with_it() -> None:
    calls = {"GitHub": [("GET", "/api.github.com/user"), ("GET", "/api.github.com/repos/{owner}/{repo}")]}
    exchanges = [
        ["GET", "/api.github.com/repos/a/b", 200, "octokit.js/5 node", ""],
        ["GET", "/api.github.com/repos/a/b", 404, "python-httpx/2", ""],
    ]
    lines = endpoint_table(calls, exchanges)
    assert lines[1] == "GitHub: 1 of 2 simulated calls are tried by tests"
    [text] = [line.split() for line in lines if "{owner}" in line]
    assert text == [
        "OpenAPI",
        "yes",
        "404",
        "·",
        "yes",
        "octokit.js",
        "GET",
        "/api.github.com/repos/{owner}/{repo}",
    ]
