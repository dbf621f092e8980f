"""What goes between this process and its workers, in frames: a length and that many bytes.

A request is a frame of MessagePack and one of its argument, which is copied nowhere on its way.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import msgspec

LENGTH = struct.Struct("!Q")
# What a new worker says first.
READY = b"r"
# The first byte of an answer: a value follows, or the work was too much, or it failed in another way.
VALUE, OVER_BUDGET, FAILED = b"v", b"o", b"f"


class OverBudget(Exception):
    """The work took more time, memory or output than it may, and was ended. Handlers may raise it as well."""


class WorkRequest(msgspec.Struct, array_like=True):
    """One piece of work: `cpu` and `wall` are seconds, `task` names what is done with the argument.

    With `yielding` it is done below the processes that answer people.
    """

    cpu: float
    wall: float
    task: str
    yielding: bool


encoder = msgspec.msgpack.Encoder()
decoder = msgspec.msgpack.Decoder(WorkRequest)


def framed(*parts: bytes) -> bytes:
    """The parts as one frame."""
    return b"".join((head_of(parts), *parts))


def head_of(parts: Sequence[bytes]) -> bytes:
    """What a frame of these parts begins with."""
    return LENGTH.pack(sum(map(len, parts)))
