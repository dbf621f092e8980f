"""`make live`: try the real providers, reading only, and say what they do otherwise than their simulators.

Words on the command line choose providers; `figma.url=https://…` says what nobody but you can know. Every
provider whose credentials are set is tried where none is named.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from contract.compare import compare
from contract.people import at_a_browser
from fluxstudio import logs
from fluxstudio.core.registry import registry_of
from fluxstudio.errors import UnknownProvider
from fluxstudio.kit.serving import PortTaken
from fluxstudio.settings import Settings, SettingsError


def read(words: Sequence[str]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The providers named, and what is given for each, from the words of a command line."""
    named: list[str] = []
    arguments: dict[str, dict[str, str]] = {}
    for word in words:
        name, is_given, value = word.partition("=")
        provider, _, argument = name.partition(".")
        if is_given:
            arguments.setdefault(provider, {})[argument] = value
        else:
            named.append(word)
    return named, arguments


async def main(words: Sequence[str]) -> int:
    """0 when we could do all we promise, 1 when not, 2 when it could not be tried."""
    logs.set_up(as_json=False, quiet=True)
    named, arguments = read(words)
    try:
        settings = Settings()
        registry = registry_of(settings)
        wanted = named or [entry.provider.id for entry in registry if entry.configured]
        lacking = [name for name in wanted if not registry[name].configured]
        if lacking or not wanted:
            return _unready(", ".join(lacking) or "any provider")
        comparison = await compare(settings, wanted, arguments, at_a_browser)
    except (ValidationError, SettingsError, UnknownProvider, PortTaken) as error:
        print(error, file=sys.stderr)
        return 2
    entries = [difference for of_provider in comparison.values() for difference in of_provider]
    broken = sum(difference.breaks for difference in entries)
    print(f"\n{len(entries)} differences, of which {broken} break what we promise (marked with !).")
    return 1 if broken else 0


def _unready(names: str) -> int:
    print(
        f"There are no credentials for {names}. Put them into .env as .env.example shows, register the "
        "redirect address it names, and try again.",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
