"""The simulated Slack of Harbour & Pine, a studio of five with two workspaces."""

from __future__ import annotations

from typing import Any

MINUTE, HOUR, DAY = 60, 3600, 86400

ADA, TOMAS, MEI = "U0ADAPARK1", "U0TOMASRZ1", "U0MEILIN01"
JONAH, PRIYA = "U0JONAHRD1", "U0PRIYAN01"
EVERYONE = (ADA, TOMAS, MEI, JONAH, PRIYA)

PEOPLE = (
    (ADA, "ada", "Ada Park", "Lead product designer", "#7257e0"),
    (TOMAS, "tomas", "Tomas Ruiz", "Design engineer", "#0f8a6a"),
    (MEI, "mei", "Mei Lin", "Brand designer", "#c94872"),
    (JONAH, "jonah", "Jonah Reed", "Front-end engineer", "#2a6fce"),
    (PRIYA, "priya", "Priya Nair", "Product manager", "#b56a1c"),
)

GROUP = "E0HARBOUR1"
HARBOUR, LABS = "T0HARBOUR1", "T0PINELABS"
APP_ID = "A0FLUXSTUD"

# (id, name, topic, people, app invited, private, archived)
CHANNELS: dict[str, tuple[tuple[str, str, str, tuple[str, ...], bool, bool, bool], ...]] = {
    HARBOUR: (
        ("C0GENERAL1", "general", "News for all of Harbour & Pine", EVERYONE, True, False, False),
        ("C0DESIGN01", "design", "Work in progress, critique on Thursdays", EVERYONE[:3], True, False, False),
        ("C0TIDEWTR1", "tidewater", "The booking app", EVERYONE, True, False, False),
        ("C0DRIFTWD1", "driftwood", "The design system", (ADA, TOMAS, JONAH), True, False, False),
        ("C0BRAND001", "brand", "Identity and illustration", (MEI, ADA), False, False, False),
        ("C0FRONTEN1", "frontend", "Builds and bundles", (JONAH, TOMAS), False, False, False),
        ("C0RANDOM01", "random", "Everything else", EVERYONE, False, False, False),
        ("C0LAUNCH01", "tidewater-launch", "Autumn launch", (PRIYA, ADA, MEI), True, True, False),
        ("C0LEADERS1", "leadership", "", (PRIYA,), False, True, False),
        ("C0ARCHIVE1", "tidewater-2024", "Last year’s release", EVERYONE, True, False, True),
    ),
    LABS: (
        ("C0PLGENER1", "general", "News of Pine Labs", EVERYONE, True, False, False),
        ("C0PLEXPER1", "experiments", "What we try out", (TOMAS, JONAH), True, False, False),
        ("C0PLPROTO1", "prototypes", "Things to click on", (TOMAS, MEI), False, False, False),
        ("C0PLCRIT01", "quiet-critique", "Early work, few eyes", (ADA, TOMAS), True, True, False),
    ),
}

# Direct and group messages with the app: (id, kind, name, people).
MESSAGES: dict[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]] = {
    HARBOUR: (
        ("D0ADAFLUX1", "im", "ada", (ADA,)),
        ("D0TOMASFX1", "im", "tomas", (TOMAS,)),
        ("G0ADAMEI01", "mpim", "mpdm-ada--mei--fluxstudio-1", (ADA, MEI)),
    ),
    LABS: (),
}

# channel → (seconds ago, who, text, reactions, replies)
TALK: dict[str, tuple[tuple[int, str, str, dict[str, int], tuple[tuple[int, str, str], ...]], ...]] = {
    "C0GENERAL1": (
        (3 * DAY, PRIYA, "Tidewater passed 10,000 bookings this week. Thank you all.", {"tada": 5}, ()),
        (DAY, MEI, "The new studio signs are up. Come and see the harbour one.", {"eyes": 2}, ()),
    ),
    "C0DESIGN01": (
        (2 * DAY, ADA, "Booking flow v3 is ready for critique: calendar first, guests second.", {}, ()),
        (
            5 * HOUR,
            MEI,
            "Could the empty state borrow the tide line from the brand work?",
            {"wave": 1},
            ((4 * HOUR, ADA, "Yes. I will try it at 40 % opacity."), (3 * HOUR, MEI, "Perfect.")),
        ),
        (
            40 * MINUTE,
            TOMAS,
            "Spacing tokens are now on the 4 px grid in `Driftwood`.",
            {"raised_hands": 2},
            (),
        ),
    ),
    "C0TIDEWTR1": (
        (DAY, PRIYA, "Scope for the next release: guest list, *deposits*, calendar export.", {}, ()),
        (2 * HOUR, JONAH, "Deposits are behind a flag on staging.", {"white_check_mark": 3}, ()),
    ),
    "C0DRIFTWD1": (
        (6 * HOUR, TOMAS, "Button, field and date picker are at parity with Figma.", {}, ()),
        (HOUR, JONAH, "Found two greys that are not tokens: `#8b8d94` and `#8c8d95`.", {"eyes": 1}, ()),
    ),
    "C0BRAND001": ((DAY, MEI, "Three directions for the autumn illustration.", {"heart": 2}, ()),),
    "C0FRONTEN1": ((3 * HOUR, JONAH, "Bundle is down to 92 kB.", {"rocket": 1}, ()),),
    "C0RANDOM01": ((4 * HOUR, ADA, "Whoever left the croissants: thank you.", {"croissant": 4}, ()),),
    "C0LAUNCH01": ((7 * HOUR, PRIYA, "Press date is settled. Keep it in here, please.", {}, ()),),
    "C0LEADERS1": ((8 * HOUR, PRIYA, "Budget for next year is in.", {}, ()),),
    "C0ARCHIVE1": ((400 * DAY, PRIYA, "Shipped. Closing this channel.", {"tada": 5}, ()),),
    "C0PLGENER1": ((2 * DAY, TOMAS, "Pine Labs is where unfinished things may stay unfinished.", {}, ()),),
    "C0PLEXPER1": ((5 * HOUR, JONAH, "View transitions between booking steps feel right.", {}, ()),),
    "C0PLPROTO1": ((9 * HOUR, MEI, "A tide clock, in plain SVG.", {"ocean": 2}, ()),),
    "C0PLCRIT01": ((11 * HOUR, ADA, "Rough sketches only, be gentle.", {}, ()),),
}

# Said in #driftwood at moments that fixtures can name, in seconds before 1970.
LONG_AGO: tuple[Any, ...] = (
    (
        -1_760_000_000,
        MEI,
        "Which blue is the harbour at dusk?",
        {},
        ((-1_760_000_600, ADA, "`#1d3557`, on every screen I tried."), (-1_760_001_200, MEI, "Agreed.")),
    ),
)

Json = dict[str, Any]


def sample_data(now: float) -> Json:
    """A fresh world as of `now` (Unix seconds)."""
    return {
        "app": {"id": APP_ID, "rotation": True, "pkce": False, "unlisted": False},
        "organisation": {"id": GROUP, "name": "Harbour & Pine Group", "domain": "harbour-and-pine"},
        "workspaces": {
            HARBOUR: _workspace(HARBOUR, "Harbour & Pine", "harbourandpine", "FLUXHP01"),
            LABS: _workspace(LABS, "Pine Labs", "pinelabs", "FLUXPL01"),
        },
        "users": {
            who: {"id": who, "name": name, "real_name": real, "title": title, "colour": colour}
            for who, name, real, title, colour in PEOPLE
        },
        "channels": {
            channel["id"]: channel for team in CHANNELS for channel in _channels(team, now - 500 * DAY)
        },
        "messages": {
            channel: [*_talk(LONG_AGO if channel == "C0DRIFTWD1" else (), 0), *_talk(lines, now)]
            for channel, lines in TALK.items()
        },
        "files": {},
        "uploads": {},
        "serial": 0,
    }


def bot_user(workspace: Json) -> str:
    """The user id of the app's bot in a workspace."""
    return "U0" + str(workspace["bot"])


def bot_id(workspace: Json) -> str:
    """The bot id of the app in a workspace."""
    return "B0" + str(workspace["bot"])


def _workspace(team: str, name: str, domain: str, bot: str) -> Json:
    return {"id": team, "name": name, "domain": domain, "bot": bot}


def _channels(team: str, created: float) -> list[Json]:
    bot = {HARBOUR: "U0FLUXHP01", LABS: "U0FLUXPL01"}[team]
    return [
        {
            "id": channel,
            "team": team,
            "name": name,
            "topic": topic,
            "created": int(created) + place * DAY,
            "creator": PRIYA,
            "is_general": name == "general",
            "is_private": private,
            "is_archived": archived,
            "members": [*people, *([bot] if invited else [])],
        }
        for place, (channel, name, topic, people, invited, private, archived) in enumerate(CHANNELS[team])
    ] + [
        direct_messages(channel, team, kind, name, [*people, bot], created)
        for channel, kind, name, people in MESSAGES[team]
    ]


def direct_messages(
    channel: str, team: str, kind: str, name: str, members: list[str], created: float
) -> Json:
    """A conversation of people with the app, `kind` being `im` or `mpim`."""
    return {
        "id": channel,
        "team": team,
        "name": name,
        "topic": "",
        "created": int(created),
        "creator": members[0],
        "is_general": False,
        "is_private": True,
        "is_archived": False,
        "kind": kind,
        "members": members,
    }


def _talk(lines: tuple[Any, ...], now: float) -> list[Json]:
    messages: list[Json] = []
    for ago, who, text, reactions, replies in lines:
        message = _line(now - ago, who, text)
        if reactions:
            message["reactions"] = [
                {"name": name, "users": list(EVERYONE[:count]), "count": count}
                for name, count in reactions.items()
            ]
        answers = [_line(now - later, other, words) for later, other, words in replies]
        for answer in answers:
            answer["thread_ts"] = message["ts"]
        if answers:
            message |= {
                "thread_ts": message["ts"],
                "reply_count": len(answers),
                "reply_users": sorted({answer["user"] for answer in answers}),
                "reply_users_count": len({answer["user"] for answer in answers}),
                "latest_reply": answers[-1]["ts"],
            }
        messages += [message, *answers]
    return sorted(messages, key=lambda entry: str(entry["ts"]))


def _line(moment: float, who: str, text: str) -> Json:
    return {"type": "message", "user": who, "text": text, "ts": f"{moment:.6f}"}
