"""The look of Harbour & Pine, and the posters of its launch."""

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

PINE = "M60 0 L104 62 L80 62 L118 116 L68 116 L68 150 L52 150 L52 116 L2 116 L40 62 L16 62 Z"
SWELL = "M0 14 C30 -6 52 34 84 14 C114 -4 138 34 168 14 C198 -4 222 34 252 14"
SEA = "M0 60 C90 10 150 110 240 60 C300 28 350 84 420 56 L420 400 L0 400 Z"
SAIL = "M120 0 L120 210 L0 210 Z M136 40 L136 210 L230 210 Z M6 232 L238 232 L200 286 L50 286 Z"


def identity() -> Node:
    """Mark, colours and voice."""
    shades = ("Harbour/900", "Harbour/500", "Pine/500", "Sand/300", "Coral/500")
    return document(
        page(
            "Identity",
            "#d9e4dd",
            frame(
                *("Mark", 0, 0, 620, 560, "Sand/50"),
                path("Pine", 210, 96, 118, 150, "Pine/700", PINE),
                path("Second pine", 318, 142, 118, 150, "Pine/500", PINE, opacity=0.9),
                path("Swell", 184, 308, 252, 30, None, SWELL, stroke="Harbour/500", weight=12),
                path("Swell", 184, 344, 252, 30, None, SWELL, stroke="Harbour/200", weight=12),
                text("Harbour & Pine", 0, 420, 620, "Heading/Display", "Harbour/900", align="CENTER"),
                radius=24,
            ),
            *(rect(shade, 660 + at * 104, 0, 104, 260, shade, radius=0) for at, shade in enumerate(shades)),
            frame(
                *("Voice", 660, 300, 520, 260, "Harbour/700"),
                text("Say it as you would\non the pier.", 44, 56, 440, "Heading/Display", "White"),
                text("Plain words, short sentences, no hurry.", 44, 180, 430, "Body/Regular", "Harbour/200"),
                radius=24,
            ),
        )
    )


def posters() -> Node:
    """Three posters for the summer."""
    return document(
        page(
            "Posters",
            "#2b3638",
            _poster("Out by ten", "Dusk", "Harbour/900", "White", 0),
            _poster("Back by tea", "Coral/100", "Coral/500", "Harbour/900", 460),
            _poster("Any tide", "Pine/100", "Pine/500", "Pine/700", 920),
        )
    )


def _poster(caption: str, ground: str, sea: str, ink: str, x: float) -> Node:
    return frame(
        *(caption, x, 0, 420, 600, ground),
        ellipse("Sun", 250, 180, 120, 120, "Sun/300"),
        path("Sail", 88, 156, 240, 290, "White", SAIL, opacity=0.95),
        path("Sea", 0, 380, 420, 400, sea, SEA),
        text(caption, 32, 40, 360, "Heading/Display", ink, font={"fontSize": 56, "lineHeightPx": 62}),
        text("Tidewater · boats by the hour", 32, 548, 360, "Body/Strong", "White"),
        radius=8,
        shadow="Shadow/Floating",
    )
