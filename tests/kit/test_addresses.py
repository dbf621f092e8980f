"""One address is the same in all its spellings."""

from __future__ import annotations

import pytest

from fluxstudio.kit.addresses import is_loopback, is_loopback_host, source_of


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.9.1", "::1", "0:0:0:0:0:0:0:1", "[::1]", "::ffff:127.0.0.1", "[::ffff:7f00:1]:80"],
)
def test_this_machine_is_known_by_every_spelling(address: str) -> None:
    assert is_loopback(address)
    named = address if address.startswith("[") or ":" not in address else f"[{address}]"
    assert is_loopback_host(named)
    assert named.endswith(":80") or is_loopback_host(f"{named}:8000")


@pytest.mark.parametrize("host", ["localhost", "LocalHost:80", "localhost."])
def test_and_by_its_name(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "[::2]",
        "0.0.0.0",
        "::1:80:80",
        "[::1",
    ],
)
def test_nobody_else_is_taken_for_it(host: str) -> None:
    assert not is_loopback_host(host)


def test_a_source_is_an_address_or_the_network_that_chooses_addresses() -> None:  # R57
    assert source_of("203.0.113.7") == source_of("::ffff:203.0.113.7") != source_of("203.0.113.8")
    assert source_of("2001:db8:1:2:3::4") == source_of("2001:db8:1:2::9") != source_of("2001:db8:1:3::9")
    assert source_of(None) == source_of("nonsense") == "unknown"
