"""What will be written at a provider, as a view of it."""

from __future__ import annotations

from collections.abc import Iterable

from fluxstudio.faces.web.components.document_html import html_of
from fluxstudio.faces.web.components.views import DrawingView, DrawnBlockView
from fluxstudio.sdk import Drawing, DrawnBlock


def drawn_blocks(blocks: Iterable[DrawnBlock]) -> tuple[DrawnBlockView, ...]:
    """Blocks with their documents as HTML."""
    return tuple(DrawnBlockView(kind=block.kind, parts=tuple(map(html_of, block.parts))) for block in blocks)


def drawing_view(drawing: Drawing, *, person: str, place: str = "") -> DrawingView:
    """A drawing; `person` wrote it where the app did not, and `place` is what its place is called."""
    return DrawingView(
        kind=drawing.kind,
        by=drawing.by or person,
        app=bool(drawing.by),
        place=place or drawing.place,
        title=drawing.title,
        blocks=drawn_blocks(drawing.blocks),
        labels=tuple(drawing.labels),
        people=tuple(drawing.people),
    )
