"""Simulated accounts that hold far more than a studio of five: thousands of channels, files, repositories."""

from __future__ import annotations

from copy import copy
from typing import Any

from tests.support.running import Running

TEAM = "https://www.figma.com/files/team/1174201358246917205/Harbour-Pine"
PROJECT = "318204401"


def with_channels(running: Running, count: int) -> None:
    """A workspace with so many public channels beside its own, `c-0001` to `c-…`."""
    channels: dict[str, dict[str, Any]] = running.simulators["slack"].world.data["channels"]
    model = channels["C0RANDOM01"]
    for number in range(1, count + 1):
        key = f"C0LONG{number:05}"
        channels[key] = {**model, "id": key, "name": f"c-{number:04}"}


def with_files(running: Running, count: int) -> None:
    """A team with so many files more in its first project, `Screen 0001` to `Screen …`."""
    files: dict[str, dict[str, Any]] = running.simulators["figma"].world.data["files"]
    model = files["TidewaterMobileApp0001"]
    for number in range(1, count + 1):
        files[f"LongListFile{number:08}"] = {**model, "name": f"Screen {number:04}", "project": PROJECT}


def with_repositories(running: Running, count: int) -> None:
    """An account that reaches so many repositories more, `r-0001` to `r-…`."""
    repositories: dict[str, dict[str, Any]] = running.simulators["github"].world.data["repositories"]
    model = next(iter(repositories.values()))
    for number in range(1, count + 1):
        key = 7_000_000 + number
        repositories[str(key)] = {**copy(model), "id": key, "name": f"r-{number:04}"}
