"""Where things are in this checkout, and how set-up runs commands and talks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
PYTHON = VENV / "bin" / "python"

Command = list[str | Path]


class SetupError(Exception):
    """Set-up cannot go on; the message says what happened and what to do next."""


def say(text: str) -> None:
    """Tell the person at the terminal what is going on, without touching standard output."""
    print(text, file=sys.stderr, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    timeout: float = 900,
) -> str:
    """Run a command quietly and return its standard output.

    Raises SetupError with the end of what the command printed when it fails, is missing, or takes
    longer than `timeout` seconds.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            check=False,
            cwd=cwd,
            env=env,
            timeout=timeout,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as missing:
        raise SetupError(f"{words[0]} is not installed.") from missing
    except subprocess.TimeoutExpired as slow:
        raise SetupError(f"{' '.join(words[:4])} gave no result within {timeout:.0f} s.") from slow
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise SetupError(f"{' '.join(words[:4])} … ended with {done.returncode}:\n{last}")
    return done.stdout
