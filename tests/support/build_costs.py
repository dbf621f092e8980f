"""What products of tests would build alike again and again, built once in a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import fastapi.routing
import msgspec
import pytest
import starlette.routing
from jinja2 import Environment, FileSystemBytecodeCache

from fluxstudio.sdk.simulation.simulator import Simulator
from fluxstudio.sdk.simulation.world import World

ENVIRONMENT = "fluxstudio.faces.web.shell.templating.Environment"


@contextmanager
def built_once(folder: Path) -> Iterator[None]:
    """Compile templates and patterns of paths once, and draw the sample data of each simulator once."""
    compiled = FileSystemBytecodeCache(str(folder))
    compile_path = cache(starlette.routing.compile_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ENVIRONMENT, partial(Environment, bytecode_cache=compiled))
        for module in (starlette.routing, fastapi.routing):
            patched.setattr(module, "compile_path", compile_path)
        patched.setattr(World, "__init__", _with_samples(World.__init__))
        yield


def _with_samples(begin: Callable[..., None]) -> Callable[..., None]:
    """Let worlds begin with a copy of the data that the first of their kind began with."""
    samples: dict[tuple[Any, ...], bytes] = {}

    def begin_with_samples(self: World, seed: Callable[[], dict[str, Any]], file: Path | None = None) -> None:
        simulator = getattr(seed, "__self__", None)

        def copied() -> dict[str, Any]:
            if not isinstance(simulator, Simulator) or simulator.own_seed:
                return seed()
            options = (
                (name, value) for name, value in vars(simulator).items() if isinstance(value, (bool, str))
            )
            kind = (type(simulator), *options)
            if kind not in samples:
                samples[kind] = msgspec.json.encode(seed())
            data: dict[str, Any] = msgspec.json.decode(samples[kind])
            return data

        begin(self, copied, file)

    return begin_with_samples
