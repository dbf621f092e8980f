"""One template process for the products of a worker of tests: each would import everything for a second."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fluxstudio.kit.worker_pool.pool import WorkerPool

OURS = b"fluxstudio.flows.pool_tasks"


@contextmanager
def shared_templates() -> Iterator[None]:
    """Have pools of products take their workers from one template for the same options; it ends with this."""
    templates: dict[bytes, tuple[subprocess.Popen[bytes], socket.socket]] = {}
    control, close = WorkerPool._control, WorkerPool.close

    def shared_control(pool: WorkerPool) -> socket.socket:
        shared = templates.get(pool._options)
        if pool._template is None and shared is not None and shared[0].poll() is None:
            pool._template = shared
        result = control(pool)
        if OURS in pool._options and pool._template is not None:
            templates[pool._options] = pool._template
        return result

    async def close_own(pool: WorkerPool) -> None:
        if templates.get(pool._options) is pool._template:
            pool._template = None
        await close(pool)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WorkerPool, "_control", shared_control)
        patched.setattr(WorkerPool, "close", close_own)
        yield
    for process, channel in templates.values():
        channel.close()
        process.kill()
        process.wait()
