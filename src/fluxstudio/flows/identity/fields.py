"""What is wrong with the fields that make an account, in words to show beside them."""

from __future__ import annotations

from fluxstudio.core.identity.addresses import is_address
from fluxstudio.core.identity.passwords import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS


def address_problem(text: str) -> str | None:
    """Why a text cannot become the address of an account, or None where it can."""
    return None if is_address(text) else "Enter an address like ada@example.com."


def name_problem(name: str) -> str | None:
    """Why a text cannot be somebody's name, or None where it can: it has 1 to 200 characters."""
    if not name.strip():
        return "Enter your name."
    return None if len(name.strip()) <= 200 else "Use up to 200 characters."


def password_problem(password: str) -> str | None:
    """Why a password cannot be used, or None where it can."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        return f"Use {MIN_PASSWORD_CHARACTERS} characters or more; a sentence is fine."
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return f"Use {MAX_PASSWORD_CHARACTERS:,} characters at most."
    return None
