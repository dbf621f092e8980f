"""The servers of the Model Context Protocol that an operator names in `MCP_SERVERS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

# A class of many characters that a pattern counts takes megabytes, so the length is counted beside it.
Name = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9][\w.-]*$")]


class ServerSettings(BaseModel):
    """One server: a command with its arguments and environment, or an address with headers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str | None = Field(default=None, min_length=1)
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict, repr=False)
    cwd: str | None = None
    url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    headers: dict[str, str] = Field(default_factory=dict, repr=False)

    @model_validator(mode="after")
    def _one_way(self) -> ServerSettings:
        if (self.command is None) == (self.url is None):
            raise ValueError("name either a command or a url")
        return self


class _Servers(BaseModel):
    servers: dict[Name, ServerSettings]


def read_servers(text: str) -> Mapping[str, ServerSettings]:
    """The servers in `MCP_SERVERS`, by name: `{"name": {"command": …} | {"url": …}}`.

    They may also stand under `mcpServers`, as other clients write them.

    Raises `ValueError`, which names what is wrong and holds none of the values.
    """
    if not text.strip():
        return {}
    try:
        value: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise ValueError("is not JSON") from None
    if isinstance(value, dict) and set(value) == {"mcpServers"}:
        value = value["mcpServers"]
    try:
        return _Servers.model_validate({"servers": value}).servers
    except ValidationError as error:
        raise ValueError(
            "; ".join(_problem_text(entry["loc"], entry["msg"]) for entry in error.errors())
        ) from None


def _problem_text(where: Sequence[Any], what: str) -> str:
    return f"{'.'.join(str(part) for part in where[1:]) or 'the whole'}: {what}"
