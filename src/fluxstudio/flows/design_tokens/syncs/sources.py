"""Where the design file's tokens come from: the provider's API, uploaded files, the plugin, or a folder."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from fluxstudio.core.design_tokens.libraries import ImportCode, StoredLibrary, TokenLibraries
from fluxstudio.core.design_tokens.syncs import TokenSync, TokenSyncs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest, InvalidToken
from fluxstudio.flows import call
from fluxstudio.flows.design_tokens.tree import read_tree
from fluxstudio.sdk import CodeHost, DesignSource, Operation, TokenExport, TokenImports

MAX_FILES = 100
# The variables that a code brought, and what a person reads about it.
USED_CODE = "This code was used or has expired. Get a new one on the sync's page."


@dataclass(frozen=True, slots=True)
class DesignTokens:
    """The tokens of a design file, and what is not to be read out of what is missing.

    `source` is `variables`, `styles` or `none`; `refused` says why there are no variables. `library` is what
    has to be stored with a run, for what comes from a folder.
    """

    tokens: Mapping[str, Any]
    source: str
    skipped: Sequence[Mapping[str, Any]] = ()
    complete: bool = True
    refused: str | None = None
    library: Mapping[str, Any] | None = None

    def silent(self, base: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
        """The variables about which this says nothing, and modes of variables, each as (id, mode)."""
        entries = [entry for entry in self.skipped if "id" in entry]
        whole = {str(entry["id"]) for entry in entries if "mode" not in entry}
        modes = {(str(entry["id"]), str(entry["mode"])) for entry in entries if "mode" in entry}
        if self.refused is not None:
            whole |= {token.variable_id for token in read_tree(dict(base)) if token.variable_id}
        return frozenset(whole), frozenset(modes)


def place_of(sync: TokenSync) -> dict[str, str]:
    """Owner and name of the repository, as operations take them."""
    owner, _, repo = sync.repository.partition("/")
    return {"owner": owner, "repo": repo}


def needed(operation: Operation | None) -> Operation:
    """An operation that the provider has, as was made sure of before."""
    if operation is None:
        raise InvalidRequest("This provider cannot do that.")
    return operation


def imports_of(services: Services) -> TokenImports:
    """What reads exported files and the plugin's message. Raises `InvalidRequest`."""
    providers = [registered.provider for registered in services.registry]
    sources = [source for provider in providers if (source := provider.capability(DesignSource))]
    imports = next((source.imports for source in sources if source.imports is not None), None)
    if imports is None:
        raise InvalidRequest("This installation has no provider whose files can be uploaded.")
    return imports


async def design_tokens(
    services: Services, actor: Actor, sync: TokenSync, source: DesignSource, commit: str
) -> DesignTokens:
    """The tokens as they are now; `commit` is where a folder is read. Raises the product's errors."""
    if sync.source_kind == "api":
        answer = await call.run(
            services,
            actor,
            needed(source.tokens).full_name,
            {"fileKey": sync.file_key},
            connection=str(sync.source_connection_id),
            renew=timedelta(0),
        )
        return _tokens(answer.value)
    stored = await TokenLibraries(services.db).stored(sync)
    imports = imports_of(services)
    if sync.source_kind == "upload":
        if stored is None:
            return DesignTokens({}, "none", complete=False)
        return _tokens(await asyncio.to_thread(imports.tokens, stored.library))
    files = await _folder(services, actor, sync, commit)
    return await asyncio.to_thread(_read_folder, imports, files, stored)


async def upload(
    services: Services,
    actor: Actor,
    sync_id: UUID,
    files: Sequence[tuple[str, bytes]],
    *,
    collection: str = "",
    everything: bool = False,
) -> TokenSync:
    """Take in exported files by name; the sync reads them from now on. Raises `InvalidRequest`."""
    syncs, libraries = TokenSyncs(services.db), TokenLibraries(services.db)
    sync = await syncs.one(actor.user_id, sync_id)
    stored = await libraries.stored(sync)
    imports = imports_of(services)

    def read() -> Mapping[str, Any]:
        exports = [TokenExport(name, _json(name, data)) for name, data in files]
        earlier = None if stored is None else stored.library
        return imports.of_exports(exports, earlier, collection, everything)

    if not 0 < len(files) <= MAX_FILES:
        raise InvalidRequest(
            f"Add at least one file, and {MAX_FILES} at most.", {"files": "has a wrong number"}
        )
    await libraries.keep(sync, await asyncio.to_thread(read), "files")
    await _recorded(services, actor.subject, sync, "files")
    return await syncs.one(actor.user_id, sync_id)


async def issue_code(services: Services, actor: Actor, sync_id: UUID) -> ImportCode:
    """A code with which the plugin may post once."""
    sync = await TokenSyncs(services.db).one(actor.user_id, sync_id)
    return await TokenLibraries(services.db).issue(sync)


async def require_code(services: Services, code: str) -> None:
    """Raises `InvalidToken` for a code that was used or has expired."""
    if await TokenLibraries(services.db).holder(code) is None:
        raise InvalidToken(USED_CODE)


async def receive(services: Services, code: str, message: Mapping[str, Any]) -> tuple[UUID, int]:
    """Take in what the plugin posted; the sync, and how many variables of its own the file has.

    Raises `InvalidRequest`, which leaves the code as it was, and `InvalidToken`.
    """
    libraries = TokenLibraries(services.db)
    holder = await libraries.holder(code)
    library = await asyncio.to_thread(imports_of(services).of_message, message)
    sync_id = await libraries.redeem(code, library) if holder is not None else None
    if holder is None or sync_id is None:
        raise InvalidToken(USED_CODE)
    sync = await TokenSyncs(services.db).one(holder.user_id, sync_id)
    await _recorded(services, "plugin", sync, "plugin")
    return sync_id, sum(not variable.get("remote") for variable in library["variables"].values())


async def _recorded(services: Services, subject: str, sync: TokenSync, origin: str) -> None:
    await services.audit.record(
        "design-tokens-import", None, subject, user_id=sync.user_id, sync=str(sync.id), origin=origin
    )


async def _folder(services: Services, actor: Actor, sync: TokenSync, commit: str) -> list[tuple[str, bytes]]:
    hosts = [entry.provider.capability(CodeHost) for entry in services.registry]
    operation = needed(next((host.folder for host in hosts if host is not None and host.folder), None))
    answer = await call.run(
        services,
        actor,
        operation.full_name,
        {**place_of(sync), "path": sync.source_folder, "commit": commit},
        connection=str(sync.target_connection_id),
    )
    folder = f"{sync.source_folder}/"
    files = [
        (entry["path"].removeprefix(folder), base64.b64decode(entry["content"]))
        for entry in answer.value["files"]
        if entry["path"] != sync.path
    ]
    if not files:
        raise InvalidRequest(
            f"{sync.source_folder} has no exported files. Commit them there, then sync again."
        )
    return files


def _read_folder(
    imports: TokenImports, files: Sequence[tuple[str, bytes]], stored: StoredLibrary | None
) -> DesignTokens:
    exports = [TokenExport(name, _json(name, data)) for name, data in files]
    earlier = None if stored is None else stored.library
    library = imports.of_exports(exports, earlier, "", False)
    return _tokens(imports.tokens(library), library)


def _tokens(answer: Mapping[str, Any], library: Mapping[str, Any] | None = None) -> DesignTokens:
    return DesignTokens(
        answer["tokens"],
        answer["source"],
        answer["skipped"],
        answer.get("complete", True),
        answer.get("refused"),
        library,
    )


def _json(name: str, data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InvalidRequest(f"{name} is not JSON. Add the files as Figma exported them.") from None
