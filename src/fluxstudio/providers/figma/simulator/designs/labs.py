"""Things Pine Labs tries out."""

from __future__ import annotations

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

TIDE = "M0 150 C70 150 90 20 180 20 C270 20 290 190 380 190 C460 190 490 50 570 50 C620 50 640 80 680 96"
ICONS = {
    "anchor": "M24 14 L24 44 M14 22 L34 22 M6 30 C6 42 16 46 24 46 C32 46 42 42 42 30 M24 6 L24 14",
    "wave": "M4 18 C12 8 18 28 26 18 C32 10 38 26 44 18 M4 32 C12 22 18 42 26 32 C32 24 38 40 44 32",
    "sail": "M26 4 L26 34 L8 34 Z M30 12 L30 34 L42 34 M6 40 L44 40",
    "sun": "M24 14 C34 14 34 34 24 34 C14 34 14 14 24 14 M24 2 L24 8 M24 40 L24 46 M2 24 L8 24 M40 24 L46 24",
    "compass": "M24 4 C52 4 52 44 24 44 C-4 44 -4 4 24 4 M31 17 L27 27 L17 31 L21 21 Z",
    "flag": "M12 4 L12 46 M12 8 L38 14 L12 24",
    "bell": "M12 34 L12 22 C12 6 36 6 36 22 L36 34 L40 38 L8 38 Z M20 44 L28 44",
    "lock": "M12 22 L36 22 L36 44 L12 44 Z M16 22 L16 14 C16 4 32 4 32 14 L32 22",
    "map": "M4 10 L18 4 L30 10 L44 4 L44 38 L30 44 L18 38 L4 44 Z M18 4 L18 38 M30 10 L30 44",
    "buoy": "M24 4 C52 4 52 44 24 44 C-4 44 -4 4 24 4 M24 15 C36 15 36 33 24 33 C12 33 12 15 24 15",
    "light": "M18 20 L30 20 L34 46 L14 46 Z M20 20 L20 10 L28 10 L28 20 M6 8 L14 12 M42 8 L34 12",
    "drop": "M24 4 C24 4 40 22 40 32 C40 48 8 48 8 32 C8 22 24 4 24 4",
}


def tide_tables() -> Node:
    """A widget that draws the day's water."""
    hours = [
        text(hour, 40 + at * 170, 372, 80, "Body/Small", "Ink/600")
        for at, hour in enumerate(("03", "09", "15", "21"))
    ]
    return document(
        page(
            "Widget",
            "#c9dde2",
            frame(
                *("Tide table", 0, 0, 760, 430, "White"),
                text("Northhaven", 40, 36, 400, "Heading/Large", "Harbour/900"),
                text("Saturday 17 May", 40, 74, 400, "Body/Regular", "Ink/600"),
                text("4.2 m", 560, 36, 160, "Heading/Large", "Coral/500", align="RIGHT"),
                *(rect("Line", 40, 150 + at * 66, 680, 1, "Sand/300") for at in range(4)),
                path("Curve", 40, 140, 680, 210, None, TIDE, stroke="Harbour/500", weight=6),
                ellipse("High water", 208, 148, 24, 24, "Coral/500", stroke="White", weight=4),
                *hours,
                radius=28,
                shadow="Shadow/Floating",
            ),
        )
    )


def quiet_mode() -> Node:
    """A screen for the night watch."""
    stars = ((60, 80), (150, 46), (300, 110), (420, 60), (520, 130), (610, 52), (680, 150), (240, 190))
    return document(
        page(
            "Night watch",
            "#0b1b21",
            frame(
                *("Quiet mode", 0, 0, 760, 470, "Harbour/900"),
                *(ellipse("Star", x, y, 4, 4, "Sun/300") for x, y in stars),
                ellipse("Moon", 560, 200, 110, 110, "Sand/100"),
                ellipse("Shade", 528, 182, 110, 110, "Harbour/900"),
                text(
                    "02:40",
                    56,
                    168,
                    400,
                    "Heading/Display",
                    "Harbour/200",
                    font={"fontSize": 92, "lineHeightPx": 104},
                ),
                text("Wind steady, nothing ahead.", 60, 288, 460, "Heading/Medium", "Harbour/500"),
                rect("Horizon", 0, 384, 760, 86, "Harbour/700"),
                text("Hold to wake the others", 0, 414, 760, "Body/Regular", "Harbour/200", align="CENTER"),
                radius=28,
            ),
        )
    )


def icons() -> Node:
    """Twelve icons on a grid of 48."""
    drawn = [
        frame(
            *(f"icon/{name}", 48 + at % 4 * 168, 48 + at // 4 * 168, 136, 136, "White"),
            path(name, 44, 44, 48, 48, None, line, stroke="Pine/700", weight=3),
            kind="COMPONENT",
            radius=24,
            about=f"Pine icon: {name}",
        )
        for at, (name, line) in enumerate(ICONS.items())
    ]
    return document(page("Icons", "#d9eadf", frame("Set", 0, 0, 736, 568, "Sand/50", *drawn, radius=32)))
