"""Leaves out what the simulators do not import: the product's root modules, and most of its kit.

tests/simulators/test_wheel.py holds these lists against what they do import.
"""

from __future__ import annotations

from setuptools import setup
from setuptools.command.build_py import build_py

MODULES = {
    "fluxstudio": {"__init__", "errors"},
    "fluxstudio.kit": {
        *("__init__", "addresses", "http", "json", "pkce", "prompt_server", "signatures", "trace"),
    },
}


class BuildWithoutProduct(build_py):  # type: ignore[misc]  # setuptools has no types
    """Takes the modules above of those packages, and all of others."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """The modules of a package that go into the wheel."""
        modules: list[tuple[str, str, str]] = super().find_package_modules(package, package_dir)
        wanted = MODULES.get(package)
        return [entry for entry in modules if wanted is None or entry[1] in wanted]


setup(cmdclass={"build_py": BuildWithoutProduct})
