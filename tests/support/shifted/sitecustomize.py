"""A machine whose clock is CLOCK_SHIFT seconds ahead: put this folder on PYTHONPATH."""

from __future__ import annotations

import os
import time

_shift = float(os.environ.get("CLOCK_SHIFT", "0"))
_right = time.time


def _shifted() -> float:
    return _right() + _shift


time.time = _shifted
