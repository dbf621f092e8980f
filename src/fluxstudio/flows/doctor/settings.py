"""Names that nobody reads, and what production refuses to start without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from fluxstudio.core.startup_checks import check_settings
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import SETTINGS, Finding
from fluxstudio.settings import Settings, SettingsError

OURS = "FLUXSTUDIO_"
# Above what other programs' names, such as GITHUB_SERVER_URL, have in common with ours.
CLOSE = 0.88


async def check(context: Context) -> list[Finding]:
    """Misspelt and unknown names, and whether this is meant for production."""
    names = known_names(context)
    strange = list(_strange(context.settings, names))
    findings = strange or [SETTINGS.good("Names", "Every setting that is given is one FluxStudio reads.")]
    return [*findings, _environment(context.settings)]


def known_names(context: Context) -> frozenset[str]:
    """The names of every setting there is."""
    of_providers = (entry.setting_names for entry in context.registry)
    return frozenset({name.upper() for name in Settings.model_fields}.union(*of_providers))


def _strange(settings: Settings, names: frozenset[str]) -> Iterable[Finding]:
    prefixes = tuple({f"{name.partition('_')[0]}_" for name in names if "_" in name})
    for name in sorted(settings.names_set - names):
        if not re.fullmatch(r"[A-Z0-9]+(_[A-Z0-9]+)+", name):
            continue
        close_names = get_close_matches(name, names - settings.names_set, 1, CLOSE)
        in_file = name in settings.given_in_file
        where = ".env" if in_file else "the environment"
        if close_names:
            nearest = close_names[0]
            what = f"{name} is no setting of FluxStudio, and {nearest} is not set. Did you mean {nearest}?"
            yield SETTINGS.warning(name, what, f"Rename it in {where}, then start FluxStudio again.")
        elif name.startswith(OURS) or (in_file and name.startswith(prefixes)):
            what = f"{name} is no setting of FluxStudio: nothing reads it."
            yield SETTINGS.warning(
                name, what, f"Take it out of {where}, or look its right name up in .env.example."
            )


def _environment(settings: Settings) -> Finding:
    if settings.production:
        return SETTINGS.good("ENV", "This installation runs for production: HTTPS only, no default secrets.")
    if settings.base_url.startswith("https://"):
        what = "People reach this installation over HTTPS, but it runs for development."
        return SETTINGS.warning("ENV", what, "Set ENV=production, then start FluxStudio again.")
    return SETTINGS.good("ENV", "This installation runs for development. Set ENV=production to serve people.")


def invalid(name: str, reason: str, default: object) -> Finding:
    """A setting whose value cannot be read; the checks went on with its default."""
    what = f"{name} cannot be read: {reason[:1].lower()}{reason[1:].rstrip('.')}."
    return SETTINGS.bad(name, what, f"Correct it, or leave it out for the default ({default}).")


def refusals(context: Context, findings: Sequence[Finding]) -> list[Finding]:
    """What FluxStudio refuses to start with, as far as no other finding says so yet."""
    try:
        check_settings(context.settings)
    except SettingsError as error:
        texts = [f"{finding.name} {finding.what}" for finding in findings if finding.state == "bad"]
        names_in_texts = {name for text in texts for name in _names(text)}
        mend = "Correct it in the environment or .env: FluxStudio does not start before."
        named = [(next(iter(_names(problem)), "Settings"), problem) for problem in error.problems]
        return [SETTINGS.bad(name, problem, mend) for name, problem in named if name not in names_in_texts]
    return []


def _names(text: str) -> list[str]:
    """The settings that a text names."""
    return re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)
