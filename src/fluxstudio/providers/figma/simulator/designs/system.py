"""Driftwood as it is drawn: its foundations and its components."""

from __future__ import annotations

from fluxstudio.providers.figma.simulator.designs.driftwood import (
    COLOURS,
    GRADIENTS,
    SHADOW_LAYERS,
    TEXT_SIZES,
)
from fluxstudio.providers.figma.simulator.designs.nodes import (
    Node,
    document,
    ellipse,
    frame,
    page,
    path,
    rect,
    text,
)

TICK = "M0 6 L5 11 L14 0"


def foundations() -> Node:
    """Colour, type and elevation."""
    colours = [*COLOURS, *GRADIENTS]
    swatches = [_swatch(name, 40 + at % 5 * 146, 112 + at // 5 * 150) for at, name in enumerate(colours)]
    top, specimens = 112.0, []
    for name, (_, height, _, _) in TEXT_SIZES.items():
        specimens.append(text(name, 40, top, 480, name, "Harbour/900"))
        top += height + 26
    levels = [
        frame(
            *(name, 40 + at * 208, 600, 168, 84, "White"),
            text(name.split("/")[1], 0, 32, 168, "Body/Small", "Ink/600", align="CENTER"),
            radius=16,
            shadow=name,
        )
        for at, name in enumerate(SHADOW_LAYERS)
    ]
    return document(
        page(
            "Foundations",
            "#e9e3d8",
            _board("Colour", 0, 0, 794, 740, *swatches),
            _board("Type and elevation", 834, 0, 560, 740, *specimens, *levels),
        )
    )


def components() -> Node:
    """Buttons, fields, tags, switches and a card, each a component."""
    return document(
        page(
            "Components",
            "#dfeaec",
            _board("Actions", 0, 0, 400, 460, *_buttons()),
            _board("Input", 440, 0, 520, 460, *_inputs()),
            _board("Surfaces", 0, 500, 960, 360, *_surfaces()),
        )
    )


def _board(name: str, x: float, y: float, w: float, h: float, *inside: Node) -> Node:
    title = text(name, 40, 40, w - 80, "Heading/Large", "Harbour/900")
    return frame(name, x, y, w, h, "Sand/50", title, *inside, radius=24, shadow="Shadow/Raised")


def _swatch(name: str, x: float, y: float) -> Node:
    return frame(
        *(name, x, y, 130, 124, None),
        rect(
            "Paint",
            0,
            0,
            130,
            92,
            name,
            radius=14,
            stroke="Sand/300" if name in {"White", "Sand/50"} else None,
        ),
        text(name, 2, 100, 128, "Caption", "Ink/600"),
    )


def _buttons() -> list[Node]:
    kinds = (
        ("Button/Primary", "Book a boat", "Coral/500", "White", None, "The one thing to do next"),
        (
            "Button/Quiet",
            "Not now",
            "White",
            "Harbour/700",
            "Sand/300",
            "Everything beside the primary action",
        ),
        ("Button/Danger", "Cancel trip", "Coral/100", "Coral/500", None, "What cannot be undone"),
    )
    drawn = [
        frame(
            *(name, 40, 112 + at * 78, 280, 56, ground),
            text(caption, 0, 16, 280, "Body/Strong", ink, align="CENTER"),
            kind="COMPONENT",
            radius=16,
            stroke=line,
            about=about,
        )
        for at, (name, caption, ground, ink, line, about) in enumerate(kinds)
    ]
    tags = (
        ("Tag/Free", "Free", "Pine/100", "Pine/700"),
        ("Tag/Few left", "Few left", "Coral/100", "Coral/500"),
    )
    drawn += [
        frame(
            *(name, 40 + at * 128, 366, 112, 34, ground),
            text(caption, 0, 7, 112, "Body/Small", ink, align="CENTER"),
            kind="COMPONENT",
            radius=17,
            about="Says how a day or a boat stands",
        )
        for at, (name, caption, ground, ink) in enumerate(tags)
    ]
    return drawn


def _inputs() -> list[Node]:
    field = frame(
        *("Field", 40, 112, 400, 92, None),
        text("Your harbour", 0, 0, 300, "Body/Small", "Ink/600"),
        rect("Box", 0, 28, 400, 56, "White", radius=12, stroke="Harbour/200", weight=2),
        text("Northhaven", 18, 44, 300, "Body/Regular", "Ink/900"),
        kind="COMPONENT",
        about="One line of text with its label",
    )
    checked = frame(
        *("Checkbox", 40, 240, 240, 32, None),
        rect("Box", 0, 2, 28, 28, "Pine/500", radius=8),
        path("Tick", 7, 10, 14, 11, None, TICK, stroke="White", weight=3),
        text("Life jackets for all", 42, 4, 200, "Body/Regular", "Ink/900"),
        kind="COMPONENT",
        about="On or off, sent with a form",
    )
    switch = frame(
        *("Switch", 40, 306, 64, 36, "Harbour/500"),
        ellipse("Knob", 31, 4, 28, 28, "White", shadow="Shadow/Raised"),
        kind="COMPONENT",
        radius=18,
        about="On or off, at once",
    )
    slider = frame(
        *("Slider", 40, 376, 400, 32, None),
        rect("Rail", 0, 13, 400, 6, "Sand/300", radius=3),
        rect("Chosen", 0, 13, 240, 6, "Harbour/500", radius=3),
        ellipse("Knob", 226, 2, 28, 28, "White", shadow="Shadow/Raised", stroke="Harbour/500", weight=2),
        kind="COMPONENT",
        about="A value between two ends",
    )
    return [field, checked, switch, slider]


def _surfaces() -> list[Node]:
    card = frame(
        *("Card", 40, 112, 420, 196, "White"),
        rect("Picture", 0, 0, 150, 196, "Dusk"),
        text("Marlow", 174, 28, 240, "Heading/Medium", "Harbour/900"),
        text("Dinghy for four, with a\nsmall outboard.", 174, 64, 250, "Body/Regular", "Ink/600"),
        text("£38 an afternoon", 174, 142, 240, "Body/Strong", "Coral/500"),
        kind="COMPONENT",
        radius=20,
        shadow="Shadow/Floating",
        about="A boat in a list",
    )
    notice = frame(
        *("Notice", 500, 112, 420, 92, "Harbour/50"),
        rect("Edge", 0, 0, 6, 92, "Harbour/500"),
        text("Low water from three", 28, 20, 390, "Body/Strong", "Harbour/900"),
        text("Be back at the pier by half past two.", 28, 46, 390, "Body/Regular", "Ink/600"),
        kind="COMPONENT",
        radius=12,
        about="Something to know before going on",
    )
    return [card, notice]
