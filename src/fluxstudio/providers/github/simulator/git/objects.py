"""Git's objects as bytes, and the ids that follow from them (git-scm.com, “Git Internals - Git Objects”)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

TREE_MODE = "040000"
SUBMODULE_MODE = "160000"
SYMLINK_MODE = "120000"
FILE_MODE = "100644"
EXECUTABLE_MODE = "100755"
MODES = {
    FILE_MODE: "blob",
    EXECUTABLE_MODE: "blob",
    SYMLINK_MODE: "blob",
    TREE_MODE: "tree",
    SUBMODULE_MODE: "commit",
}


@dataclass(frozen=True, slots=True)
class CommitSignature:
    """Who wrote or committed something, and when: Unix seconds, and minutes east of Greenwich."""

    name: str
    email: str
    at: int
    minutes_east: int = 0

    @property
    def date(self) -> str:
        """The time as the REST API writes it."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def local_date(self) -> str:
        """The time in its own zone, as events write it."""
        zone = timezone(timedelta(minutes=self.minutes_east))
        return datetime.fromtimestamp(self.at, zone).isoformat()

    def line(self) -> str:
        """The signature as a commit has it."""
        sign, minutes = "-" if self.minutes_east < 0 else "+", abs(self.minutes_east)
        return f"{self.name} <{self.email}> {self.at} {sign}{minutes // 60:02}{minutes % 60:02}"


@dataclass(frozen=True, slots=True)
class CommitFields:
    """What a commit is made of; `signature` is armoured text, empty where it has none."""

    tree: str
    parents: tuple[str, ...]
    author: CommitSignature
    committer: CommitSignature
    message: str
    signature: str = ""


def signature_of(name: str, email: str, date: str) -> CommitSignature:
    """A signature with the time of an ISO 8601 text. Raises `ValueError`, `OverflowError`."""
    at = datetime.fromisoformat(date)
    offset = at.utcoffset()
    at = at if offset is not None else at.replace(tzinfo=UTC)
    return CommitSignature(
        name, email, int(at.timestamp()), int((offset or timedelta()).total_seconds() // 60)
    )


def object_id(kind: str, content: bytes) -> str:
    """The id of an object: the SHA-1 of its kind, length and content."""
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def tree_bytes(entries: Iterable[Sequence[str]]) -> bytes:
    """A tree of `(mode, name, id)`, in the order that git demands."""
    ordered = sorted(entries, key=lambda entry: _sorting_name(entry[0], entry[1]))
    return b"".join(
        f"{mode.lstrip('0')} {name}".encode() + b"\0" + bytes.fromhex(sha) for mode, name, sha in ordered
    )


def commit_bytes(commit: CommitFields, *, signed: bool = True) -> bytes:
    """A commit; without its signature it is what was signed."""
    lines = [f"tree {commit.tree}", *(f"parent {parent}" for parent in commit.parents)]
    lines += [f"author {commit.author.line()}", f"committer {commit.committer.line()}"]
    if signed and commit.signature:
        lines += ["gpgsig " + commit.signature.rstrip("\n").replace("\n", "\n ")]
    return "\n".join([*lines, "", commit.message]).encode()


def _sorting_name(mode: str, name: str) -> bytes:
    return (name + ("/" if mode == TREE_MODE else "")).encode()
