"""Names and addresses of hosts, as settings, URLs and `Host` headers write them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_HEADER = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::\d{1,5})?")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


def host_of(header: str) -> str | None:
    """The host of a `Host` header, in lower case, without port, brackets or a dot at its end; or None."""
    match = _HEADER.fullmatch(header.strip())
    return match[1].lower().strip("[]").rstrip(".") or None if match else None


def ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host is, or None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host, be it a name or an address, is this machine for whoever uses it."""
    ip = ip_of(host)
    return ip.is_loopback if ip is not None else host == "localhost" or host.endswith(".localhost")


def reachable(host: str) -> str:
    """The host of a URL that leads to what listens at `host`: for all addresses, the loopback's."""
    ip = ip_of(host)
    if ip is None:
        return host.lower()
    if ip.is_unspecified:
        return "127.0.0.1"
    return f"[{ip}]" if ip.version == 6 else str(ip)


def exact_host(text: str) -> str:
    """A host name or address as browsers write it. Raises `ValueError` for what is neither."""
    ip = ip_of(text)
    if ip is not None:
        return str(ip)
    try:
        name = text.lower().encode("idna").decode() if not text.isascii() else text.lower()
    except UnicodeError:
        name = ""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{text} is no host name: write it as flux.example")
    return name.rstrip(".")


def public_address(text: str) -> str:
    """The address of a whole host as browsers write its origin. Raises `ValueError` for anything else."""
    example = "Write scheme and host, such as https://flux.example"
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise ValueError(f"its host or port cannot be read. {example}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError(f"it is not an address that begins with https:// or http://. {example}")
    if "@" in parts.netloc:
        raise ValueError(f"it holds a user name or a password. {example}")
    if parts.path.strip("/") or parts.query or parts.fragment or text.strip().endswith(("?", "#")):
        raise ValueError(
            "it has something after the host, and FluxStudio answers at the top of a host only. Give it a "
            "host name of its own, such as https://flux.example"
        )
    try:
        host = exact_host(parts.hostname)
    except ValueError as error:
        raise ValueError(f"{error}. {example}") from None
    ip = ip_of(host)
    if ip is not None and ip.is_unspecified:
        raise ValueError(f"{host} is no address that people can reach. {example}")
    host_text = f"[{host}]" if ip is not None and ip.version == 6 else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host_text}" + (f":{port}" if port not in (None, usual) else "")
