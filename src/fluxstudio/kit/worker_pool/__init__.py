"""Work that is done outside this process, where it can be ended at any moment.

A thread cannot be ended, and whatever runs in the event loop stops everybody. So hostile work goes to
processes forked from a template process, which has imported everything once: a new one costs milliseconds
and little memory of its own. Each bounds itself with the system's timers and limits: they end it even in C.
"""

from fluxstudio.kit.worker_pool.frames import OverBudget
from fluxstudio.kit.worker_pool.pool import QueueFull, WorkBudget, WorkerPool

__all__ = ["WorkBudget", "OverBudget", "QueueFull", "WorkerPool"]
