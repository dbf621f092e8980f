"""Where packages come from, and which are locked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import Requirement

from tests.house.repository import ROOT

# Written apart, so that this file does not name them.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
    )
]
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=]"
    r"|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60}"
    r"|xox[abeprs]-\d{10,}-\d{10,}-\w{20}|figd_[\w-]{40}|AKIA[0-9A-Z]{16}|sk-ant-[\w-]{40}"
)


def locked(name: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement a lock file holds, with its hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for entry in bare.replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", entry.strip())
        yield Requirement(requirement), hashes
