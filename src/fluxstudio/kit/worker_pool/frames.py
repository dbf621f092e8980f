"""What goes between this process and its workers: a length and that many bytes of MessagePack."""

from __future__ import annotations

import struct

import msgspec

LENGTH = struct.Struct("!Q")
# What a new worker says first.
READY = b"r"
# The first byte of an answer: a value follows, or the work was too much, or it failed in another way.
VALUE, OVER_BUDGET, FAILED = b"v", b"o", b"f"


class OverBudget(Exception):
    """The work took more time, memory or output than it may, and was ended. Handlers may raise it as well."""


class Request(msgspec.Struct, array_like=True):
    """One piece of work: `cpu` and `wall` are seconds, `task` names what is done with `argument`."""

    cpu: float
    wall: float
    task: str
    argument: bytes


encoder = msgspec.msgpack.Encoder()
decoder = msgspec.msgpack.Decoder(Request)


def framed(*parts: bytes) -> bytes:
    """The parts as one frame."""
    return b"".join((LENGTH.pack(sum(map(len, parts))), *parts))
