"""What a rule says: `{when, do, limit}`, as people send it and as it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.automations.rules.placeholders import asked_for
from fluxstudio.kit.json import encode

MAX_DEFINITION_BYTES = 64_000
# Fields that are named as wrong at the same time.
MOST_ERRORS = 50
UNWRITABLE = (RecursionError, UnicodeEncodeError, ValueError, OverflowError)
PERIODS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
MAX_RULE_NAME_CHARACTERS = 120
NAME_FORM = r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$"
# A class of many characters that a pattern counts takes megabytes, so the length is counted beside it.
FIELD, MAX_FIELD_CHARACTERS = r"^[^.\s\x00]+(\.[^.\s\x00]+){0,11}$", 1200
# `provider.something`, as far as a pattern can tell.
NAME = r"^[a-z][a-z0-9_-]{0,39}\.[A-Za-z0-9_]{1,100}$"
UUID_FORM = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

Test = Literal["equals", "not_equals", "contains", "starts_with", "in", "matches", "exists"]
Scalar = str | bool | int | float
WhichConnection = Annotated[
    str | None,
    Field(
        default=None,
        description="Id of one of your connections, when you have several.",
        pattern=UUID_FORM,
    ),
]


class DefinitionPart(BaseModel):
    """A part of a definition: camelCase keys, and no others than those named."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Condition(DefinitionPart):
    """Something an event has to say.

    `contains`, `starts_with` and `matches` do not mind upper or lower case.
    """

    field: str = Field(
        description="Where to look in the event, dotted: `pull_request.merged`. A number picks from a list, "
        "`*` stands for any entry: `labels.*.name`.",
        pattern=FIELD,
        max_length=MAX_FIELD_CHARACTERS,
    )
    test: Test = Field(
        alias="is",
        description="How to compare. In the value of `matches`, `*` means anything: `release/*`.",
    )
    value: Annotated[str, Field(max_length=1000)] | bool | int | float | list[Scalar] | None = Field(
        default=None,
        description="What to find there: a list for `in`, true or false for `exists`, else text, a number, "
        "true or false.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Condition:
        is_list = isinstance(self.value, list)
        if self.test == "in":
            wrong = not is_list or not 1 <= len(self.value or ()) <= 100  # type: ignore[arg-type]
            word = "a list of 1 to 100 values"
        elif self.test == "exists":
            wrong, word = not isinstance(self.value, bool | None), "true or false"
        elif self.test in {"equals", "not_equals"}:
            wrong, word = is_list or self.value is None, "text, a number, true or false"
        else:
            wrong, word = not isinstance(self.value, str) or not self.value, "a text"
        if wrong:
            raise PydanticCustomError(
                "value", "{test} needs {word} as its value", {"test": self.test, "word": word}
            )
        return self


class OnEvent(DefinitionPart):
    """Start when a provider tells of something."""

    event: str = Field(
        description="Provider and type of the event, such as `figma.FILE_COMMENT`.", pattern=NAME
    )
    connection: WhichConnection = None
    conditions: list[Condition] = Field(
        default=[], description="What the event has to say; all of it.", max_length=20
    )


def _trimmed(value: object) -> object:
    """Text without blanks around it, and with one between its parts."""
    return " ".join(value.split()) if isinstance(value, str) else value


class OnSchedule(DefinitionPart):
    """Start at certain times."""

    schedule: Annotated[str, BeforeValidator(_trimmed)] = Field(
        description="Five fields of cron: minute, hour, day, month, weekday. `0 9 * * 1` is Mondays at nine.",
        min_length=9,
        max_length=100,
    )
    time_zone: Annotated[str, BeforeValidator(_trimmed)] = Field(
        default="UTC", description="The zone these times are in, such as `Europe/Berlin`.", max_length=60
    )


class Action(DefinitionPart):
    """What to do then: an operation that writes, and its arguments."""

    operation: str = Field(
        description="Provider and name of the operation, such as `slack.message`.", pattern=NAME
    )
    connection: WhichConnection = None
    arguments: dict[str, Any] = Field(
        default={},
        description="The operation's arguments. Texts are templates: `{{ event.file_name }}` is what the "
        "event says there, `{{ summary }}` what happened in a sentence, `{{ link }}` where to look at it.",
        max_length=50,
    )


class RunLimit(DefinitionPart):
    """How often it may run; what comes beyond that is skipped."""

    runs: int = Field(default=60, ge=1, le=1000)
    per: Literal["minute", "hour", "day"] = "minute"

    @property
    def period(self) -> timedelta:
        """The time in which that many runs may be."""
        return PERIODS[self.per]


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "schedule" if "schedule" in value else "event"
    return "schedule" if isinstance(value, OnSchedule) else "event"


When = Annotated[
    Annotated[OnEvent, Tag("event")] | Annotated[OnSchedule, Tag("schedule")], Discriminator(_kind)
]


class Definition(DefinitionPart):
    """A rule: when this happens, do that."""

    when: When
    do: Action
    limit: RunLimit = RunLimit()

    def to_json(self) -> dict[str, Any]:
        """The JSON it is kept and shown as."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def read(value: Any, where: str = "definition") -> Definition:
    """The rule that JSON describes; `where` is what fields are called by in front.

    Raises `InvalidRequest` naming every field that is wrong.
    """
    _check_size(value, where)
    blanks = asked_for(value)
    if blanks:
        raise InvalidRequest(
            "This automation still has blanks. Fill in the fields named and send it again.",
            {f"{where}.{place}": f"fill this in: {what[:100]}" for place, what in blanks.items()},
        )
    try:
        definition = Definition.model_validate(value)
        encode(definition.to_json())
    except ValidationError as error:
        raise InvalidRequest(
            "This automation cannot be read. Correct the fields named and send it again.",
            {
                _place(item["loc"], where): item["msg"]
                for item in error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
            },
        ) from None
    except UNWRITABLE:
        raise _unwritable(where) from None
    return definition


def _check_size(value: Any, where: str) -> None:
    """Before anything else looks at it: everything else takes time by its size."""
    try:
        size = len(encode(value))
    except UNWRITABLE:
        raise _unwritable(where) from None
    if size > MAX_DEFINITION_BYTES:
        raise InvalidRequest(
            f"This automation is longer than {MAX_DEFINITION_BYTES:,} bytes. Make its texts shorter.",
            {where: "is too long"},
        )


def _unwritable(where: str) -> InvalidRequest:
    return InvalidRequest(
        "This automation holds what cannot be kept: half a character, or too much inside one another.",
        {where: "leave out what cannot be kept"},
    )


def read_name(text: str) -> str:
    """The name of a rule. Raises `InvalidRequest` for one that cannot be kept."""
    name = text.strip()
    if not name or len(name) > MAX_RULE_NAME_CHARACTERS or not re.fullmatch(NAME_FORM, name):
        raise InvalidRequest(
            f"This automation needs a name of at most {MAX_RULE_NAME_CHARACTERS} characters.",
            {"name": f"write a name of at most {MAX_RULE_NAME_CHARACTERS} characters"},
        )
    return name


def _place(location: tuple[int | str, ...], where: str) -> str:
    """A field's name without what only tells the two kinds of `when` apart."""
    parts = [str(part) for part in location]
    if parts[:1] == ["when"] and parts[1:2] in (["event"], ["schedule"]):
        del parts[1]
    return ".".join([where, *parts])
