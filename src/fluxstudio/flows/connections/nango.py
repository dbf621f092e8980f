"""Nango's API, as far as an import reads it: integrations, connections, credentials.

Nango's public API reference (reference/api: integrations, connections), read 2026-11-30.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from fluxstudio.errors import Forbidden, Unavailable
from fluxstudio.kit.http import Host, HttpClient, HttpError
from fluxstudio.sdk import OAuthRefused, TokenAnswer
from fluxstudio.sdk.limits import retry_after

PAGE_SIZE = 100
MAX_PAGES = 10_000
MAX_NANGO_WAIT_SECONDS = 60.0
NANGO_TRIES = 6


@dataclass(frozen=True, slots=True)
class NangoIntegration:
    """An integration: which provider, and the id of its OAuth app where Nango tells it."""

    key: str
    provider: str
    client_id: str | None


@dataclass(frozen=True, slots=True)
class NangoConnection:
    """A connection as it is listed, without credentials. `problem` is what Nango says is wrong with it."""

    id: str
    integration: str
    provider: str
    user: str
    email: str | None
    name: str | None
    tags: Mapping[str, str]
    problem: str | None

    @property
    def label(self) -> str:
        """What a report calls it."""
        return f"{self.integration}/{self.id}"


@dataclass(frozen=True, slots=True)
class NangoCredentials:
    """What a connection holds: `raw` is the provider's own token answer."""

    kind: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    raw: Mapping[str, Any] = field(repr=False)

    def answer(self, now: datetime, read: Any) -> TokenAnswer:
        """The tokens as our own connect would have got them, by how long they still live.

        `read` reads a provider's token answer, as far as Nango has kept that as it was.
        """
        scope = self.raw.get("scope")
        try:
            read_answer: TokenAnswer = read({**self.raw, "access_token": self.access_token})
        except (OAuthRefused, LookupError, TypeError, ValueError, AttributeError):
            read_answer = TokenAnswer(self.access_token, scopes=_scopes(scope), raw=self.raw)
        lives = None if self.expires_at is None else max(0.0, (self.expires_at - now).total_seconds())
        return TokenAnswer(
            self.access_token,
            self.refresh_token or read_answer.refresh_token,
            expires_in=lives,
            refresh_expires_in=read_answer.refresh_expires_in,
            scopes=read_answer.scopes if read_answer.scopes is not None else _scopes(scope),
            raw=read_answer.raw,
        )


def _scopes(scope: object) -> tuple[str, ...] | None:
    if not isinstance(scope, str):
        return None
    return tuple(scope.replace(",", " ").split())


class NangoApi:
    """Reads one environment of Nango with its secret key. Raises `Forbidden`, `Unavailable`."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url.rstrip("/")
        self._secret = secret
        self._http = HttpClient([Host(url, private=True)], seconds=30)

    async def integrations(self) -> dict[str, NangoIntegration]:
        """Every integration by its key, with the id of its app where Nango tells it."""
        listed = _list(await self._get("/integrations"), "data", "configs")
        integrations: dict[str, NangoIntegration] = {}
        for entry in listed:
            key, provider = _text(entry, "unique_key"), _text(entry, "provider")
            if key and provider:
                integrations[key] = NangoIntegration(key, provider, await self._client_id(key))
        return integrations

    async def _client_id(self, key: str) -> str | None:
        answer = await self._get(f"/integrations/{quote(key, safe='')}", include="credentials", missing=True)
        data = answer.get("data", answer)
        credentials = data.get("credentials") if isinstance(data, dict) else None
        return _text(credentials, "client_id") if isinstance(credentials, dict) else None

    async def connections(self) -> AsyncIterator[NangoConnection]:
        """Every connection, page by page."""
        seen: set[tuple[str, str]] = set()
        for page in range(MAX_PAGES):
            listed = _list(await self._get("/connections", limit=PAGE_SIZE, page=page), "connections")
            fresh = [entry for entry in map(_connection, listed) if entry is not None]
            fresh = [entry for entry in fresh if (entry.integration, entry.id) not in seen]
            seen.update((entry.integration, entry.id) for entry in fresh)
            for entry in fresh:
                yield entry
            # Older ones answer with all of them, whatever page is asked for.
            if len(listed) < PAGE_SIZE or not fresh:
                return

    async def credentials(self, connection: NangoConnection) -> NangoCredentials | None:
        """The tokens of a connection, renewed by Nango where that was due; None for other kinds of access."""
        place = quote(connection.id, safe="")
        wanted: dict[str, Any] = {"provider_config_key": connection.integration, "refresh_token": "true"}
        answer = await self._get(f"/connections/{place}", missing=True, **wanted)
        # Versions before 2025 know it by this path only.
        answer = answer or await self._get(f"/connection/{place}", **wanted)
        credentials = answer.get("credentials")
        if not isinstance(credentials, dict) or credentials.get("type") != "OAUTH2":
            return None
        token, raw = _text(credentials, "access_token"), credentials.get("raw")
        if token is None:
            return None
        return NangoCredentials(
            "OAUTH2",
            token,
            _text(credentials, "refresh_token"),
            _time(credentials.get("expires_at")),
            raw if isinstance(raw, dict) else {},
        )

    async def _get(self, path: str, *, missing: bool = False, **query: Any) -> dict[str, Any]:
        """The JSON object at a path; an empty one for what is not there, where it may be `missing`."""
        url = f"{self._url}{path}{'?' + urlencode(query) if query else ''}"
        for _ in range(NANGO_TRIES):
            try:
                answer = await self._http.request(
                    "GET", url, headers={"authorization": f"Bearer {self._secret}"}
                )
                if answer.status == 429:
                    await asyncio.sleep(min(retry_after(answer.headers, 1.0), MAX_NANGO_WAIT_SECONDS))
                    continue
                if answer.status in {400, 404} and missing:
                    return {}
                self._check(answer.status)
                body = answer.json()
            except HttpError as error:
                raise Unavailable(f"Nango does not answer: {error}. Start the import again.") from error
            return body if isinstance(body, dict) else {}
        raise Unavailable("Nango asks to wait again and again. Start the import again later.")

    def _check(self, status: int) -> None:
        if status in {401, 403}:
            raise Forbidden("Nango does not accept this secret key. Copy it from its environment settings.")
        if status >= 400:
            raise Unavailable(f"Nango answered with status {status}. Start the import again.")

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _connection(entry: Any) -> NangoConnection | None:
    if not isinstance(entry, dict):
        return None
    key, integration = _text(entry, "connection_id"), _text(entry, "provider_config_key")
    if key is None or integration is None:
        return None
    person = entry.get("end_user")
    person = person if isinstance(person, dict) else {}
    tags = {**_tags(person.get("tags")), **_tags(entry.get("tags"))}
    errors = entry.get("errors")
    return NangoConnection(
        id=key,
        integration=integration,
        provider=_text(entry, "provider") or integration,
        user=tags.get("end_user_id") or _text(person, "id") or key,
        email=tags.get("end_user_email") or _text(person, "email"),
        name=tags.get("end_user_display_name") or _text(person, "display_name"),
        tags=tags,
        problem="it needs to be authorized again, says Nango" if errors else None,
    )


def _tags(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(name): str(text) for name, text in value.items() if isinstance(text, str | int)}


def _list(body: Mapping[str, Any], *names: str) -> list[Any]:
    return next((body[name] for name in names if isinstance(body.get(name), list)), [])


def _text(entry: Mapping[str, Any], name: str) -> str | None:
    value = entry.get(name)
    return str(value) if isinstance(value, str | int) and str(value) else None


def _time(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
