"""Simulators are controlled by programs on this machine, and by no web page that somebody happens to read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.support.running import Running

JSON = {"content-type": "application/json"}
FAULT = b'{"kind": "status", "match": ".*", "status": 500}'
FOREIGN: Mapping[str, Mapping[str, str]] = {
    "a form": {"content-type": "application/x-www-form-urlencoded"},
    "a form that looks like JSON": {"content-type": "text/plain"},
    "a form with a file": {"content-type": "multipart/form-data; boundary=x"},
    "nothing said of its type": {"content-type": ""},
    "another origin": {**JSON, "origin": "https://evil.example"},
    "an origin that is hidden": {**JSON, "origin": "null"},
    "another port of this machine": {**JSON, "origin": "http://127.0.0.1:1"},
    "another site": {**JSON, "sec-fetch-site": "cross-site"},
    "a site beside": {**JSON, "sec-fetch-site": "same-site"},
}


def control(running: Running, path: str = "faults", provider: str = "github") -> str:
    return f"{running.simulators[provider].url('web')}/_control/{path}"


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_what_a_foreign_page_can_send_changes_nothing(
    running: Running, headers: Mapping[str, str]
) -> None:
    client = await running.client(None)
    for provider in running.simulators:
        answer = await client.post(control(running, provider=provider), content=FAULT, headers=dict(headers))
        assert answer.status_code == 403, provider
        assert running.simulators[provider].faults.active == []


async def test_a_foreign_page_can_reset_nothing_without_a_body(running: Running) -> None:
    client = await running.client(None)
    for path in ("reset", "expire", "revoke"):
        answer = await client.post(control(running, path), headers={"origin": "https://evil.example"})
        assert answer.status_code == 403


async def test_programs_of_this_machine_control_simulators(running: Running) -> None:
    client = await running.client(None)
    answer = await client.post(control(running, "clock"), json={"advance": 1})
    assert answer.status_code == 200
    assert (await client.post(control(running, "expire"))).status_code == 200
    own = control(running).partition("/github.com")[0]
    same = {"origin": own, "sec-fetch-site": "same-origin"}
    assert (
        await client.post(control(running, "clock"), json={"advance": 1}, headers=same)
    ).status_code == 200
