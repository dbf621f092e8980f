"""Network addresses in all their spellings: which are the same, and which are this machine."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# Addresses that share this much belong to one host or site: a whole IPv4 address, and the /64 of which an
# IPv6 host chooses its own.
IPV6_PREFIX = 64
MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def parse_address(text: str) -> IpAddress | None:
    """The address in `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]:567` or `fe80::1%eth0`, or None.

    An IPv4 address written as an IPv6 one (`::ffff:1.2.3.4`) is the IPv4 address.
    """
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::\d+)?", text)
    bare = bracketed[1] if bracketed else text.partition(":")[0] if text.count(":") == 1 else text
    try:
        ip = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip


def plain_network(network: IpNetwork) -> IpNetwork:
    """A network, as an IPv4 one where it was written in IPv6 form (`::ffff:10.0.0.0/104`)."""
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(MAPPED):
        first = int(network.network_address) & 0xFFFFFFFF
        return ipaddress.IPv4Network((first, network.prefixlen - MAPPED.prefixlen))
    return network


@lru_cache(maxsize=4096)
def plain_address(text: str) -> str | None:
    """An address in its shortest spelling, without a port, or None for what is none."""
    ip = parse_address(text)
    return None if ip is None else str(ip)


@lru_cache(maxsize=4096)
def source_of(address: str | None) -> str:
    """What counts as one source: an IPv4 address, the /64 of an IPv6 address, or `unknown`."""
    ip = parse_address(address or "")
    if ip is None:
        return "unknown"
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ipaddress.IPv6Network((int(ip) >> 64 << 64, IPV6_PREFIX)))


def is_loopback(address: str | None) -> bool:
    """Whether an address is this machine's own, however it is spelled."""
    ip = parse_address(address or "")
    return ip is not None and ip.is_loopback


def is_loopback_host(host: str) -> bool:
    """Whether a `Host` header, with or without a port, names this machine, as no website can make it do."""
    parts = re.fullmatch(r"(\[[^\]]+\]|[^:]+)(?::\d*)?", host)
    return parts is not None and (parts[1].lower().rstrip(".") == "localhost" or is_loopback(parts[1]))
