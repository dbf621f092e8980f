"""Commands are tried against a product that others share."""

from __future__ import annotations

from tests.faces.conftest import kept_running, product

__all__ = ["kept_running", "product"]
