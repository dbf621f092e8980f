"""Connecting to whichever of several servers answers and takes changes."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import asyncpg

Target = str | Mapping[str, Any]
"""Where a database is: an address (`postgresql://…`), or keyword arguments of `asyncpg.connect`."""

CONNECT_SECONDS = 10.0
# Where there are others to ask, one that does not answer is passed over after so long.
CONNECT_SECONDS_EACH = 3.0
# A server that is gone without a word is noticed within 20 s: by silence after 5 s, asked 3 times every 5 s,
# and by 15 s in which it confirms nothing of what was sent.
KEEPALIVE = {
    socket.TCP_KEEPIDLE: 5,
    socket.TCP_KEEPINTVL: 5,
    socket.TCP_KEEPCNT: 3,
    socket.TCP_USER_TIMEOUT: 15_000,
}
# What libpq reads in an address and the server would refuse as a setting; we have our own times for these.
OF_LIBPQ = ("connect_timeout", "keepalives", "tcp_user_timeout", "channel_binding")

# Another host may be fine where one of them raises this.
_NEXT_HOST = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.PostgresConnectionError,
    asyncpg.TargetServerAttributeNotMatched,
)
# Which host answered last, by address, so that one that does not is waited for once and not each time.
_answered_last: dict[str, int] = {}


def connect_arguments(target: Target) -> dict[str, Any]:
    """`target` as keyword arguments of `asyncpg.connect`."""
    arguments = {"dsn": target} if isinstance(target, str) else dict(target)
    if isinstance(arguments.get("dsn"), str):
        arguments["dsn"] = _without_libpq(arguments["dsn"])
    return arguments


def hosts_of(target: Target) -> list[dict[str, Any]]:
    """The hosts of a target as arguments that name one each; an empty one where it is left to asyncpg.

    A target that cannot be read is left to asyncpg as well, which says why.
    """
    arguments = connect_arguments(target)
    host, port = arguments.get("host"), arguments.get("port")
    if host is None and "dsn" in arguments:
        with suppress(ValueError):
            return _hosts_in(arguments["dsn"])
    if isinstance(host, list | tuple) and len(host) > 1:
        ports = port if isinstance(port, list | tuple) else [port or 5432] * len(host)
        return [{"host": name, "port": number} for name, number in zip(host, ports, strict=True)]
    return [{}]


class HasPlace:
    """A connection that knows which of the hosts it leads to."""

    place: Mapping[str, Any] = {}


async def open_connection(target: Target, **options: Any) -> Any:
    """`asyncpg.connect` to the first host that answers in time and takes changes; the last one first.

    `options` are further arguments of `asyncpg.connect`. Raises what it raises, of the host asked last.
    """
    arguments, hosts = connect_arguments(target) | options, hosts_of(target)
    if len(hosts) == 1:
        arguments.setdefault("timeout", CONNECT_SECONDS)
        return _kept_alive(await asyncpg.connect(**arguments), {})
    arguments["timeout"] = CONNECT_SECONDS_EACH
    if "target_session_attrs" not in str(arguments.get("dsn", "")):
        arguments.setdefault("target_session_attrs", "read-write")
    name = repr(hosts)
    first = _answered_last.get(name, 0)
    errors: list[Exception] = []
    for number in sorted(range(len(hosts)), key=lambda number: number != first):
        try:
            connection = await asyncpg.connect(**{**arguments, **hosts[number]})
        except _NEXT_HOST as error:
            errors.append(error)
        else:
            _answered_last[name] = number
            return _kept_alive(connection, hosts[number])
    raise errors[-1]


async def answers(target: Target, place: Mapping[str, Any]) -> bool:
    """Whether one host of a target answers anybody, as its connections' `place` names it."""
    arguments = {**connect_arguments(target), **place, "timeout": CONNECT_SECONDS_EACH}
    try:
        connection = await asyncpg.connect(**arguments)
    except (asyncpg.PostgresError, asyncpg.InterfaceError):
        # Such as being full: it speaks.
        return True
    except (OSError, TimeoutError, asyncpg.InternalClientError):
        return False
    try:
        await connection.fetchval("SELECT 1", timeout=CONNECT_SECONDS_EACH)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    finally:
        connection.terminate()
    return True


def pass_over(target: Target) -> None:
    """Have the host that answered last asked after the others from now on."""
    hosts = hosts_of(target)
    name = repr(hosts)
    _answered_last[name] = (_answered_last.get(name, 0) + 1) % len(hosts)


def _kept_alive(connection: Any, place: Mapping[str, Any]) -> Any:
    """The connection, with where it leads, and with a machine that goes silent noticed by the system."""
    if isinstance(connection, HasPlace):
        connection.place = place
    # asyncpg has no way of its own to the socket.
    opened = connection._transport.get_extra_info("socket")
    if opened is not None and opened.family in {socket.AF_INET, socket.AF_INET6}:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE.items():
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
    return connection


def _hosts_in(dsn: str) -> list[dict[str, Any]]:
    parts = urlsplit(dsn)
    query = dict(parse_qsl(parts.query))
    listed = parts.netloc.rpartition("@")[2] or query.get("host", "")
    default = query.get("port", "5432").split(",")
    hosts = [_host(entry) for entry in listed.split(",")]
    if len(hosts) == 1:
        return [{}]
    ports = default if len(default) == len(hosts) else default[:1] * len(hosts)
    return [
        {"host": name, "port": int(port or other)} for (name, port), other in zip(hosts, ports, strict=True)
    ]


def _host(entry: str) -> tuple[str, str]:
    """Name and port (maybe empty) of one host as it is written: `name:port`, `[::1]:port`, `/folder`."""
    entry = unquote(entry)
    if entry.startswith("["):
        name, _, port = entry[1:].partition("]")
        return name, port.removeprefix(":")
    name, _, port = (entry, "", "") if entry.startswith("/") else entry.partition(":")
    return name, port


def _without_libpq(dsn: str) -> str:
    """The address without what only libpq reads in it."""
    with suppress(ValueError):
        parts = urlsplit(dsn)
        query = parse_qsl(parts.query, keep_blank_values=True)
        ours = [entry for entry in query if not entry[0].startswith(OF_LIBPQ)]
        if len(ours) < len(query):
            return parts._replace(query=urlencode(ours)).geturl()
    return dsn


def sessions_of(target: Target, application: str) -> dict[str, Any]:
    """`target` with a name for its sessions in `pg_stat_activity`, unless it has one of its own."""
    arguments = connect_arguments(target)
    if "application_name" in str(arguments.get("dsn", "")):
        return arguments
    settings = {"application_name": application, **(arguments.get("server_settings") or {})}
    return {**arguments, "server_settings": settings}
