"""Asks for `/health` again and again: `python -m chaos.probe BASE`, until its input ends.

Then it prints how many seconds each answer took, as a JSON list. It is a process of its own, since what it
measures must not wait for whoever attacks meanwhile.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from urllib.request import urlopen

SECONDS_BETWEEN = 0.02


def main(base: str) -> None:
    """Ask until nobody listens any more."""
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    seconds = []
    while not ended.wait(SECONDS_BETWEEN):
        begun = time.monotonic()
        with urlopen(f"{base}/health", timeout=60) as answer:
            answer.read()
        seconds.append(time.monotonic() - begun)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1])
