"""Word lists kept in files."""

from __future__ import annotations

from importlib.resources import files


def lines_of(package: str, name: str) -> list[str]:
    """The lines of a list in a package, without its comments."""
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
