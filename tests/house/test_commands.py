"""`make run` and `.ci/run`, with a stand-in for what they start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.house.repository import ROOT

SET_UP_IS_CURRENT = "import sys\nassert sys.argv[1:] in (['run'], ['check'], ['test'])\n"
PRODUCT = """#!/bin/sh
trap 'echo stopped cleanly; exit 0' INT TERM
echo "$@ $PORT $FLUXSTUDIO_HOME"
while :; do sleep 0.02; done
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with our Makefile, a set-up that is done, and a product that waits to be stopped."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name, text in {"tools/setup.py": SET_UP_IS_CURRENT, ".venv/bin/fluxstudio": PRODUCT}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)
    return tmp_path


def start(checkout: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    """Start make in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        ["make", *words],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_make_run_starts_the_demo_with_the_settings_of_whoever_runs_it(checkout: Path) -> None:
    product = start(checkout, "run", "PORT=9123", FLUXSTUDIO_HOME="/somewhere/else")
    assert product.stdout is not None
    assert product.stdout.readline() == "demo 9123 /somewhere/else\n"
    os.killpg(product.pid, signal.SIGINT)
    product.wait(10)


@pytest.mark.parametrize("to_all", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_the_product_and_leaves_nothing_behind(checkout: Path, to_all: signal.Signals) -> None:
    product = start(checkout, "run")
    assert product.stdout is not None
    product.stdout.readline()
    os.killpg(product.pid, to_all)
    assert "stopped cleanly" in product.communicate(timeout=60)[0]
    with pytest.raises(ProcessLookupError):
        os.killpg(product.pid, 0)


def test_terminating_make_alone_stops_the_product_too(checkout: Path) -> None:
    product = start(checkout, "run")
    assert product.stdout is not None
    product.stdout.readline()
    product.terminate()
    assert "stopped cleanly" in product.communicate(timeout=60)[0]


def test_a_product_is_not_started_when_set_up_failed(checkout: Path) -> None:
    (checkout / "tools/setup.py").write_text("raise SystemExit(1)\n")
    product = start(checkout, "run")
    assert "demo" not in product.communicate(timeout=60)[0]
    assert product.returncode != 0


@pytest.mark.parametrize(
    ("status", "summary"), [(0, "7 passed in 1s"), (1, "1 failed in 1s"), (5, "no tests ran")]
)
def test_continuous_integration_ends_with_the_summary_of_the_tests_and_their_verdict(
    tmp_path: Path, status: int, summary: str
) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text(f"test:\n\t@echo '{summary}'\n\t@exit {status}\n")
    done = subprocess.run([tmp_path / ".ci/run"], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == summary
    assert (done.returncode == 0) is (status == 0)
