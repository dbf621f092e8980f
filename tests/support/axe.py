"""What axe-core (npm `axe-core`, pinned in tools/assets.toml) finds wrong with a page as it is drawn."""

from __future__ import annotations

from playwright.async_api import Page

from tests.support.pins import PINS

OPEN_DISCLOSURES = """() => {
    for (const details of document.querySelectorAll("main details")) details.setAttribute("open", "");
}"""
RUN = """async (rules) => {
    const chosen = rules.length ? { runOnly: rules } : {};
    const { violations } = await axe.run(document, { resultTypes: ["violations"], ...chosen });
    const places = (nodes) => nodes.map((node) => node.target.join(" ")).join(", ");
    return violations.map(({ id, nodes }) => `${id}: ${places(nodes)}`);
}"""


async def violations(page: Page, *rules: str, disclosures: bool = True) -> list[str]:
    """Of these rules, of all where none is named, those that a page breaks and where, with all of its
    disclosures open."""
    if disclosures:
        await page.evaluate(OPEN_DISCLOSURES)
    await page.evaluate((PINS / "axe.min.js").read_text("utf-8"))
    broken: list[str] = await page.evaluate(RUN, list(rules))
    return broken
