from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fluxstudio.errors import InvalidRequest
from fluxstudio.providers.figma.addresses import FigmaAddress, read_address

FIGMA = "https://www.figma.com"
SIMULATED = "http://127.0.0.1:8001/www.figma.com"


@pytest.mark.parametrize(
    ("url", "kind", "result"),
    [
        ("https://www.figma.com/files/team/1174201358246917205/Harbour-Pine", "team", "1174201358246917205"),
        ("https://www.figma.com/files/team/1174201358246917205/all-projects", "team", "1174201358246917205"),
        ("https://www.figma.com/files/998877/team/1174/Harbour?fuid=12", "team", "1174"),
        ("https://www.figma.com/files/team/1174/project/318204401/Tidewater", "project", "318204401"),
        ("https://www.figma.com/files/998877/project/318204401", "project", "318204401"),
        ("https://www.figma.com/files/project/318204401/Team-project", "project", "318204401"),
        (
            "https://www.figma.com/design/TidewaterBookingFlow01/Tidewater?node-id=1-2",
            "file",
            "TidewaterBookingFlow01",
        ),
        ("https://www.figma.com/file/TidewaterBookingFlow01", "file", "TidewaterBookingFlow01"),
        ("https://www.figma.com/board/TidewaterResearch00001/Interviews", "file", "TidewaterResearch00001"),
        ("https://www.figma.com/proto/abc/x#frame", "file", "abc"),
        ("https://www.figma.com/design/abc/branch/def/Title", "file", "def"),
        ("https://figma.com/slides/abc", "file", "abc"),
        ("  https://www.figma.com/make/abc/  ", "file", "abc"),
        ("www.figma.com/design/abc/Title", "file", "abc"),
    ],
)
def test_addresses_copied_from_figma_are_understood(url: str, kind: str, result: str) -> None:
    read = read_address(url, FIGMA)
    assert (read.kind, read.id) == (kind, result)


def test_addresses_of_what_stands_in_for_figma_are_understood() -> None:
    assert read_address(f"{SIMULATED}/files/team/1174/Harbour", SIMULATED) == FigmaAddress("team", "1174")
    assert read_address("https://www.figma.com/design/abc", SIMULATED) == FigmaAddress("file", "abc")


@pytest.mark.parametrize(
    "url",
    [
        *("", "   ", "figma", "https://www.figma.com", "https://www.figma.com/files", "https://[", "http://"),
        "https://www.figma.com/files/recents-and-sharing",
        "https://www.figma.com/files/team",
        "https://www.figma.com/community/file/1234",
        "https://www.figma.com/design/..%2F..%2Fme/x",
        "https://www.figma.com/design/a%20b",
        "https://figma.com.evil.example/design/abc",
        "https://evilfigma.com/design/abc",
        "https://example.com/design/abc",
        "javascript://www.figma.com/design/abc",
        "ftp://www.figma.com/design/abc",
        f"{SIMULATED}/design/abc",
    ],
)
def test_what_is_no_address_of_figmas_says_what_was_expected(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_address(url, FIGMA)
    assert "url" in refused.value.details["fields"]


@given(url=some.text(max_size=120) | some.from_regex(r"https?://www\.figma\.com/.{0,60}"))
def test_whatever_is_pasted_is_read_or_refused(url: str) -> None:
    try:
        read = read_address(url, FIGMA)
    except InvalidRequest:
        return
    assert read.kind in {"team", "project", "file"}
    assert read.id.replace("-", "").replace("_", "").isalnum()
