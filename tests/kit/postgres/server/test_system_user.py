"""The account of root's server, on machines that lack the usual commands."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server import system_user as accounts
from fluxstudio.kit.postgres.server.system_user import system_user

NAME = "no-such-account"


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of accounts, of a machine without commands for them."""
    monkeypatch.setattr(accounts, "_COMMANDS", (("no-such-command",),))
    for attribute, name in (("_USERS", "passwd"), ("_GROUPS", "group"), ("_LOCK", ".pwd.lock")):
        monkeypatch.setattr(accounts, attribute, tmp_path / name)
    return tmp_path


def user_in(file: Path) -> pwd.struct_passwd | None:
    for line in file.read_text().splitlines() if file.exists() else ():
        name, secret, uid, gid, *rest = line.split(":")
        if name == NAME:
            return pwd.struct_passwd((name, secret, int(uid), int(gid), *rest))
    return None


def test_an_account_that_is_there_is_used() -> None:
    us = pwd.getpwuid(os.geteuid()).pw_name
    assert system_user(us).pw_uid == os.geteuid()


def test_without_a_command_for_it_the_account_is_written_down(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_user", lambda name: user_in(etc / "passwd"))
    (etc / "passwd").write_text("root:x:0:0:root:/root:/bin/sh")
    made = system_user(NAME)
    assert made.pw_uid not in {entry.pw_uid for entry in pwd.getpwall()}
    assert 100 <= made.pw_uid < 1000
    assert (made.pw_passwd, made.pw_shell) == ("*", "/usr/sbin/nologin")
    assert (etc / "passwd").read_text().startswith("root:x:0:0:root:/root:/bin/sh\n")
    assert (etc / "group").read_text() == f"{NAME}:*:{made.pw_gid}:\n"
    assert system_user(NAME) == made


def test_an_account_that_cannot_be_made_says_how_to_make_it(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_GROUPS", etc / "missing" / "group")
    with pytest.raises(EmbeddedPostgresError, match=rf"useradd --system {NAME}.*DATABASE_URL"):
        system_user(NAME)


def test_programs_started_together_make_one_account(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def add_as_useradd_does(command: Sequence[str]) -> str:
        made.append(command[-1])
        time.sleep(0.05)
        (etc / "passwd").write_text(f"{NAME}:x:{999 - len(made)}:999::/nonexistent:/usr/sbin/nologin\n")
        return ""

    made: list[str] = []
    monkeypatch.setattr(accounts, "_COMMANDS", (("true",),))
    monkeypatch.setattr(accounts, "_run", add_as_useradd_does)
    monkeypatch.setattr(accounts, "_user", lambda name: user_in(etc / "passwd"))
    with ThreadPoolExecutor(4) as threads:
        uids = {entry.pw_uid for entry in threads.map(system_user, [NAME] * 4)}
    assert (made, uids) == ([NAME], {998})
