"""What people do in the simulated Slack."""

from __future__ import annotations

from fluxstudio.providers.slack.simulator.seed import MEI
from tests.providers.slack.conftest import Sandbox


async def say(sandbox: Sandbox, channel: str, text: str = "Ready.", who: str = MEI) -> int:
    address = f"{sandbox.simulator.url('web')}/archives/{channel}/say"
    status = (await sandbox.browser.post(address, data={"who": who, "text": text})).status_code
    await sandbox.simulator.deliveries.settled()
    return status
