"""A simulated provider sends people back only where the real one would."""

from __future__ import annotations

import pytest

from fluxstudio.sdk.simulation.redirects import (
    Match,
    Redirects,
    at_or_below,
    at_or_below_on_any_loopback_port,
    exactly,
)

HERE = "http://127.0.0.1:8000/api/integrations/figma/callback"
MATCHES = (exactly, at_or_below, at_or_below_on_any_loopback_port)


@pytest.mark.parametrize(
    ("match", "asked", "allowed"),
    [
        (exactly, HERE, True),
        (exactly, f"{HERE}/more", False),
        (exactly, f"{HERE}?x=1", False),
        (exactly, HERE.replace("8000", "8001"), False),
        (at_or_below, f"{HERE}/more", True),
        (at_or_below, f"{HERE}more", False),
        (at_or_below, f"{HERE}/../elsewhere", False),
        (at_or_below, HERE.replace("8000", "8001"), False),
        (at_or_below, HERE.replace("127.0.0.1", "localhost"), False),
        (at_or_below_on_any_loopback_port, HERE.replace("8000", "8001"), True),
        (at_or_below_on_any_loopback_port, HERE.replace("http:", "https:"), False),
        (at_or_below_on_any_loopback_port, HERE.replace("/figma/", "/slack/"), False),
    ],
)
def test_a_registered_address_is_matched_as_the_service_does(match: Match, asked: str, allowed: bool) -> None:
    redirects = Redirects(match)
    redirects.register(HERE)
    assert redirects.allows(asked) is allowed


def test_away_from_the_loopback_the_port_counts_everywhere() -> None:
    redirects = Redirects(at_or_below_on_any_loopback_port)
    redirects.register("https://flux.example/callback")
    assert redirects.allows("https://flux.example/callback")
    assert not redirects.allows("https://flux.example:8443/callback")


@pytest.mark.parametrize("match", MATCHES)
@pytest.mark.parametrize(
    "asked",
    [
        "javascript://127.0.0.1/%0aalert(1)",
        "file://localhost/etc/passwd",
        "http://ada@127.0.0.1:8000/callback",
        "http://127.0.0.1:8000/callback#part",
        "http://127.0.0.1:99999/callback",
        "//127.0.0.1/callback",
        "https://evil.example/callback",
        "",
    ],
)
def test_no_service_sends_people_to_such_an_address(match: Match, asked: str) -> None:
    assert not Redirects(match).allows(asked)
