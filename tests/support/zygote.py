"""Commands of the product in processes that are forked from one which has imported everything already.

Run as `python -m tests.support.zygote DESCRIPTOR`: over that UNIX socket come requests, each a JSON object
`{argv, cwd, env}` with two file descriptors for output; each is answered with the number of the process and,
when it ends, with its exit status.
Python starts and imports the product in a second; a fork is there in some milliseconds, and is as much a
process of its own.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).parents[2]
IMPORTED = (
    "fluxstudio.app",
    "fluxstudio.cli",
    "fluxstudio.commands.simulated",
    "fluxstudio.flows.doctor.run_checks",
    "fluxstudio.flows.rotate_keys",
    "fluxstudio.kit.postgres.embedded",
)
LARGEST_REQUEST = 1024 * 1024
_zygotes: dict[int, socket.socket] = {}


class ForkedProcess:
    """A command that runs, with what tests ask of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, answer: socket.socket) -> None:
        self.pid = pid
        answer.setblocking(False)
        self._status = asyncio.create_task(self._exit_status(answer))

    @staticmethod
    async def _exit_status(answer: socket.socket) -> int:
        with answer:
            return int(await asyncio.get_running_loop().sock_recv(answer, 16))

    @property
    def returncode(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._status.result() if self._status.done() else None

    async def wait(self) -> int:
        """Wait for its end; its exit status, negative after a signal."""
        return await asyncio.shield(self._status)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if not self._status.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


async def start_forked(
    *argv: str, cwd: Path | str, env: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> ForkedProcess:
    """Start `fluxstudio ARGV`, which writes to these files."""
    request = json.dumps({"argv": argv, "cwd": str(cwd), "env": dict(env)}).encode()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        socket.send_fds(_zygote(), [request], [theirs.fileno(), out.fileno(), err.fileno()])
    number = await asyncio.to_thread(ours.recv, 16)
    assert number, "the zygote has ended"
    return ForkedProcess(int(number), ours)


async def run_forked(*argv: str, cwd: Path | str, env: Mapping[str, str]) -> tuple[int, bytes, bytes]:
    """Run `fluxstudio ARGV` to its end; its exit status, and what it wrote to both outputs."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = await start_forked(*argv, cwd=cwd, env=env, out=out, err=err)
        code = await process.wait()
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()


def _zygote() -> socket.socket:
    """The socket of this process's zygote, which ends with this process."""
    if os.getpid() not in _zygotes:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            subprocess.Popen(
                [sys.executable, "-m", "tests.support.zygote", str(theirs.fileno())],
                cwd=ROOT,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        _zygotes[os.getpid()] = ours
    return _zygotes[os.getpid()]


def _serve(control: socket.socket) -> None:
    for module in IMPORTED:
        importlib.import_module(module)
    # Providers and faces are imported when something is served.
    importlib.import_module("fluxstudio.core.registry").discover()
    faces = importlib.import_module("fluxstudio.faces")
    for module_info in pkgutil.walk_packages(faces.__path__, "fluxstudio.faces."):
        importlib.import_module(module_info.name)
    # What is shared stays shared when the collector does not touch it.
    gc.collect()
    gc.freeze()
    # One child for each request waits for the command and tells how it ended; nobody waits for that one.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, LARGEST_REQUEST, 3)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _wait_for(json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _wait_for(request: dict[str, object], answer: int, out: int, err: int) -> NoReturn:
    child = os.fork()
    if child == 0:
        os.close(answer)
        os.dup2(out, 1)
        os.dup2(err, 2)
        _command(request)
    os.write(answer, str(child).encode())
    _, status = os.waitpid(child, 0)
    os.write(answer, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _command(request: dict[str, object]) -> NoReturn:
    code: object = 0
    try:
        os.chdir(str(request["cwd"]))
        os.environ.clear()
        os.environ.update(request["env"])  # type: ignore[call-overload]
        sys.argv = ["fluxstudio", *request["argv"]]  # type: ignore[misc]
        sys.path[:] = [path for path in sys.path if path not in {"", str(ROOT)}]
        from fluxstudio.cli import main

        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
