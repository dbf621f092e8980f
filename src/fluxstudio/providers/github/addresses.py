"""Reading which repository people mean, in every form in which they copy it from somewhere."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from fluxstudio.errors import InvalidRequest

# Logins of managed users hold an underscore before the enterprise's short code (docs.github.com “Enterprise
# Managed Users”, read 2026-11-29).
OWNER = r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}"
REPO = r"\.{0,2}[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
SSH = re.compile(r"(?:ssh://)?(?:[\w.-]+@)(?P<host>[A-Za-z0-9.-]+)(?::\d+)?[:/](?P<path>.+)")


class RepositoryName(NamedTuple):
    """A repository by its owner's login and its own name."""

    owner: str
    repo: str


def read_repository(name_text: str, web: str) -> RepositoryName:
    """The repository in `owner/name`, an address at GitHub (or at `web`, which replaces it), or a clone URL.

    Raises `InvalidRequest` saying what was expected.
    """
    owner, _, rest = _path(name_text.strip(), web).strip("/").partition("/")
    repo = rest.partition("/")[0].removesuffix(".git")
    if not re.fullmatch(OWNER, owner) or not re.fullmatch(REPO, repo):
        raise InvalidRequest(
            "This is not the name of a GitHub repository. Write it as owner/name, or copy its address from "
            "your browser.",
            {"repository": "expected something like octocat/hello-world"},
        )
    return RepositoryName(owner, repo)


def _path(text: str, web: str) -> str:
    """The part that names the repository; empty for an address that is not at GitHub."""
    base = web.rstrip("/")
    if text.startswith(f"{base}/"):
        return _without_query(text.removeprefix(base))
    ours = {"github.com", "www.github.com", "ssh.github.com", _host(base)}
    if ssh := SSH.fullmatch(text):
        return ssh["path"] if ssh["host"].lower() in ours else ""
    if "://" not in text and text.partition("/")[0].lower() not in ours:
        return _without_query(text)
    address = text if "://" in text else f"https://{text}"
    return _without_query(urlsplit(address).path) if _host(address) in ours else ""


def _without_query(path: str) -> str:
    return unquote(re.split(r"[?#]", path, maxsplit=1)[0])


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
