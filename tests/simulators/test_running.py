"""Serving the simulators for others: the command, HTTPS under the services' own names, documentation."""

from __future__ import annotations

import http.client
import json
import re
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from fluxstudio.sdk.simulation.deliveries import DeliveryFault, OutgoingWebhook, WebhookSender
from fluxstudio.sdk.simulation.world import SimulatedClock, World
from fluxstudio.simulators import catalog, running
from fluxstudio.simulators.__main__ import main
from tests.support.strangers import walk
from tools.checkout import ROOT

DOCUMENT = ROOT / "docs" / "simulators.md"


def test_the_command_says_where_they_are_and_ends_on_a_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fluxstudio.simulators", "--port", "0", "--state", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(14)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert {"SLACK_CLIENT_ID=simulated-slack", "GITHUB_CLIENT_SECRET=simulated-secret"} <= set(lines)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--only", "gitlab"], "there is no gitlab; there are figma, github, slack"),
        (["--seed", "seed.json"], "slack: there is no rooms here"),
        (["--seed", "missing.json"], "missing.json"),
    ],
)
def test_the_command_says_what_cannot_be(
    options: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seed.json").write_text('{"slack": {"rooms": {}}}')
    assert main(["--port", "0", *options]) == 2
    assert words in capsys.readouterr().err


def test_they_speak_https_under_the_services_own_names(tmp_path: Path) -> None:
    with running(["github"], certificates=tmp_path) as simulators:
        port = int(simulators.base_url.rpartition(":")[2])
        trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))

        class Here(http.client.HTTPSConnection):
            """Connects to this machine whatever the name is."""

            def connect(self) -> None:
                http.client.HTTPConnection.connect(self)
                self.sock = trusted.wrap_socket(self.sock, server_hostname="api.github.com")

        connection = Here("127.0.0.1", port)
        headers = {"Host": f"api.github.com:{port}", "User-Agent": "tests"}
        connection.request("GET", "/repos/harbour-pine/driftwood", headers=headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
    assert (answer.status, body["url"]) == (
        200,
        f"https://api.github.com:{port}/repos/harbour-pine/driftwood",
    )


def test_every_control_is_documented() -> None:
    table = re.findall(r"^\| `(?:GET|POST) /([\w/{}]+)[^|]*` \|", DOCUMENT.read_text(), re.MULTILINE)
    documented = {re.sub(r"{\w+}", "{}", path) for path in table}
    controls = {
        re.sub(r"{[^}]+}", "{}", path.partition("/_control/")[2])
        for simulator in catalog.make(catalog.names()).values()
        for path, _ in walk(simulator.mounts(), "")
        if "/_control/" in path
    }
    assert controls == documented


async def test_deliveries_come_twice_or_in_another_order() -> None:
    sent: list[str] = []

    def write(outgoing: OutgoingWebhook, number: int, reason: str) -> tuple[dict[str, str], bytes]:
        sent.append(outgoing.event)
        return {}, b""

    sender = WebhookSender(World(dict), SimulatedClock(), write)
    sender.troubles.append(DeliveryFault(kind="reorder", match="first"))
    sender.troubles.append(DeliveryFault(kind="duplicate", match="second"))
    for event in ("first", "second"):
        sender.send(OutgoingWebhook("http://elsewhere.example", event, {}))
    await sender.settled()
    assert sent == ["second", "second", "first"]
