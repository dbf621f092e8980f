"""Pages of help, with the guides that are there."""

from __future__ import annotations

from fluxstudio.faces.web.components.views import HeadView, LinkView
from fluxstudio.faces.web.help.guides import html_of_guide
from fluxstudio.faces.web.help.views import GuidePage, GuideRow, HelpPage
from fluxstudio.faces.web.shell.templating import Page


def pages() -> list[Page]:
    """The list, and the longest guide."""
    return [
        HelpPage(
            head=HeadView(title="Help"), rows=(GuideRow(title="Figma", about="Browse.", href="/help/figma"),)
        ),
        GuidePage(
            head=HeadView(title="Troubleshooting", parent=LinkView(label="Help", href="/help")),
            html=html_of_guide("troubleshooting"),
        ),
    ]
