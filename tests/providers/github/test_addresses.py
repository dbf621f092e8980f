"""A repository is read from every form in which people copy its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.errors import InvalidRequest
from fluxstudio.providers.github.addresses import OWNER, REPO, read_repository

WEB = "https://github.com"


@pytest.mark.parametrize(
    "written",
    [
        "octo_acme/repo-01",
        "  octo_acme/repo-01/ ",
        "octo_acme/repo-01.git",
        "github.com/octo_acme/repo-01",
        "www.github.com/octo_acme/repo-01",
        "GitHub.com/octo_acme/repo-01",
        "https://github.com/octo_acme/repo-01",
        "http://www.github.com/octo_acme/repo-01/",
        "https://github.com/octo_acme/repo-01.git",
        "https://github.com/octo_acme/repo-01/pull/7?w=1#discussion_r1",
        "https://github.com/octo_acme/repo-01#readme",
        "https://ada@github.com/octo_acme/repo-01",
        "git@github.com:octo_acme/repo-01.git",
        "ssh://git@github.com/octo_acme/repo-01.git",
        "ssh://git@ssh.github.com:443/octo_acme/repo-01.git",
        "git://github.com/octo_acme/repo-01.git",
    ],
)
def test_a_repository_is_read_as_people_copy_it(written: str) -> None:
    assert read_repository(written, WEB) == ("octo_acme", "repo-01")


def test_a_repository_of_an_enterprise_server_is_read_from_its_address() -> None:
    web = "https://git.harbour.example:8443"
    for written in (f"{web}/pine/labs/issues", "git@git.harbour.example:pine/labs.git", "pine/labs"):
        assert read_repository(written, web) == ("pine", "labs")
    with pytest.raises(InvalidRequest):
        read_repository("https://git.other.example/pine/labs", web)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "pine",
        "pine/",
        "/labs",
        "https://github.com/pine",
        "https://gitlab.com/pine/labs",
        "https://github.com.evil.example/pine/labs",
        "git@gitlab.com:pine/labs.git",
        "pine labs",
        "../labs",
        "pine/..",
        "http://[broken/pine/labs",
    ],
)
def test_what_names_no_repository_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InvalidRequest, match="owner/name"):
        read_repository(written, WEB)


@given(owner=st.from_regex(OWNER, fullmatch=True), repo=st.from_regex(REPO, fullmatch=True))
def test_every_name_that_github_allows_is_read_as_it_is(owner: str, repo: str) -> None:
    expected = repo.removesuffix(".git")
    if expected in {"", ".", ".."} or owner.lower() in {"github.com"}:
        return
    assert read_repository(f"{owner}/{repo}", WEB) == (owner, expected)


@given(st.text(max_size=80))
def test_nothing_that_people_write_is_more_than_refused(written: str) -> None:
    try:
        owner, repo = read_repository(written, WEB)
    except InvalidRequest:
        return
    assert owner
    assert repo
