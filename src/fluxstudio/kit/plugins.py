"""Modules that a product is made of without anybody naming them: folders of packages, and entry points."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType


def discover_modules(packages: Iterable[str], group: str) -> list[ModuleType]:
    """Import every package inside these packages and every entry point of the group, in this order."""
    modules: list[ModuleType] = []
    for package in packages:
        home = importlib.import_module(package)
        modules += [
            importlib.import_module(f"{package}.{folder.name}")
            for folder in pkgutil.iter_modules(home.__path__)
            if folder.ispkg
        ]
    return modules + [entry.load() for entry in installed(group)]


@cache
def installed(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group; read once, since that opens a file of every installed distribution."""
    return tuple(entry_points(group=group))
