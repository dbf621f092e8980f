"""The cookies of a browser."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.responses import Response

# How long a browser is known by the same value.
BROWSER_DAYS = 400


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies of a browser: who is signed in, which browser it is, whether it signed in before."""

    secure: bool

    @property
    def session(self) -> str:
        """The name of the session cookie."""
        return self._name("fluxstudio_session")

    @property
    def browser(self) -> str:
        """The name of the cookie that tells browsers apart."""
        return self._name("fluxstudio_browser")

    @property
    def known_browser(self) -> str:
        """The name of the cookie of a browser that has signed in before."""
        return self._name("fluxstudio_known_browser")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def put(self, response: Response, name: str, value: str, *, days: int) -> None:
        """Set one of the cookies."""
        response.set_cookie(
            name, value, max_age=days * 86400, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def drop(self, response: Response, name: str) -> None:
        """Delete one of the cookies."""
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")


def new_browser() -> str:
    """A fresh value that tells a browser apart: 256 random bits."""
    return secrets.token_urlsafe(32)
