"""Set this checkout up: `python3 -m tools.setup run|check|test`.

`run` prepares what the product needs, `check` adds the static checks, `test` adds everything the tests
start. A set-up that is still current is recognised in a moment and not repeated; one that was interrupted
is begun anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tools.checkout import CACHE, PYTHON, ROOT, VENV, SetupError, say

# Each profile contains the ones before it.
PROFILES = ("run", "check", "test")
STAMP = VENV / "setup.json"
UNFINISHED = CACHE / "setup.unfinished"
LOCK = CACHE / "setup.lock"


def main(arguments: list[str]) -> int:
    """Set up the profile named in `arguments`; returns the exit status."""
    if arguments not in [[profile] for profile in PROFILES]:
        say(f"Usage: python3 -m tools.setup {'|'.join(PROFILES)}")
        return 2
    profile = arguments[0]
    try:
        if not is_current(profile):
            CACHE.mkdir(exist_ok=True)
            with _only_one():
                if not is_current(profile):
                    set_up(profile)
    except SetupError as failed:
        say(f"Set-up stopped. {failed}")
        return 1
    except PermissionError as denied:
        say(f"Set-up stopped: {denied.filename} belongs to another user.")
        say("Make this folder yours with chown, or use a clone of your own.")
        return 1
    except KeyboardInterrupt:
        say("Set-up stopped. Start it again to go on.")
        return 130
    return 0


def is_current(profile: str) -> bool:
    """Whether an earlier set-up already gives this profile, from the same files in the same place."""
    stamp = _read_stamp()
    return (
        stamp.get("fingerprint") == fingerprint()
        and PROFILES.index(str(stamp["profile"])) >= PROFILES.index(profile)
        and not UNFINISHED.exists()
        and PYTHON.exists()
        and (VENV / "bin" / "fluxstudio").exists()
    )


def fingerprint() -> str:
    """A digest of everything that decides what set-up does."""
    digest = hashlib.sha256(f"{ROOT}\n{sys.version_info[:2]}\n".encode())
    deciding = ("pyproject.toml", "requirements/*.txt", "tools/*.*", "tests/witnesses/package*.json")
    for path in sorted(path for pattern in deciding for path in ROOT.glob(pattern)):
        digest.update(f"{path.name}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def set_up(profile: str) -> None:
    """Do the whole set-up of a profile and leave the stamp that says so."""
    from tools import debian, environment, fetch, witnesses

    began = time.monotonic()
    earlier = _read_stamp().get("profile", "run")
    profile = max(profile, str(earlier), key=PROFILES.index)
    say("Setting up .venv. Later starts skip this.")
    if UNFINISHED.exists():
        environment.remove()
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    _timed("Python environment", environment.create)
    tasks: dict[str, Callable[[], object]] = {
        "Python packages": lambda: environment.install("run" if profile == "run" else "test"),
        "npm files": lambda: fetch.provide("run", profile),
    }
    if profile == "test":
        tasks["browser, servers of Debian"] = debian.provide_programs
        tasks["Node and outside witnesses"] = witnesses.provide
        tasks["client generator"] = lambda: environment.provide_aside("generator", CACHE / "generator")
    _together(tasks)
    STAMP.write_text(json.dumps({"profile": profile, "fingerprint": fingerprint()}))
    UNFINISHED.unlink()
    say(f"Ready after {time.monotonic() - began:.0f} s.")


def _together(tasks: dict[str, Callable[[], object]]) -> None:
    """Do independent tasks side by side; the first failure is raised once all have ended."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        futures = [pool.submit(_timed, name, task) for name, task in tasks.items()]
    for future in futures:
        future.result()


def _timed(name: str, task: Callable[[], object]) -> None:
    began = time.monotonic()
    task()
    say(f"  {name}: {time.monotonic() - began:.1f} s")


def _read_stamp() -> dict[str, object]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and stamp.get("profile") in PROFILES else {}


@contextmanager
def _only_one() -> Iterator[None]:
    """Let one set-up of this checkout work at a time."""
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this folder is at work. Waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
