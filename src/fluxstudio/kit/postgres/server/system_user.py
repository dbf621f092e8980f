"""The system account that the server runs as where this program is root: made on first use, of no other use.

A shared one such as `nobody` will not do: whatever else runs under it could read the database's passwords.
"""

from __future__ import annotations

import fcntl
import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError

SYSTEM_USER = "fluxstudio-db"

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_NO_HOME, _NO_SHELL = "/nonexistent", "/usr/sbin/nologin"
# As distributions have them, and `adduser` as Debian's and as BusyBox's.
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("useradd", "--system", "--no-create-home", "--home-dir", _NO_HOME, "--shell", _NO_SHELL),
    ("adduser", "--system", "--group", "--no-create-home", "--home", _NO_HOME, "--shell", _NO_SHELL),
    ("adduser", "-S", "-D", "-H", "-h", _NO_HOME, "-s", _NO_SHELL),
)
_USERS, _GROUPS, _LOCK = Path("/etc/passwd"), Path("/etc/group"), Path("/etc/.pwd.lock")
_SYSTEM_IDS = range(999, 99, -1)


def system_user(name: str) -> pwd.struct_passwd:
    """The account of that name, made if it is missing. Only root may ask.

    Raises:
        EmbeddedPostgresError: it could not be made; the message says how to make it.
    """
    if (entry := _user(name)) is not None:
        return entry
    with _one_at_a_time():
        reasons = _make_user(name)
    if (entry := _user(name)) is None:
        raise EmbeddedPostgresError(
            f"PostgreSQL refuses to run as root, and the account “{name}” for it could not be made: "
            f"{'; '.join(filter(None, reasons))}. Make it (useradd --system {name}), start this program "
            "as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own."
        )
    return entry


def _make_user(name: str) -> list[str]:
    """What speaks against it, in each way that was tried until there was an account."""
    reasons: list[str] = []
    for command in _COMMANDS:
        # Another process may have made it meanwhile.
        if _user(name) is not None:
            return reasons
        if (program := shutil.which(command[0], path=_PATH)) is not None:
            reasons.append(_run([program, *command[1:], name]))
    try:
        _write_user(name)
    except OSError as error:
        reasons.append(f"{error.filename}: {error.strerror}")
    return reasons


def _user(name: str) -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam(name)
    return None


def _run(command: Sequence[str]) -> str:
    """What the command said against it; empty when it worked."""
    outcome = subprocess.run(  # noqa: S603 - our own arguments, no shell
        command, env={"PATH": _PATH, "LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    lines = (outcome.stderr or outcome.stdout).strip().splitlines()
    return lines[-1] if outcome.returncode and lines else ""


def _write_user(name: str) -> None:
    """Add the account where the machine has no command for it, as small containers do not."""
    with _locked():
        if _user(name) is not None:
            return
        ids_in_use = {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()}
        number = next(number for number in _SYSTEM_IDS if number not in ids_in_use)
        _append(_GROUPS, f"{name}:*:{number}:\n")
        _append(_USERS, f"{name}:*:{number}:{number}:Database:{_NO_HOME}:{_NO_SHELL}\n")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one process at a time make an account.

    `useradd` looks for the name before it takes the lock of accounts, so that of two at once the second
    gives the account another number, and what the first has made belongs to nobody.
    """
    handle = os.open(_USERS.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _locked() -> Iterator[None]:
    """The lock that the commands over accounts take."""
    handle = os.open(_LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _append(file: Path, line: str) -> None:
    text = file.read_bytes() if file.exists() else b""
    start = "" if not text or text.endswith(b"\n") else "\n"
    with file.open("a", encoding="utf-8") as opened:
        opened.write(start + line)
