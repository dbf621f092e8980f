"""One promise about many things as one test: a test of its own for each costs more than what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def for_each(
    subjects: Iterable[Any] | Callable[[], Iterable[Any]], *, name: Callable[[Any], object] = repr
) -> Callable[..., Any]:
    """Let a test be about each of these, a tuple being several arguments; a failure says about which it was.

    What a function gives is asked for when the test runs.
    """
    source = subjects if callable(subjects) else list(subjects)

    def decorate(promise: Callable[..., None]) -> Callable[[], None]:
        def test() -> None:
            listed = list(source() if callable(source) else source)
            assert listed, "a promise about nothing"
            for subject in listed:
                try:
                    promise(*(subject if isinstance(subject, tuple) else (subject,)))
                except BaseException as error:
                    error.add_note(f"This was about {name(subject)}.")
                    raise

        test.__name__, test.__doc__, test.__module__ = promise.__name__, promise.__doc__, promise.__module__
        return test

    return decorate
