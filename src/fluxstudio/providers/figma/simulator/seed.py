"""Who is there and what they have made, when a simulated Figma begins."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from fluxstudio.kit.json import decode, encode
from fluxstudio.providers.figma.simulator.designs import brand, driftwood, labs, system, tidewater
from fluxstudio.providers.figma.simulator.designs.variables import variables

ADA, TOMAS, MEI, JONAH, PRIYA = (f"10944109822100010{number}" for number in range(1, 6))
HARBOUR, PINE_LABS = "1174201358246917205", "1174201358246917311"

PEOPLE = {
    ADA: ("Ada Park", "ada@harbourandpine.example", "#1f5566"),
    TOMAS: ("Tomas Ruiz", "tomas@harbourandpine.example", "#4b8b68"),
    MEI: ("Mei Lin", "mei@harbourandpine.example", "#b4573a"),
    JONAH: ("Jonah Reed", "jonah@harbourandpine.example", "#5b5f97"),
    PRIYA: ("Priya Nair", "priya@harbourandpine.example", "#8a4f7d"),
}
TEAMS = {
    HARBOUR: ("Harbour & Pine", "enterprise", [ADA, PRIYA], [TOMAS, MEI, JONAH]),
    PINE_LABS: ("Pine Labs", "pro", [ADA], [TOMAS, JONAH]),
}
PROJECTS = {
    "318204401": ("Tidewater", HARBOUR),
    "318204402": ("Driftwood", HARBOUR),
    "318204403": ("Brand", HARBOUR),
    "318204410": ("Explorations", PINE_LABS),
    "318204411": ("Icons", PINE_LABS),
}
# key → name, project, drawn by, made by, last touched by, hours ago, named versions
FILES = {
    "TidewaterBookingFlow01": (
        *("Tidewater · Booking flow", "318204401", tidewater.booking_flow, ADA, TOMAS, 2),
        ("Calendar by tide", "Three boats, not five", "Ready for build"),
    ),
    "TidewaterMobileApp0001": (
        *("Tidewater · Mobile app", "318204401", tidewater.mobile_app, ADA, ADA, 7),
        ("Start screen",),
    ),
    "TidewaterResearch00001": (
        *("Tidewater · Interviews", "318204401", tidewater.research, PRIYA, PRIYA, 52),
        (),
    ),
    "DriftwoodFoundations01": (
        *("Driftwood · Foundations", "318204402", system.foundations, TOMAS, ADA, 20),
        ("1.0", "1.1 Dusk and Dawn"),
    ),
    "DriftwoodComponents001": (
        *("Driftwood · Components", "318204402", system.components, TOMAS, TOMAS, 28),
        ("1.0",),
    ),
    "HarbourPineIdentity001": (
        *("Harbour & Pine · Identity", "318204403", brand.identity, MEI, MEI, 190),
        ("Signed off",),
    ),
    "HarbourPinePosters0001": ("Launch posters", "318204403", brand.posters, MEI, MEI, 75, ("Print",)),
    "PineLabsTideTables0001": ("Tide table widget", "318204410", labs.tide_tables, JONAH, JONAH, 11, ()),
    "PineLabsQuietMode00001": ("Quiet mode", "318204410", labs.quiet_mode, ADA, JONAH, 330, ()),
    "PineLabsIcons000000001": ("Pine icons", "318204411", labs.icons, TOMAS, TOMAS, 140, ("0.4",)),
}
LIBRARIES = {"DriftwoodFoundations01", "DriftwoodComponents001", "PineLabsIcons000000001"}
WITH_STYLES = "DriftwoodFoundations01"
BOARDS = {"TidewaterResearch00001"}
AUTOSAVES = {"TidewaterBookingFlow01": 61}
# file, author, hours ago, what, index of the comment it answers, resolved, reactions
COMMENTS: tuple[tuple[str, str, int, str, int | None, bool, dict[str, str]], ...] = (
    ("TidewaterBookingFlow01", JONAH, 30, "Do we show days without a boat at all?", None, True, {}),
    ("TidewaterBookingFlow01", ADA, 29, "Yes, in grey: people plan around them.", 0, False, {":+1:": JONAH}),
    ("TidewaterBookingFlow01", PRIYA, 5, "The button jumps when the tide card grows.", None, False, {}),
    ("DriftwoodFoundations01", TOMAS, 22, "Dusk passes contrast on white from 28 px up.", None, False, {}),
    ("HarbourPinePosters0001", ADA, 80, "The sail on “Any tide” could go up a little.", None, False, {}),
)


def world(now: float) -> dict[str, Any]:
    """Everything a simulated Figma knows at Unix time `now`."""
    return {
        "users": {
            key: {"handle": name, "email": email, "colour": colour}
            for key, (name, email, colour) in PEOPLE.items()
        },
        "teams": {
            key: {"name": name, "plan": plan, "admins": admins, "members": [*admins, *others]}
            for key, (name, plan, admins, others) in TEAMS.items()
        },
        "projects": {key: {"name": name, "team": team} for key, (name, team) in PROJECTS.items()},
        "files": {key: _file(key, now) for key in FILES},
        "variables": {WITH_STYLES: variables()},
        "versions": {key: _versions(key, now) for key in FILES},
        "comments": _comments(now),
        "webhooks": {entry["id"]: entry for entry in (_webhook("3901", WITH_STYLES),)},
        "deliveries": [_undelivered(now)],
        "last_id": 4000,
    }


def at(moment: float) -> str:
    """A Unix time as Figma writes it."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat().replace("+00:00", "Z")


def _file(key: str, now: float) -> dict[str, Any]:
    name, project, _, creator, touched_by, hours, _ = FILES[key]
    return {
        "name": name,
        "project": project,
        "editor": "figjam" if key in BOARDS else "figma",
        # Drawing takes time, and every world changes a copy of its own.
        "document": decode(_drawn(key)),
        "creator": creator,
        "touched_by": touched_by,
        "touched_at": at(now - hours * 3600),
        "version": _versions(key, now)[0]["id"],
        "library": key in LIBRARIES,
        "styles": driftwood.published_styles() if key == WITH_STYLES else [],
    }


@cache
def _drawn(key: str) -> bytes:
    """A file's document as JSON."""
    return encode(FILES[key][2]())


def _versions(key: str, now: float) -> list[dict[str, Any]]:
    """Newest first: what was saved by itself, then what somebody gave a name."""
    *_, creator, touched_by, hours, names = FILES[key]
    labels = [None] * AUTOSAVES.get(key, 3) + list(reversed(names))
    return [
        {
            "id": str(2_130_000_000 + len(labels) - number),
            "created_at": at(now - (hours + number * 5) * 3600),
            "label": label,
            "description": f"Saved by hand: {label}" if label else None,
            "user": creator if label else touched_by,
        }
        for number, label in enumerate(labels)
    ]


def _webhook(number: str, key: str) -> dict[str, Any]:
    """A subscription left over from an earlier day; its endpoint is gone."""
    return {
        "id": number,
        "event_type": "LIBRARY_PUBLISH",
        "team_id": "",
        "context": "FILE",
        "context_id": key,
        "plan_api_id": f"team:{HARBOUR}",
        "status": "PAUSED",
        "client_id": "simulated-figma",
        "passcode": "no longer in use",
        "endpoint": "http://127.0.0.1:9/figma",
        "description": "Old token sync",
    }


def _undelivered(now: float) -> dict[str, Any]:
    """The last thing that was tried to tell the old subscription."""
    payload = {"event_type": "LIBRARY_PUBLISH", "file_key": WITH_STYLES, "file_name": FILES[WITH_STYLES][0]}
    sent_at = now - 50 * 3600
    proof = {"passcode": "no longer in use", "timestamp": at(sent_at), "webhook_id": "3901"}
    return {
        **{"to": "http://127.0.0.1:9/figma", "event": "LIBRARY_PUBLISH", "payload": {**payload, **proof}},
        **{"key": "", "webhook": "3901", "action": None, "about": {}},
        **{"id": 5000, "at": sent_at, "took": 0.1, "number": 3, "redelivery": False},
        **{"status": None, "problem": "failed to connect", "delivered": False},
        **{"headers": {}, "answer": {"headers": {}, "body": ""}},
    }


def _comments(now: float) -> dict[str, list[dict[str, Any]]]:
    threads: dict[str, list[dict[str, Any]]] = {key: [] for key in FILES}
    for number, (key, author, hours, message, answers, resolved, reactions) in enumerate(COMMENTS):
        moment = at(now - hours * 3600)
        entry = {
            "id": str(3000 + number),
            "parent_id": "" if answers is None else str(3000 + answers),
            "user": author,
            "created_at": moment,
            "resolved_at": moment if resolved else None,
            "message": message,
            "client_meta": {"x": 120.0 + 60 * number, "y": 200.0},
            "order_id": str(len(threads[key]) + 1) if answers is None else None,
            "reactions": [{"emoji": emoji, "user": user} for emoji, user in reactions.items()],
        }
        threads[key].append(entry)
    return threads
