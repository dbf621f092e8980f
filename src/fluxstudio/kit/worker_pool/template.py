"""The template process, and the workers that it forks: `python -m fluxstudio.kit.worker_pool.template`.

Takes a file descriptor of a UNIX socket and a JSON object `{entry, argument, memory}`. `entry` is
`module:function`; called once with `argument`, it returns what does the work: `(task, argument) -> answer`,
the last two as bytes. Over the socket come file descriptors, each the end of a new worker's own socket. When
the socket closes, everything ends.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec

from fluxstudio.kit.worker_pool.frames import (
    FAILED,
    LENGTH,
    OVER_BUDGET,
    READY,
    VALUE,
    OverBudget,
    decoder,
    framed,
)

Handler = Callable[[str, bytes], bytes]

# Below the processes that answer people.
NICENESS = 5
RECURSION = 2000


def main() -> None:
    """Import everything once, then fork a worker for each descriptor received."""
    control = socket.socket(fileno=int(sys.argv[1]))
    options = msgspec.json.decode(sys.argv[2])
    module, _, name = options["entry"].partition(":")
    handler: Handler = getattr(importlib.import_module(module), name)(options["argument"])
    # Children are never waited for; and what is shared stays shared when the collector does not touch it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(RECURSION)
    gc.collect()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            _serve(socket.socket(fileno=descriptors[0]), handler, options["memory"])
        os.close(descriptors[0])


def _serve(connection: socket.socket, handler: Handler, memory: int) -> NoReturn:
    try:
        _bound_memory(memory)
        stream = connection.makefile("rb")
        connection.sendall(READY)
        while True:
            head = stream.read(LENGTH.size)
            if len(head) < LENGTH.size:
                break
            (length,) = LENGTH.unpack(head)
            body = stream.read(length)
            (length,) = LENGTH.unpack(stream.read(LENGTH.size))
            connection.sendall(_answer(body, stream.read(length), handler))
    except BaseException:
        os._exit(1)
    os._exit(0)


def _answer(body: bytes, argument: bytes, handler: Handler) -> bytes:
    try:
        request = decoder.decode(body)
        if request.yielding and os.nice(0) < NICENESS:
            os.nice(NICENESS)
        # Both end the process. Time that other processes take does not count against the work.
        signal.setitimer(signal.ITIMER_PROF, request.cpu)
        signal.setitimer(signal.ITIMER_REAL, request.wall)
        try:
            return framed(VALUE, handler(request.task, argument))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (OverBudget, MemoryError, RecursionError):
        return framed(OVER_BUDGET)
    except Exception as error:
        return framed(FAILED, type(error).__name__.encode())


def _bound_memory(added: int) -> None:
    """So many bytes more than there are now. Where a system has no such limit, the timers alone remain."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_bytes().split()[0])
        limit = pages * resource.getpagesize() + added
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
