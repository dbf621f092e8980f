"""Design tokens in the browser, without JavaScript: make a sync, see what it would do, run it, look back."""

from __future__ import annotations

import json
import re

import httpx2

from fluxstudio.providers.figma.simulator.designs.variables import variables
from fluxstudio.providers.figma.simulator.exporting import exported_modes
from tests.support.browsing import Browser
from tests.support.running import Running

PAGE = "/design-tokens"
FIELDS = {
    "file_key": "https://www.figma.com/design/DriftwoodFoundations01/Driftwood",
    "repository": "harbour-pine/driftwood",
    "token_file": "tokens/base.json",
    "branch": "",
    "policy": "ask",
}


async def test_a_person_keeps_tokens_in_sync_in_the_browser(running: Running) -> None:
    ada = await Browser.new(running)
    await ada.sign_up("ada@example.com", "not-a-real-password")
    assert "No token syncs yet" in (await ada.open(PAGE)).text
    await ada.open(f"{PAGE}/new")
    refused = await ada.send(PAGE, **FIELDS)
    assert refused.status_code == 400
    assert "Connect" in refused.text or "connect" in refused.text
    await running.connect(ada.client, "figma", scopes="file_variables:read")
    await running.connect(ada.client, "github")
    await ada.open(f"{PAGE}/new")
    incomplete = await ada.send(PAGE, **{**FIELDS, "token_file": ""})
    assert "Required." in incomplete.text
    made = await followed(ada, await ada.send(PAGE, **FIELDS))
    assert "Palette.Harbour.700" in made.text
    assert 'class="swatch"' in made.text
    assert "No runs yet" in made.text
    [address] = set(re.findall(rf"{PAGE}/[0-9a-f-]{{36}}(?=/run)", made.text))
    unposted = await ada.send(f"{address}/notify", channel="#tides")
    assert unposted.status_code == 400
    beside = re.search(r'value="#tides".*?<p class="field-error"[^>]*>.*?</p>', unposted.text, re.DOTALL)
    assert beside
    assert "Connect Slack first" in beside[0]
    synced = await followed(ada, await ada.send(f"{address}/run"))
    assert "Proposed" in synced.text
    assert "/harbour-pine/driftwood/pull/" in synced.text
    assert "Open pull request" in (await ada.open(PAGE)).text
    assert "Export modes" in (await ada.open(f"{address}/source")).text
    coded = await ada.send(f"{address}/plugin-code")
    assert re.search(r'<code class="token-code">[\w-]{32}</code>', coded.text)
    plugin = await ada.client.get(f"{PAGE}/plugin.zip")
    assert (plugin.status_code, plugin.headers["content-type"]) == (200, "application/zip")
    wrong = await ada.send_files(f"{address}/exports", "files", {"package.json": b"{}"})
    assert (wrong.status_code, "These files hold no variables" in wrong.text) == (400, True)
    exported = {
        name: json.dumps(root).encode()
        for name, root in exported_modes(variables()).items()
        if name.startswith("Palette")
    }
    added = await followed(
        ada, await ada.send_files(f"{address}/exports", "files", exported, collection="Palette")
    )
    assert "Files added." in added.text
    foldered = await followed(ada, await ada.send(f"{address}/source", kind="folder", folder="nowhere"))
    assert "has no folder nowhere" in foldered.text
    mei = await Browser.new(running)
    await mei.sign_up("mei@example.com", "not-a-real-password")
    assert (await mei.open(address)).status_code == 404
    await ada.open(address)
    assert "Deleted." in (await followed(ada, await ada.send(f"{address}/delete"))).text


async def followed(browser: Browser, answer: httpx2.Response) -> httpx2.Response:
    """The page that an answer leads to."""
    assert answer.status_code == 303, answer.text
    return await browser.open(answer.headers["location"])
