"""What an agent sends to a tool: checked, and taken apart into the call and how it is to be made."""

from __future__ import annotations

import base64
import binascii
import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.errors import ConnectionAmbiguous, InvalidRequest, NotConnected, NotFound
from fluxstudio.flows.agents.catalog import CONNECTION, DRY_RUN, Tool
from fluxstudio.kit.json import encode
from fluxstudio.sdk import Operation, Provider, Upload

# Bytes of JSON that one call may send.
LONGEST_ARGUMENTS = 512 * 1024


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call that could be made. `arguments` are JSON under public names, as they are shown to a person."""

    operation: Operation
    connection: ListedConnection
    arguments: Mapping[str, Any]
    dry_run: bool


def prepare(tool: Tool, sent: Mapping[str, Any], connections: Sequence[ListedConnection]) -> Prepared:
    """Check what was sent to a tool. `connections` are the user's live ones that the agent may use.

    Raises `InvalidRequest`, `NotConnected`, `NotFound` or `ConnectionAmbiguous`, which name what to send.
    """
    operation = tool.operation
    if len(encode(sent)) > LONGEST_ARGUMENTS:
        raise InvalidRequest(
            f"The arguments are longer than {LONGEST_ARGUMENTS // 1024} KB. Send less in one call."
        )
    arguments = copy.deepcopy(dict(sent))
    connection = arguments.pop(CONNECTION, None)
    dry_run = arguments.pop(DRY_RUN, False) if operation.writes else False
    if not isinstance(dry_run, bool):
        raise InvalidRequest("dry_run is true or false.", {DRY_RUN: "is not true or false"})
    if connection is not None and not isinstance(connection, str):
        raise InvalidRequest("connection is the id of a connection.", {CONNECTION: "is not a text"})
    operation.check(decoded(operation, arguments))
    return Prepared(operation, _chosen(operation.provider, connection, connections), arguments, dry_run)


def decoded(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with files as operations take them. Raises `InvalidRequest`."""
    if not operation.takes_upload:
        return dict(arguments)
    files = {
        operation.public_name(name)
        for name, (annotation, _) in operation.parameters.items()
        if annotation is Upload
    }
    return {name: _upload(name, value) if name in files else value for name, value in arguments.items()}


def _upload(name: str, value: Any) -> Upload:
    try:
        return Upload(
            str(value["filename"])[:255],
            str(value.get("contentType") or "application/octet-stream")[:255],
            base64.b64decode(value["content"], validate=True),
        )
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error):
        raise InvalidRequest(
            "A file is {filename, contentType, content}, with the bytes of content as base64.",
            {name: "is not such a file"},
        ) from None


def _chosen(
    provider: Provider, named: str | None, connections: Sequence[ListedConnection]
) -> ListedConnection:
    """The connection that is meant: by its id, or by id or name of its account."""
    ours = [entry for entry in connections if entry.provider == provider.id]
    if named is not None:
        fitting = [entry for entry in ours if named in _names(entry)] or [
            entry for entry in ours if entry.account.name.casefold() == named.casefold().strip()
        ]
    else:
        fitting = ours
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        raise ConnectionAmbiguous(
            f"There are {len(fitting)} {provider.name} {provider.identity.noun}s. Ask the user which one is "
            f"meant, then call again with connection set to one of: {_names_of(fitting)}.",
            [
                {"id": str(entry.id), "name": entry.account.name, "accountId": entry.account.id}
                for entry in fitting
            ],
        )
    if ours:
        raise NotFound(f"There is no such {provider.name} connection. These may be used: {_names_of(ours)}.")
    raise NotConnected(
        f"{provider.name} is not connected, or this agent may not use it. Ask the user to connect it in "
        "Settings → Integrations, or to allow it for this agent in Agents."
    )


def _names(entry: ListedConnection) -> tuple[str, str]:
    return str(entry.id), entry.account.id


def _names_of(entries: Sequence[ListedConnection]) -> str:
    return ", ".join(f"{entry.id} ({entry.account.name})" for entry in entries[:20])


def as_id(text: str, what: str) -> UUID:
    """The id in a text. Raises `NotFound` for what cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"There is no {what} with this id.") from None
