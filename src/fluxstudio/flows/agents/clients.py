"""The programs that ask to be let in: registered by themselves, or described by a document at their id."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from fluxstudio.core.agents.authorization import AgentAuthorization, Client
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest, Unavailable
from fluxstudio.kit.http import Host, HttpClient, HttpError
from fluxstudio.kit.web_address import is_loopback

LONGEST_ADDRESS, MOST_ADDRESSES = 2000, 20
DOCUMENT_SECONDS, DOCUMENT_BYTES = 5.0, 64 * 1024
# What a browser would run, show or open on the machine of whoever clicks.
NO_REDIRECT = {"javascript", "data", "vbscript", "file", "about", "blob", "ftp", "ws", "wss", "view-source"}


async def register(services: Services, name: str | None, redirect_uris: Sequence[str]) -> Client:
    """Keep a client that registers itself (RFC 7591); it is public, and proves itself by PKCE alone.

    Raises `InvalidRequest` for addresses that nobody is to be sent to, `Unavailable` where there is no room.
    """
    client = Client(secrets.token_urlsafe(24), "registered", _name(name), _checked(redirect_uris))
    if not await AgentAuthorization(services.db).add_client(client):
        raise Unavailable("Too many clients have registered here lately. Try again tomorrow.")
    return client


async def client_of(services: Services, client_id: str) -> Client:
    """The client of an id; one that is an address is described by the document there, read once an hour.

    Raises `InvalidRequest` where there is none, or its document does not describe it.
    """
    store = AgentAuthorization(services.db)
    stored = await store.client(client_id) if 0 < len(client_id) <= LONGEST_ADDRESS else None
    if stored is not None and not (stored.kind == "document" and stored.old):
        return stored
    if not is_document(services, client_id):
        raise InvalidRequest("This program is not known here. Have it register, or log in with it again.")
    client = _described(client_id, await _read(services, client_id))
    await store.add_client(client)
    return client


def is_document(services: Services, client_id: str) -> bool:
    """Whether a client's id is an address at which a document can describe it."""
    parts = _split(client_id)
    if parts is None or len(client_id) > LONGEST_ADDRESS or parts.username or parts.fragment:
        return False
    plain = parts.path not in ("", "/") and not re.search(r"/\.{1,2}(/|$)", parts.path)
    # Over plain HTTP only where this installation itself serves this machine alone.
    secure = parts.scheme == "https" or (
        parts.scheme == "http" and _here(parts) and services.settings.private
    )
    return plain and secure


async def _read(services: Services, address: str) -> Any:
    guarded = HttpClient(
        [Host(address, private=services.settings.private)], seconds=DOCUMENT_SECONDS, most=DOCUMENT_BYTES
    )
    try:
        answer = await guarded.request("GET", address, headers={"accept": "application/json"})
        if answer.status != 200:
            raise InvalidRequest(f"The document that describes this program answered {answer.status}.")
        return answer.json()
    except HttpError:
        raise InvalidRequest("The document that describes this program cannot be read.") from None
    finally:
        await guarded.aclose()


def _described(client_id: str, document: Any) -> Client:
    if not isinstance(document, Mapping) or document.get("client_id") != client_id:
        raise InvalidRequest("The document at this program’s id does not describe it.")
    addresses = document.get("redirect_uris")
    if not isinstance(addresses, list) or not all(isinstance(entry, str) for entry in addresses):
        raise InvalidRequest("The document that describes this program names no address to go back to.")
    name = document.get("client_name")
    return Client(
        client_id,
        "document",
        _name(name if isinstance(name, str) else urlsplit(client_id).hostname),
        _checked(addresses),
    )


def _name(name: str | None) -> str:
    plain = re.sub(r"[^\w .,:()+'&/-]", "", name or "").strip()[:80]
    return plain or "A program without a name"


def _checked(addresses: Sequence[str]) -> list[str]:
    if not 0 < len(addresses) <= MOST_ADDRESSES:
        raise InvalidRequest(f"Name between 1 and {MOST_ADDRESSES} redirect_uris.")
    for address in addresses:
        if not may_lead_to(address):
            raise InvalidRequest(
                "A redirect_uri is an https address, an address of this machine, or a program’s own scheme, "
                "without a fragment."
            )
    return list(addresses)


def may_lead_to(address: str) -> bool:
    """Whether people may be sent to an address with a code: TLS, this machine, or a program's own scheme."""
    parts = _split(address)
    if parts is None or len(address) > LONGEST_ADDRESS or parts.fragment or parts.username:
        return False
    if re.search(r"[\s\x00-\x1f\x7f<>\"'\\]", address):
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "http":
        return _here(parts)
    return bool(re.fullmatch(r"[a-z][a-z0-9+.-]{1,40}", parts.scheme)) and parts.scheme not in NO_REDIRECT


def fits(client: Client, address: str) -> bool:
    """Whether a client may have people sent there: an address it named, on any port of this machine."""
    return may_lead_to(address) and any(
        address == named or _without_port(address) == _without_port(named) for named in client.redirect_uris
    )


def _without_port(address: str) -> str | None:
    """An address of this machine without its port, which a program chooses anew each time (RFC 8252)."""
    parts = _split(address)
    if parts is None or parts.scheme != "http" or not _here(parts):
        return address
    return f"http://{parts.hostname}{parts.path}?{parts.query}"


def _here(parts: SplitResult) -> bool:
    return is_loopback(parts.hostname or "")


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme else None
