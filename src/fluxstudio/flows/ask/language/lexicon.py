"""What a dictionary of forms does not tell: which words mean the same, and how schemas abbreviate them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from fluxstudio.flows.ask.language.lists import lines_of

# Basic forms where the dictionary's are not what is meant.
LEMMAS: Mapping[str, str] = {
    "data": "data",
    "media": "media",
    "born": "birth",
    "sold": "sell",
    "rating": "rating",
    "ratings": "rating",
    "building": "building",
    "buildings": "building",
    "booking": "booking",
    "bookings": "booking",
    "listing": "listing",
    "listings": "listing",
    "shipping": "shipping",
    "billing": "billing",
    "meeting": "meeting",
    "meetings": "meeting",
    "setting": "setting",
    "settings": "setting",
    "people": "person",
    "persons": "person",
    "staff": "staff",
    "left": "leave",
    "spent": "spend",
    "taught": "teach",
    "ids": "id",
    "status": "status",
    "statuses": "status",
    "funding": "funding",
    "founded": "found",
    "launched": "launch",
    "opening": "opening",
    "readings": "reading",
    "reading": "reading",
    "earnings": "earning",
    "savings": "saving",
    "training": "training",
    "trainings": "training",
    "spending": "spend",
    "sales": "sale",
    "lowest": "low",
    "ordered": "order",
    "best": "good",
    "lives": "live",
}


def _synonyms() -> Mapping[str, frozenset[int]]:
    groups: defaultdict[str, set[int]] = defaultdict(set)
    for place, line in enumerate(lines_of(__package__, "synonyms.txt")):
        for word in line.split():
            groups[word].add(place)
    return {word: frozenset(places) for word, places in groups.items()}


def _abbreviations() -> Mapping[str, tuple[str, ...]]:
    entries = (line.split() for line in lines_of(__package__, "abbreviations.txt"))
    return {short: tuple(words) for short, *words in entries}


# Words share a number where one may be asked for by the other.
SYNONYMS = _synonyms()
# A short form and the words it stands for.
ABBREVIATIONS = _abbreviations()


def _sayings() -> Mapping[str, tuple[str, ...]]:
    entries = (line.partition(":") for line in lines_of(__package__, "sayings.txt"))
    return {name.strip(): tuple(one.strip() for one in listed.split("|")) for name, _, listed in entries}


# What schemas call in a word or two, and how people say it.
SAYINGS = _sayings()

# Adjectives and what they deny.
OPPOSITES: Mapping[str, str] = {
    "offline": "online",
    "disabled": "enabled",
    "closed": "open",
    "outdoor": "indoor",
    "private": "public",
    "public": "private",
    "absent": "present",
    "failed": "passed",
    "failure": "passed",
    "failing": "passed",
    "invisible": "visible",
}

# Words for people; `who` asks for one of them.
PEOPLE = frozenset(
    [
        "customer",
        "client",
        "user",
        "employee",
        "person",
        "member",
        "author",
        "patient",
        "student",
        "teacher",
        "instructor",
        "player",
        "driver",
        "owner",
        "doctor",
        "physician",
        "staff",
        "contact",
        "agent",
        "artist",
        "actor",
        "director",
        "guest",
        "passenger",
        "manager",
        "seller",
        "buyer",
        "borrower",
        "reader",
        "citizen",
        "worker",
        "candidate",
        "applicant",
        "professor",
        "lecturer",
        "participant",
        "subscriber",
        "pilot",
        "nurse",
        "coach",
        "athlete",
        "trainer",
        "mentor",
        "chef",
        "host",
        "listener",
        "reviewer",
        "sender",
        "receiver",
        "recipient",
        "judge",
        "lawyer",
        "broker",
        "singer",
        "musician",
        "writer",
        "painter",
        "composer",
        "scientist",
        "advisor",
        "tenant",
        "practitioner",
        "dentist",
        "therapist",
        "surgeon",
        "handler",
        "approver",
        "assignee",
        "requester",
        "operator",
        "inspector",
        "planner",
        "supervisor",
        "creator",
        "dispatcher",
        "technician",
        "engineer",
        "captain",
        "auditor",
        "examiner",
        "editor",
        "sponsor",
        "coordinator",
        "organizer",
        "courier",
        "consultant",
        "attendee",
        "volunteer",
        "donor",
        "investor",
    ]
)

# Adjectives of extremes and comparisons: +1 for much, -1 for little, and the words of what they measure.
MEASURES: Mapping[str, tuple[int, str]] = {
    "expensive": (1, "price cost fee rate amount"),
    "costly": (1, "price cost fee rate amount"),
    "cheap": (-1, "price cost fee rate amount"),
    "affordable": (-1, "price cost fee"),
    "old": (-1, "birth founded established built created start hire date year"),
    "young": (1, "birth date year"),
    "new": (1, "date created time start hire year"),
    "recent": (1, "date created time start year"),
    "late": (1, "date created time start year"),
    "early": (-1, "date created time start year"),
    "long": (1, "length duration runtime minutes hours distance page"),
    "short": (-1, "length duration runtime minutes height"),
    "tall": (1, "height elevation altitude"),
    "heavy": (1, "weight mass"),
    "light": (-1, "weight mass"),
    "large": (1, "size area population capacity seats places member amount total"),
    "big": (1, "size area population capacity seats places member amount total"),
    "small": (-1, "size area population capacity seats places member amount total"),
    "populous": (1, "population"),
    "populated": (1, "population"),
    "dense": (1, "density"),
    "rich": (1, "income balance wealth"),
    "poor": (-1, "income balance wealth"),
    "fast": (1, "speed"),
    "slow": (-1, "speed"),
    "hot": (1, "temperature"),
    "cold": (-1, "temperature"),
    "warm": (1, "temperature"),
    "deep": (1, "depth"),
    "wide": (1, "width"),
    "loud": (1, "volume"),
    "good": (1, "rating score grade"),
    "bad": (-1, "rating score grade"),
    "paid": (1, "salary wage pay"),
    "rated": (1, "rating score"),
    "priced": (1, "price cost"),
    "severe": (1, "severity"),
    "pricey": (1, "price cost fee rate amount"),
    "valuable": (1, "value worth price"),
    "delayed": (1, "delay"),
    "viewed": (1, "view"),
    "senior": (-1, "hire join start date"),
}

# What can be measured, by any of its names.
MEASURED = frozenset(word for _, words in MEASURES.values() for word in words.split()) - {
    "start",
    "date",
    "time",
    "created",
    "founded",
    "established",
    "built",
    "hire",
    "join",
    "view",
    "pay",
    "year",
    "member",
} | {"revenue", "turnover", "proceeds", "spend", "expenditure", "profit", "margin", "consumption"}

# What has not happened yet to what is called so, where a date says when it does.
NOT_YET: Mapping[str, tuple[str, ...]] = {
    "open": ("close", "resolve", "fix", "complete", "settle", "solve", "finish", "end"),
    "unresolved": ("fix", "close", "resolve", "solve", "complete"),
    "pending": ("decide", "process", "complete", "resolve", "approve"),
    "outstanding": ("settle", "pay", "return", "close"),
    "ongoing": ("end", "finish", "complete", "close"),
    "unpaid": ("settle",),
    "unfinished": ("complete", "finish", "end", "close"),
    "incomplete": ("complete", "finish"),
}

# How much of a name these words are; others weigh 1.
LIGHT: Mapping[str, float] = {
    "at": 0.3,
    "on": 0.3,
    "ts": 0.3,
    "date": 0.45,
    "time": 0.4,
    "is": 0.1,
    "has": 0.1,
    "of": 0.1,
    "name": 0.3,
    "info": 0.3,
    "daily": 0.4,
    "snapshot": 0.4,
    "history": 0.4,
    "log": 0.4,
    "logs": 0.4,
    "data": 0.3,
    "details": 0.3,
    "detail": 0.3,
    "str": 0.1,
    "c": 0.2,
    "f": 0.2,
    "bytes": 0.3,
    "kb": 0.3,
    "mb": 0.3,
    "kg": 0.2,
    "km": 0.2,
    "pct": 0.2,
    "usd": 0.2,
    "eur": 0.2,
    "ms": 0.2,
    "volt": 0.3,
    "cm": 0.2,
    "sqm": 0.2,
    "mm": 0.2,
    "g": 0.2,
    "lbs": 0.2,
    "minutes": 0.5,
    "seconds": 0.4,
    "hours": 0.5,
    "list": 0.3,
    "master": 0.3,
    "value": 0.5,
    "type": 0.4,
}
