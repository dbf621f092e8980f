"""Settings → Endpoints: administrators add an endpoint, see what became of messages, and send them again."""

from __future__ import annotations

import re

from tests.support.browsing import Browser
from tests.support.host_product import delivering, host_product
from tests.support.receiving import arrived
from tests.support.running import Running

ENDPOINTS = "/settings/endpoints"


async def test_an_administrator_manages_endpoints_in_the_browser(running: Running) -> None:
    ada = await Browser.new(running)
    await ada.sign_up("ada@example.com", "not-a-real-password")
    mei = await Browser.new(running)
    await mei.sign_up("mei@example.com", "not-a-real-password")
    await running.services.db.execute("UPDATE users SET granted_role = 'member' WHERE email LIKE 'mei@%'")
    assert (await mei.open(ENDPOINTS)).status_code == 403
    assert "No endpoints yet" in (await ada.open(ENDPOINTS)).text
    await ada.open(f"{ENDPOINTS}/new")
    refused = await ada.send(ENDPOINTS, url="http://10.0.0.1/")
    assert refused.status_code == 400
    assert "10.0.0.1 is a private address" in refused.text
    async with host_product() as host, delivering(running) as deliver:
        made = await ada.send(
            ENDPOINTS, url=host.url, description="Staging", ordered="on", **{"types.event.received": "on"}
        )
        [host.secret] = set(re.findall(r"whsec_[\w+/]+=*", made.text))
        [address] = set(re.findall(rf"{ENDPOINTS}/[0-9a-f-]{{36}}(?=/edit)", made.text))
        await arrived(running)
        host.answering = lambda message: 500
        await deliver()
        page = (await ada.open(address)).text
        assert "whsec_" not in page
        assert "Answered 500" in page
        assert "Failing" in page
        host.answering = lambda message: 204
        await deliver()
        delivery = re.findall(r"/deliveries/(\d+)/resend", (await ada.open(address)).text)[0]
        await ada.send(f"{address}/deliveries/{delivery}/resend")
        await deliver()
        assert host.types == ["event.received"] * 2
    await ada.open(address)
    assert "whsec_" in (await ada.send(f"{address}/rotate-secret")).text
    await ada.send(f"{address}/disable")
    assert "It was switched off" in (await ada.open(address)).text
    await ada.send(f"{address}/enable")
    await ada.send(f"{address}/edit", url="https://app.example/new", description="Live")
    assert "https://app.example/new" in (await ada.open(ENDPOINTS)).text
    assert "no longer receives anything" in (await ada.open(f"{address}/delete")).text
    await ada.send(f"{address}/delete")
    assert "No endpoints yet" in (await ada.open(ENDPOINTS)).text
