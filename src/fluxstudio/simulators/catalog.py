"""Which simulators there are: one in the folder of each provider that brings one."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fluxstudio import providers
from fluxstudio.sdk.simulation import Simulator


def names() -> list[str]:
    """The providers that can be simulated."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules(providers.__path__)
        if importlib.util.find_spec(f"{providers.__name__}.{module.name}.simulator")
    )


def make(
    wanted: Iterable[str], state: Path | None = None, seeds: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Simulator]:
    """Simulators by the names of their providers.

    Their state is kept in files of the folder `state`, else in memory; `seeds` is data of one's own by
    provider. Raises `ValueError` for a provider that there is not, or data that nothing could begin with.
    """
    simulators: dict[str, Simulator] = {}
    for name in wanted:
        if name not in names():
            raise ValueError(f"there is no {name}; there are {', '.join(names())}")
        simulators[name] = _class_of(name)(None if state is None else state / f"{name}.json")
    for name, seed in (seeds or {}).items():
        if name not in simulators:
            raise ValueError(f"there is data for {name}, which is not simulated here")
        try:
            simulators[name].seed_with(seed)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return simulators


def read_seeds(file: Path) -> dict[str, Any]:
    """Data of one's own by provider, from a file of JSON. Raises `ValueError`, `OSError`."""
    seeds = msgspec.json.decode(file.read_bytes())
    if not isinstance(seeds, dict) or not all(isinstance(seed, dict) for seed in seeds.values()):
        raise ValueError(f"{file} is to hold an object with one object for each provider")
    return seeds


def _class_of(name: str) -> type[Simulator]:
    module = importlib.import_module(f"{providers.__name__}.{name}.simulator")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Simulator) and value is not Simulator:
            return value
    raise LookupError(f"{module.__name__} has no simulator")
