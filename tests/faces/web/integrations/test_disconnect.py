"""What a disconnect would end is said before it is done."""

from __future__ import annotations

from tests.support.automating import Automating
from tests.support.browsing import browser_of, words
from tests.support.running import Running


async def test_a_few_of_many_automations_are_named_and_the_rest_counted(running: Running) -> None:
    ada = await Automating.begin(running)
    for number in range(7):
        await ada.make(name=f"Rule {number}")
    browser = await browser_of(running, ada.client)
    page = await browser.open(
        f"/settings/integrations/slack/disconnect?connection={ada.connections['slack']}"
    )
    text = words(page.text)
    assert text.count("The automation “Rule") == 4
    assert "3 more automations pause." in text
