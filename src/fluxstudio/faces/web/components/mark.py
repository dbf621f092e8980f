"""The mark of a provider."""

from __future__ import annotations

from markupsafe import Markup

from fluxstudio.core.registry import RegisteredProvider


def mark(registered: RegisteredProvider) -> Markup:
    """The provider's own mark, as it lies in its folder."""
    return Markup(registered.file("icon.svg") or "")  # noqa: S704 - a file of the package, not of a person
