"""A rule as a form sends it: fields in, the JSON of a definition out. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from fluxstudio.core.registry import RegisteredProvider, Registry
from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.web.automations.parameters import Parameter, parameters_for, provider_of
from fluxstudio.flows.automations.authoring.choices import place_of
from fluxstudio.kit.json import encode
from fluxstudio.sdk import CodeHost

ON_SCHEDULE = "schedule"
HOURLY, OWN = "hour", "own"
# The day, month and weekday of a schedule, and what people call them.
REPEATS = (
    ("* * *", "Every day"),
    ("* * 1-5", "Every weekday"),
    *(
        (f"* * {number}", f"Every {day}")
        for number, day in enumerate(
            ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"), start=1
        )
    ),
    ("* * 0", "Every Sunday"),
    ("1 * *", "The first of every month"),
    (HOURLY, "Every hour"),
    (OWN, "Custom schedule (cron)"),
)
# Which of the conditions says the place that the trigger is about: an empty one does not count.
PLACE = "when.place"
# Owner and name of a repository as one field.
REPOSITORY = "do.repository"
# A test with a value of its own is one thing to choose.
MISSING = "missing"


# What that field asks for and an operation takes in two parts.
OWNER, REPO = "owner", "repo"


def written(registry: Registry, fields: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The definition that a form's fields describe, unchecked, for the providers there are; see `draft`."""
    operation, event = fields.get("do.operation", ""), fields.get("when.event", "")
    trigger, target = provider_of(registry, event), provider_of(registry, operation)
    place = None if trigger is None else place_of(trigger.provider)
    if target is not None and REPOSITORY in fields:
        fields = _with_repository(target, fields)
    return draft(fields, before, parameters_for(registry, operation), place[0] if place else "")


def _with_repository(target: RegisteredProvider, fields: Mapping[str, str]) -> Mapping[str, str]:
    """The fields with owner and name in place of a repository, written as a name or as an address."""
    host, text = target.provider.capability(CodeHost), fields[REPOSITORY]
    owner, _, repo = text.partition("/")
    if host is not None:
        with suppress(InvalidRequest):
            owner, repo = host.read_name(text, target.hosts["web"])
    return {**fields, f"do.arguments.{OWNER}": owner, f"do.arguments.{REPO}": repo}


def draft(
    fields: Mapping[str, str],
    before: Mapping[str, Any],
    parameters: Sequence[Parameter],
    place_field: str = "",
) -> dict[str, Any]:
    """The definition that a form's fields describe, unchecked; `place_field` is where its events say a place.

    What stood in `before` and reads the same in the form stays as it was; so does what the form cannot show.
    """
    made: dict[str, Any] = {
        "when": _when(fields, before.get("when") or {}, place_field),
        "do": _do(fields, before.get("do") or {}, parameters),
    }
    if fields.get("limit.runs"):
        made["limit"] = {"runs": _number(fields["limit.runs"]), "per": fields.get("limit.per", "minute")}
    return made


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,9}", text.strip()) else text


def _when(fields: Mapping[str, str], before: Mapping[str, Any], place_field: str) -> dict[str, Any]:
    event = fields.get("when.event", "")
    if event == ON_SCHEDULE:
        return {"schedule": _cron(fields), "timeZone": fields.get("when.timeZone") or "UTC"}
    conditions = _conditions(fields, before.get("conditions") or [], place_field)
    made: dict[str, Any] = {"event": event, "conditions": conditions}
    connection = fields.get("when.connection")
    return {**made, "connection": connection} if connection else made


def _cron(fields: Mapping[str, str]) -> str:
    repeat = fields.get("repeat", "* * 1")
    hour, minute = _clock(fields.get("at", ""))
    if repeat == OWN:
        return fields.get("when.schedule", "").strip()
    return f"{minute} * * * *" if repeat == HOURLY else f"{minute} {hour} {repeat}"


def _clock(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})(:\d{2})?", text.strip())
    return (int(match[1]), int(match[2])) if match else (9, 0)


def clock_of(schedule: str) -> tuple[str, str]:
    """How a form shows a schedule: which days, and at what time."""
    hourly = re.fullmatch(r"(\d{1,2}) \* \* \* \*", schedule)
    if hourly:
        return HOURLY, f"00:{int(hourly[1]):02}"
    match = re.fullmatch(r"(\d{1,2}) (\d{1,2}) (.+)", schedule)
    if match and match[3] in dict(REPEATS):
        return match[3], f"{int(match[2]):02}:{int(match[1]):02}"
    return OWN, "09:00"


def _conditions(
    fields: Mapping[str, str], before: Sequence[Mapping[str, Any]], place_field: str
) -> list[dict[str, Any]]:
    numbers = sorted(
        {
            int(match[1])
            for name in fields
            if (match := re.match(r"when\.conditions\.(\d{1,2})\.field$", name))
        }
    )
    made = []
    for number in numbers:
        place = f"when.conditions.{number}"
        looked_at, text = fields[f"{place}.field"].strip(), fields.get(f"{place}.value", "")
        if fields.get(PLACE) == str(number) and not (text.strip() and looked_at == place_field):
            continue
        if looked_at or text.strip():
            was = before[number] if number < len(before) else {}
            made.append(_condition(looked_at, fields.get(f"{place}.is", "equals"), text, was))
    return made


def _condition(field: str, test: str, text: str, was: Mapping[str, Any]) -> dict[str, Any]:
    if test in {"exists", MISSING}:
        return {"field": field, "is": "exists", "value": test == "exists"}
    if test == was.get("is") and text == display_text(was.get("value")):
        value = was.get("value")
    elif test == "in":
        value = [part.strip() for part in text.split(",") if part.strip()]
    else:
        value = text
    return {"field": field, "is": test, "value": value}


def display_text(value: Any) -> str:
    """How a form shows a value."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return ", ".join(map(display_text, value)) if isinstance(value, list) else encode(value).decode()


def _do(
    fields: Mapping[str, str], before: Mapping[str, Any], parameters: Sequence[Parameter]
) -> dict[str, Any]:
    operation = fields.get("do.operation", "")
    was = (before.get("arguments") or {}) if before.get("operation") == operation else {}
    arguments = {}
    for parameter in parameters:
        text = fields.get(f"do.arguments.{parameter.name}")
        if text is None:
            if parameter.name in was:
                arguments[parameter.name] = was[parameter.name]
        elif parameter.name in was and _lines(text) == display_text(was[parameter.name]):
            arguments[parameter.name] = was[parameter.name]
        elif text.strip():
            arguments[parameter.name] = _argument(parameter, _lines(text))
    made: dict[str, Any] = {"operation": operation, "arguments": arguments}
    connection = fields.get("do.connection")
    return {**made, "connection": connection} if connection else made


def _lines(text: str) -> str:
    """Browsers send line ends of two characters."""
    return text.replace("\r\n", "\n")


def _argument(parameter: Parameter, text: str) -> Any:
    if parameter.kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if parameter.kind == "truth" and text in {"true", "false"}:
        return text == "true"
    return int(text) if parameter.kind == "number" and re.fullmatch(r"\d{1,9}", text.strip()) else text
