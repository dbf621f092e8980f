"""When a server process counts as gone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from fluxstudio.kit.postgres.server import postmaster


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends at the end of its input."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as started:
        yield started


def test_a_process_that_runs_is_not_gone_even_where_its_command_line_reads_empty(
    monkeypatch: pytest.MonkeyPatch, process: subprocess.Popen[bytes]
) -> None:
    # So it reads between fork and exec.
    monkeypatch.setattr(postmaster, "_command_line", lambda pid: "")
    assert not postmaster._gone(process.pid, within=0)


def test_a_process_that_only_waits_to_be_reaped_is_gone(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert postmaster._gone(process.pid, within=0)


def test_a_process_that_was_reaped_is_gone(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    assert postmaster._gone(process.pid, within=0)
