"""Small drawings: portraits of people, the app's face, the marks of the workspaces."""

from __future__ import annotations

import hashlib

_HAIR = (
    "M20 27c0-9 5-14 12-14s12 5 12 14c-3-4-7-6-12-6s-9 2-12 6z",
    "M18 34V26c0-8 6-13 14-13s14 5 14 13v8c-2-1-3-6-3-9-4 1-14 1-20-3-1 4-3 10-5 12z",
    "M21 24c2-7 6-11 11-11 7 0 12 4 12 12-2-3-5-5-9-5-5 0-10 0-14 4z",
)
_SKIN = ("#f1c9a5", "#d9a06f", "#a86f45", "#f3d6bf", "#8a5634")
_TONES = ("#2b2320", "#1d1d24", "#3b2a20", "#4a4a55")


def portrait(key: str, colour: str) -> str:
    """A person on their colour; the same key is always drawn alike."""
    choice = hashlib.sha256(key.encode()).digest()
    skin, tone, hair = (
        _SKIN[choice[0] % len(_SKIN)],
        _TONES[choice[1] % len(_TONES)],
        _HAIR[choice[2] % len(_HAIR)],
    )
    return _svg(
        f'<rect width="64" height="64" rx="14" fill="{colour}"/>'
        '<circle cx="48" cy="14" r="22" fill="#fff" opacity=".14"/>'
        '<path d="M10 64c0-13 10-20 22-20s22 7 22 20z" fill="#fff" opacity=".92"/>'
        f'<path d="M27 40h10v7a5 5 0 0 1-10 0z" fill="{skin}"/>'
        f'<circle cx="32" cy="29" r="12" fill="{skin}"/><path d="{hair}" fill="{tone}"/>'
    )


def app_face() -> str:
    """The app's own picture."""
    return _svg(
        '<rect width="64" height="64" rx="14" fill="#6366f1"/>'
        '<path d="M14 24c8-8 14 6 22-1s9-5 14-1M14 34c8-8 14 6 22-1s9-5 14-1M14 44c8-8 14 6 22-1s9-5 14-1" '
        'fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/>'
    )


def workspace_mark(team: str) -> str:
    """The mark of a workspace: a harbour wave under a pine, or a pine in a flask."""
    pine = '<path d="M32 10l11 15h-6l8 11H19l8-11h-6z" fill="#fff"/>'
    if team.endswith("LABS"):
        return _svg(
            '<rect width="64" height="64" rx="14" fill="#1f6f54"/>'
            + pine
            + '<path d="M22 40h20l5 11a3 3 0 0 1-3 4'
            'H20a3 3 0 0 1-3-4z" fill="none" stroke="#fff" stroke-width="3.5" stroke-linejoin="round"/>'
        )
    return _svg(
        '<rect width="64" height="64" rx="14" fill="#17506b"/>'
        + pine
        + '<path d="M8 46c6-5 10 5 16 0s10 5 16 0 10 5 '
        '16 0M8 55c6-5 10 5 16 0s10 5 16 0 10 5 16 0" fill="none" stroke="#9fd8e8" stroke-width="3.5" '
        'stroke-linecap="round"/>'
    )


def _svg(inner: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{inner}</svg>'
