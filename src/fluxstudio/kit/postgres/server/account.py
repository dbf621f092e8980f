"""The operating-system account the server runs as: our own, or an unprivileged one when we are root."""

from __future__ import annotations

import os
import pwd
import shlex
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server.system_user import SYSTEM_USER, system_user

# Enter each folder in turn, as the account itself: the kernel decides, not our reading of mode bits.
_FIRST_CLOSED_FOLDER = 'for folder; do cd -- "$folder" 2>/dev/null || { printf %s "$folder"; exit 1; }; done'


@dataclass(frozen=True)
class ServerAccount:
    """Whom the server runs as. `switched` means it is not us, and that we may act for it."""

    name: str
    uid: int
    gid: int
    switched: bool

    @classmethod
    def for_data(cls, data: Path, unprivileged: str | None) -> ServerAccount:
        """Whoever owns the data folder; where there is none yet, we do, or `unprivileged` if we are root.

        Without `unprivileged` root uses `SYSTEM_USER`, which is made if need be. It also gets the data of an
        owner who is shared with others (`nobody`) or no longer there: see `take_over`.

        Raises:
            EmbeddedPostgresError: the data belongs to somebody we may not act for, or there is no such user.
        """
        us = os.geteuid()
        owner = data.stat().st_uid if data.exists() else None
        if us == 0:
            return cls._unprivileged(data, owner, unprivileged)
        if owner not in (None, us):
            raise EmbeddedPostgresError(
                f"The database in {data} belongs to the user {_user_name(owner)}, and this program runs as "
                f"{_user_name(us)}. Run it as {_user_name(owner)} or as root, as before; or, while nothing "
                f"uses the database, take it over: sudo chown -R {_user_name(us)} "
                f"{shlex.quote(str(data.parent))}"
            )
        return cls(_user_name(us), us, os.getegid(), switched=False)

    @classmethod
    def _unprivileged(cls, data: Path, owner: int | None, unprivileged: str | None) -> ServerAccount:
        if owner == 0:
            raise EmbeddedPostgresError(
                f"The database in {data} belongs to root, and PostgreSQL refuses to run as root. Give it to "
                f"the user the server runs as: chown -R {unprivileged or SYSTEM_USER}: "
                f"{shlex.quote(str(data))}"
            )
        try:
            if unprivileged is None and (owner is None or _shared_or_gone(owner)):
                entry = system_user(SYSTEM_USER)
            else:
                entry = pwd.getpwnam(unprivileged or "") if owner is None else pwd.getpwuid(owner)
        except KeyError:
            missing = unprivileged if owner is None else f"number {owner}, who owns {data}"
            raise EmbeddedPostgresError(
                f"PostgreSQL refuses to run as root, and there is no user {missing} to run it as. Start this "
                "program as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own."
            ) from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, switched=True)

    def take_over(self, folder: Path, data: Path) -> None:
        """Make this account the owner of all that the owner of `data` has below `folder`.

        Only while no server runs. From the bottom up, so that one cut short is finished by the next.
        """
        before = data.stat().st_uid
        if not self.switched or before == self.uid:
            return
        for _, folders, files, opened in os.fwalk(folder, topdown=False):
            for name in (*files, *folders):
                if os.stat(name, dir_fd=opened, follow_symlinks=False).st_uid == before:
                    os.chown(name, self.uid, self.gid, dir_fd=opened, follow_symlinks=False)

    def run(
        self, command: Sequence[str | Path], standard_input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a short-lived program as this account and collect what it prints."""
        return subprocess.run(  # noqa: S603 - our own arguments, no shell
            command,
            input=standard_input,
            capture_output=True,
            text=True,
            check=False,
            **self.process_options(),
        )

    def process_options(self) -> dict[str, Any]:
        """What `subprocess` needs to start a program as this account, out of reach of our Ctrl-C.

        The environment is bare: ours may hold secrets, and a process shows its environment to its own user.
        """
        switch = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switched else {}
        return {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}, "start_new_session": True, **switch}

    def own(self, path: Path) -> None:
        """Make this account the owner of a file or folder that we just made."""
        if self.switched:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def closed_folder(self, folder: Path) -> Path | None:
        """The first folder on the way to `folder`, itself included, that this account may not enter."""
        if not self.switched:
            return None
        way = (*reversed(folder.parents), folder)
        outcome = self.run(["/bin/sh", "-c", _FIRST_CLOSED_FOLDER, "sh", *way])
        return Path(outcome.stdout) if outcome.returncode != 0 else None

    def may_run(self, program: Path) -> bool:
        """Whether this account can really start a program."""
        try:
            return self.run([program, "--version"]).returncode == 0
        except OSError:
            return False

    def require_entry(self, folder: Path, mend: str) -> None:
        """Check that this account may really enter `folder`.

        Raises:
            EmbeddedPostgresError: it may not; the message names the folder in the way and offers `mend`.
        """
        closed = self.closed_folder(folder)
        if closed is not None:
            raise EmbeddedPostgresError(
                f'PostgreSQL refuses to run as root, so it runs as the user "{self.name}", who may not enter '
                f"{closed} ({_describe(closed)}). {mend}; or start this program as an ordinary user; or set "
                "DATABASE_URL to a PostgreSQL server of your own."
            )


def _shared_or_gone(owner: int) -> bool:
    """Whether an owner is `nobody`, whom earlier versions used, or has no name on this machine (any more)."""
    try:
        return pwd.getpwuid(owner).pw_name == "nobody"
    except KeyError:
        return True


def _user_name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"number {uid}"


def _describe(folder: Path) -> str:
    status = folder.stat()
    return f"{stat.filemode(status.st_mode)}, owned by {_user_name(status.st_uid)}"
