"""The server process: found, started and stopped.

Everything here expects that its caller holds the starting lock.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server.account import ServerAccount
from fluxstudio.kit.postgres.server.files import last_lines, open_ours
from fluxstudio.kit.postgres.server.layout import SOCKET_NAME, Layout

_PID_POLL_SECONDS = 0.01
_STATUS_LINE = 7
# A server that was killed may first have to replay its log.
_SECONDS_TO_GET_READY = 300.0
_SECONDS_TO_STOP = 30.0
# How long the last processes of a killed server may keep its memory.
_SECONDS_TO_VACATE = 10.0
_STILL_THERE = ("still in use", "already exists")


class Postmaster:
    """The server of one layout, whoever started it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._pid_file = layout.data / "postmaster.pid"

    def pid(self) -> int | None:
        """The process id of the running server, or None.

        The file that names it may be stale and its number given to another process since: the process must
        have our data folder among its arguments.
        """
        with suppress(OSError, ValueError, IndexError):
            pid = int(self._pid_file.read_text().splitlines()[0])
            if f" -D {self._layout.data} -c " in _command_line(pid):
                return pid
        return None

    def answers(self) -> bool:
        """Whether a server listens, wherever it runs: it may be in another container that shares the home."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            with suppress(OSError):
                probe.connect(str(self._layout.socket_folder / SOCKET_NAME))
                return True
        return False

    def running(self) -> bool:
        """Whether there is a server, be it starting, ready or stopping."""
        return self.pid() is not None or self.answers()

    def wait_ready(self) -> bool:
        """Wait for a server that is there to take connections; False when it is gone instead.

        Raises:
            EmbeddedPostgresError: it is neither within five minutes.
        """
        deadline = time.monotonic() + _SECONDS_TO_GET_READY
        while time.monotonic() < deadline:
            if self.pid() is None:
                return self.answers()
            if self._status() == "ready":
                return True
            time.sleep(_PID_POLL_SECONDS)
        raise EmbeddedPostgresError(
            f"PostgreSQL has not become ready in {_SECONDS_TO_GET_READY / 60:.0f} minutes. It may still be "
            f"repairing its data after a crash: look at the newest file in {self._layout.log}."
        )

    def start(self, account: ServerAccount, programs: Path) -> None:
        """Start the server in a session of its own and wait until it takes connections.

        Raises:
            EmbeddedPostgresError: it ended at once; the message holds what it said.
        """
        deadline = time.monotonic() + _SECONDS_TO_VACATE
        while not self._start_once(account, programs):
            last_words = self._last_words()
            if time.monotonic() > deadline or not any(phrase in last_words for phrase in _STILL_THERE):
                raise EmbeddedPostgresError(
                    f"PostgreSQL ended right after its start. It says:\n{last_words}\n"
                    f"Fix that and start again; its log is in {self._layout.log}."
                )
            time.sleep(10 * _PID_POLL_SECONDS)

    def stop(self) -> None:
        """End the server: clients are disconnected, work in progress is rolled back, all data is written out.

        One that runs in another container is left alone.

        Raises:
            EmbeddedPostgresError: it is still there after a minute.
        """
        for request in (signal.SIGINT, signal.SIGQUIT):
            pid = self.pid()
            if pid is None:
                break
            with suppress(ProcessLookupError):
                os.kill(pid, request)
            if _gone(pid, within=_SECONDS_TO_STOP):
                break
        else:
            raise EmbeddedPostgresError(
                f"PostgreSQL (process {self.pid()}) does not stop. Its disk may hang: look at the newest "
                f"file in {self._layout.log}, then end the process."
            )
        if not self.answers():
            self._layout.remove_socket_folder()

    def _start_once(self, account: ServerAccount, programs: Path) -> bool:
        self._remove_misleading_pid_file()
        self._layout.startup_log.unlink(missing_ok=True)
        log = open_ours(self._layout.startup_log, os.O_WRONLY | os.O_EXCL | os.O_APPEND)
        try:
            pid = self._launch(account, programs, log)
        finally:
            os.close(log)
        while self.pid() != pid:
            if _gone(pid, within=0):
                return False
            time.sleep(_PID_POLL_SECONDS)
        return self.wait_ready()

    def _remove_misleading_pid_file(self) -> None:
        """PostgreSQL sees through a stale file, but not when a stranger has its process number by now."""
        with suppress(OSError, ValueError, IndexError):
            stranger = int(self._pid_file.read_text().splitlines()[0])
            if _command_line(stranger):
                self._pid_file.unlink()

    def _launch(self, account: ServerAccount, programs: Path, log: int) -> int:
        """Start the server as a child of no process of ours: no one has to stay and reap it."""
        settings = f"config_file={self._layout.configuration}"
        command = [str(programs / "postgres"), "-D", str(self._layout.data), "-c", settings]
        shell = subprocess.run(  # noqa: S603 - our own arguments, passed apart from the script
            ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            check=True,
            **account.process_options(),
        )
        return int(shell.stdout)

    def _status(self) -> str:
        with suppress(OSError, IndexError):
            return self._pid_file.read_text().splitlines()[_STATUS_LINE].strip()
        return ""

    def _last_words(self) -> str:
        """The end of what the server said at its last start: on its error output, then in its own log."""
        startup = last_lines(self._layout.startup_log)
        newest = max(self._layout.log.iterdir(), key=lambda path: path.lstat().st_mtime, default=None)
        if newest is None or any("FATAL" in line for line in startup):
            return "\n".join(startup)
        return "\n".join(last_lines(newest))


def _command_line(pid: int) -> str:
    """The arguments of a process, separated by spaces; empty when it is gone or only waits to be reaped."""
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    listed = subprocess.run(  # noqa: S603 - our own arguments, no shell
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "" if "<defunct>" in listed.stdout else listed.stdout


def _runs(pid: int) -> bool:
    """Whether a process is there and not only waits to be reaped; one about to become another program is."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists() and bool(_command_line(pid))
    except ProcessLookupError:
        return False
    return state not in {b"Z", b"X"}


def _gone(pid: int, within: float) -> bool:
    deadline = time.monotonic() + within
    while _runs(pid):
        # In a container whose first process we are, orphans become our children.
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PID_POLL_SECONDS)
    return True
