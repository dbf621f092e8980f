"""What tests of other products look like with the fixture of the package; docs/simulators.md shows it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from fluxstudio.simulators import RunningSimulators, running

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post_message(slack: str) -> list[int]:
    """What the calls of a client answer that tries a second time."""
    statuses = []
    for _ in range(2):
        request = urllib.request.Request(f"{slack}/api/chat.postMessage", b"text=x")
        try:
            statuses.append(_OPENER.open(request).status)
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
    return statuses


def test_a_call_is_tried_again_when_slack_asks_to_wait(simulators: RunningSimulators) -> None:
    slack = simulators["slack"]
    wait = {"status": 429, "headers": {"retry-after": "1"}, "times": 1}
    slack.control("faults", {"match": "chat.postMessage", **wait})
    assert post_message(slack.urls["web"]) == [429, 200]


def test_every_test_begins_again(simulators: RunningSimulators) -> None:
    assert post_message(simulators["slack"].urls["web"]) == [200, 200]
    with pytest.raises(ValueError, match="kind is one of"):
        simulators["github"].control("app", {"kind": "spaceship"})


def test_data_of_ones_own_takes_the_place_of_samples() -> None:
    lena = {"id": "U0LENA0001", "name": "lena", "real_name": "Lena Holt", "title": "", "colour": "#336699"}
    with running(["slack"], seeds={"slack": {"users": {"U0LENA0001": lena}}}) as simulators:
        slack = simulators["slack"]
        assert set(slack.control("state", method="GET")["users"]) == {"U0LENA0001"}
        slack.control("reset")
        assert set(slack.control("state", method="GET")["users"]) == {"U0LENA0001"}
        with pytest.raises(ValueError, match=r"users.U1 has no colour, id, name"):
            slack.control("seed", {"users": {"U1": {"title": ""}}})
        with pytest.raises(ValueError, match="there is no people here"):
            slack.control("seed", {"people": {}})
        assert json.dumps(slack.control("seed", {})) == '{"seeded": []}'
        assert "U0ADAPARK1" in slack.control("state", method="GET")["users"]
