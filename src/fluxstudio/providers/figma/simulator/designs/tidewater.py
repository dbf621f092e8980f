"""Tidewater, the app that books small boats."""

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

WAVES = "M0 40 C60 10 100 70 164 40 C220 14 262 66 328 40 L328 150 L0 150 Z"
HILLS = "M0 60 C90 0 150 40 220 22 C270 10 310 40 360 20 L360 130 L0 130 Z"
SAIL = "M30 0 L30 56 L0 56 Z M36 12 L36 56 L62 56 Z M2 62 L64 62 L54 76 L14 76 Z"
TICK = "M0 22 L20 42 L58 0"
TIDE = "M0 70 C30 70 45 10 82 10 C119 10 134 92 172 92 C208 92 224 24 260 24 C284 24 292 42 312 52"


def booking_flow() -> Node:
    """Pick a day, choose a boat, done."""
    steps = (_pick_a_day(0), _choose_a_boat(440), _confirmed(880))
    return document(page("Flow", "#e7eef0", *steps))


def mobile_app() -> Node:
    """The start screen and the trips of somebody who sails."""
    return document(page("Screens", "#efe8dc", _today(0), _trips(440)))


def research() -> Node:
    """A board of notes from talking to people who rent boats."""
    notes = (
        ("Sun/300", "“I only book when\nI know the tide.”", 40, 96),
        ("Coral/100", "Deposits feel like\na trap", 300, 96),
        ("Harbour/200", "Kids on board?\nAsk before price", 40, 326),
        ("Pine/100", "Two of five rang\nthe harbour anyway", 300, 326),
    )
    remarks = (
        ("Sun/300", "Show high water\non every day", 40, 96),
        ("Pine/100", "Free until the\nevening before", 40, 326),
    )
    return document(
        page(
            "Interviews",
            "#f5f5f5",
            _section("What we heard", 0, notes, 560),
            _section("What we try", 620, remarks, 300),
        )
    )


def _pick_a_day(x: float) -> Node:
    chosen, free = 17, {3, 4, 9, 10, 11, 16, 17, 18, 22, 23, 24, 25}
    days = []
    for day in range(1, 29):
        left, top = 20 + (day - 1) % 7 * 46, 210 + (day - 1) // 7 * 58
        ground = "Coral/500" if day == chosen else "Harbour/50" if day in free else None
        ink = "White" if day == chosen else "Harbour/700" if day in free else "Ink/300"
        if ground:
            days.append(ellipse(f"Day {day}", left, top, 40, 40, ground))
        style = "Body/Strong" if day in free else "Body/Regular"
        days.append(text(str(day), left, top + 8, 40, style, ink, align="CENTER"))
    week = [
        text(name, 20 + at * 46, 172, 40, "Caption", "Ink/600", align="CENTER")
        for at, name in enumerate("MTWTFSS")
    ]
    return _phone(
        "Pick a day",
        x,
        text("When do you sail?", 20, 64, 320, "Heading/Large", "Harbour/900"),
        text("Days with enough water are marked.", 20, 108, 320, "Body/Small", "Ink/600"),
        *week,
        *days,
        _tide(20, 462),
        _button("See boats", 20, 632),
    )


def _choose_a_boat(x: float) -> Node:
    cards = [
        _boat("Marlow", "Dinghy · 4 people", "£38", 128, "Dusk"),
        _boat("Petrel", "Day sailer · 6 people", "£64", 316, "Harbour/200"),
        _boat("Old Tom", "Rowing boat · 3 people", "£21", 504, "Dawn"),
    ]
    return _phone(
        "Choose a boat",
        x,
        text("Three boats are free", 20, 64, 320, "Heading/Large", "Harbour/900"),
        *cards,
    )


def _confirmed(x: float) -> Node:
    ticket = frame(
        "Ticket",
        *(30, 330, 300, 236),
        "White",
        text("Marlow", 24, 22, 252, "Heading/Medium", "Harbour/900"),
        text("Saturday 17 May, 10:40", 24, 58, 252, "Body/Regular", "Ink/600"),
        rect("Fold", 24, 100, 252, 1, "Sand/300"),
        text("High water", 24, 116, 120, "Caption", "Ink/600"),
        text("12:06", 24, 134, 120, "Heading/Medium", "Harbour/500"),
        text("Pier", 168, 116, 108, "Caption", "Ink/600"),
        text("3, east", 168, 134, 108, "Heading/Medium", "Harbour/500"),
        rect("Code", 24, 182, 252, 30, "Harbour/50", radius=8),
        text("TW · 4KX9", 24, 189, 252, "Caption", "Harbour/700", align="CENTER"),
        radius=16,
        shadow="Shadow/Floating",
    )
    return _phone(
        "Confirmed",
        x,
        rect("Sea", 0, 0, 360, 460, "Dusk"),
        ellipse("Seal", 136, 84, 88, 88, "White"),
        path("Tick", 152, 108, 58, 42, None, TICK, stroke="Pine/500", weight=7),
        text("You are booked", 20, 204, 320, "Heading/Large", "White", align="CENTER"),
        text(
            "We sent the details to ada@tidewater.example",
            20,
            248,
            320,
            "Body/Small",
            "White",
            align="CENTER",
        ),
        ticket,
        _button("Add to calendar", 20, 632),
        ground="Sand/50",
    )


def _today(x: float) -> Node:
    return _phone(
        "Today",
        x,
        rect("Sky", 0, 0, 360, 330, "Dusk"),
        ellipse("Sun", 228, 120, 96, 96, "Sun/300", opacity=0.9),
        path("Shore", 0, 208, 360, 130, "Harbour/900", HILLS, opacity=0.55),
        path("Boat", 70, 204, 64, 76, "White", SAIL),
        text("Good morning, Ada", 20, 64, 300, "Body/Regular", "White"),
        text("Fair wind until six", 20, 90, 320, "Heading/Large", "White"),
        frame(
            "Tide",
            *(16, 300, 328, 190),
            "White",
            text("Tide at Northhaven", 20, 16, 200, "Body/Strong", "Harbour/900"),
            path("Curve", 8, 64, 312, 100, None, TIDE, stroke="Harbour/500", weight=4),
            ellipse("Now", 82, 66, 16, 16, "Coral/500"),
            radius=16,
            shadow="Shadow/Floating",
        ),
        text("Out this week", 20, 516, 200, "Heading/Medium", "Harbour/900"),
        _row("Marlow", "Saturday 10:40 · pier 3", 556, "Coral/500"),
        _row("Petrel", "Sunday 09:15 · pier 1", 622, "Pine/500"),
    )


def _trips(x: float) -> Node:
    return _phone(
        "My trips",
        x,
        text("My trips", 20, 64, 320, "Heading/Large", "Harbour/900"),
        frame(
            "Next trip",
            *(16, 116, 328, 206),
            "Harbour/700",
            path("Water", 0, 84, 328, 150, "Harbour/500", WAVES),
            path("Boat", 236, 46, 64, 76, "White", SAIL),
            text("In two days", 20, 18, 200, "Caption", "Harbour/200"),
            text("Round Gull Island", 20, 38, 220, "Heading/Medium", "White"),
            radius=16,
        ),
        _row("Round Gull Island", "12 nautical miles · 4 h", 346, "Harbour/500"),
        _row("Evening row", "3 nautical miles · 1 h", 412, "Sun/300"),
        _row("Lighthouse picnic", "8 nautical miles · 5 h", 478, "Pine/500"),
        _row("First lesson", "2 nautical miles · 2 h", 544, "Coral/500"),
        _button("Plan a trip", 20, 632),
    )


def _phone(name: str, x: float, *inside: Node, ground: str = "Sand/50") -> Node:
    clock = "White" if any(child["name"] in {"Sea", "Sky"} for child in inside) else "Ink/900"
    return frame(
        *(name, x, 0, 360, 720, ground),
        *inside,
        text("9:41", 24, 16, 80, "Caption", clock),
        rect("Battery", 306, 19, 30, 11, clock, radius=3),
        radius=32,
        shadow="Shadow/Floating",
    )


def _button(caption: str, x: float, y: float) -> Node:
    label = text(caption, 0, 16, 320, "Body/Strong", "White", align="CENTER")
    return frame("Button", x, y, 320, 56, "Coral/500", label, radius=16)


def _boat(name: str, about: str, price: str, y: float, sky: str) -> Node:
    return frame(
        *(name, 16, y, 328, 172, "White"),
        rect("Sky", 0, 0, 328, 100, sky),
        path("Water", 0, 54, 328, 150, "Harbour/500", WAVES, opacity=0.7),
        path("Boat", 44, 22, 64, 76, "White", SAIL),
        rect("Ground", 0, 100, 328, 72, "White"),
        text(name, 18, 112, 200, "Body/Strong", "Harbour/900"),
        text(about, 18, 138, 200, "Body/Small", "Ink/600"),
        text(price, 228, 122, 82, "Heading/Medium", "Coral/500", align="RIGHT"),
        radius=16,
        shadow="Shadow/Raised",
    )


def _row(name: str, about: str, y: float, colour: str) -> Node:
    return frame(
        *(name, 16, y, 328, 58, "White"),
        rect("Mark", 14, 13, 32, 32, colour, radius=10),
        text(name, 60, 8, 250, "Body/Strong", "Harbour/900"),
        text(about, 60, 31, 250, "Body/Small", "Ink/600"),
        radius=14,
        shadow="Shadow/Raised",
    )


def _tide(x: float, y: float) -> Node:
    return frame(
        *("Tide on the 17th", x, y, 320, 148, "Harbour/50"),
        path("Curve", 4, 34, 312, 100, None, TIDE, stroke="Harbour/500", weight=4),
        text("High water 12:06", 16, 12, 200, "Caption", "Harbour/700"),
        radius=16,
    )


def _section(name: str, x: float, notes: tuple[tuple[str, str, float, float], ...], width: float) -> Node:
    stickies = [
        frame(
            caption.split("\n")[0][:24],
            *(left, top, 220, 200, ground),
            text(caption, 20, 24, 180, "Body/Strong", "Ink/900"),
            radius=4,
            shadow="Shadow/Raised",
        )
        for ground, caption, left, top in notes
    ]
    title = text(name, 40, 28, 400, "Heading/Large", "Harbour/900")
    return frame(name, x, 0, width, 580, "White", title, *stickies, kind="SECTION", stroke="Sand/300")
