"""Whether providers are set up, answer, and agree with us on what time it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.startup_checks import SIMULATED
from fluxstudio.flows.doctor.clock import clock
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import PROVIDERS, Finding, listed
from fluxstudio.kit.http import HttpClient, HttpError, Unreachable
from fluxstudio.settings import setting_name

PROVIDER_TIMEOUT_SECONDS = 4


@dataclass(frozen=True, slots=True)
class _Call:
    """How one of a provider's hosts answered; `skew` is its clock less ours in seconds, where it told."""

    url: str
    trouble: str | None = None
    skew: float | None = None


async def check(context: Context) -> list[Finding]:
    """The app, the hosts and the clock of every provider; only those that are set up are called."""
    results = await asyncio.gather(*(_provider(context, entry) for entry in context.registry))
    return [finding for findings in results for finding in findings]


async def _provider(context: Context, entry: RegisteredProvider) -> list[Finding]:
    if not entry.configured:
        return [_app(entry)]
    hosts = dict.fromkeys(entry.hosts.values())
    calls = await asyncio.gather(*(_call(context.http, url) for url in hosts))
    findings = [_app(entry), *_unencrypted(entry, context.settings.production), _reach(entry, calls)]
    skews = [call.skew for call in calls if call.skew is not None]
    if skews:
        findings.append(clock(f"{entry.provider.name} clock", entry.provider.name, min(skews, key=abs)))
    return findings


def _app(entry: RegisteredProvider) -> Finding:
    provider, settings = entry.provider, entry.settings
    client_id, client_secret = (setting_name(provider.id, part) for part in ("client_id", "client_secret"))
    if entry.configured and settings.client_id.startswith(SIMULATED):
        return PROVIDERS.good(provider.name, f"{provider.name} is simulated: try it, nothing gets there.")
    if entry.configured:
        return PROVIDERS.good(provider.name, f"An app is set: people can connect {provider.name}.")
    at = f" ({provider.app.console})" if provider.app.console else ""
    if settings.client_id or settings.client_secret:
        there, lacking = (client_id, client_secret) if settings.client_id else (client_secret, client_id)
        what = f"{there} is set and {lacking} is not, so nobody can connect {provider.name}."
        return PROVIDERS.bad(provider.name, what, f"Set {lacking} from your app at {provider.name}{at}.")
    what = f"{provider.name} is not set up, so nobody can connect it."
    mend = f"Register an app at {provider.name}{at}, then set {client_id} and {client_secret}."
    return PROVIDERS.warning(provider.name, what, mend)


def _unencrypted(entry: RegisteredProvider, production: bool) -> list[Finding]:
    plain = [role for role, url in entry.hosts.items() if not url.startswith("https://")]
    if not plain or not production:
        return []
    names = listed(setting_name(entry.provider.id, f"{role}_url") for role in plain)
    what = f"{entry.provider.name}'s tokens travel without encryption, by {names}."
    return [PROVIDERS.bad(f"{entry.provider.name} encryption", what, "Set it to an https:// address.")]


def _reach(entry: RegisteredProvider, calls: list[_Call]) -> Finding:
    name = f"{entry.provider.name} reachable"
    silent = [call for call in calls if call.trouble]
    if not silent:
        return PROVIDERS.good(
            name, f"{listed(dict.fromkeys(_host(call.url) for call in calls))} answered{_elsewhere(entry)}."
        )
    hosts = listed(dict.fromkeys(_host(call.url) for call in silent))
    set_here = [
        setting_name(entry.provider.id, f"{role}_url")
        for role, url in entry.hosts.items()
        if role in entry.settings.hosts and any(call.url == url for call in silent)
    ]
    correct = f", or correct {listed(set_here)}" if set_here else ""
    mend = f"Let this machine reach {hosts} (name service, firewall; proxies are not used){correct}."
    return PROVIDERS.bad(name, f"{'. '.join(dict.fromkeys(call.trouble or '' for call in silent))}.", mend)


def _elsewhere(entry: RegisteredProvider) -> str:
    usual = [url for role, url in entry.provider.http.hosts.items() if url.rstrip("/") != entry.hosts[role]]
    return f", in place of {listed(map(_host, usual))}" if usual else ""


async def _call(http: HttpClient, url: str) -> _Call:
    start = time.time()
    try:
        answer = await http.request("HEAD", url, seconds=PROVIDER_TIMEOUT_SECONDS)
    except Unreachable as error:
        return _Call(url, trouble=str(error))
    except HttpError:
        # It answered something, which is all that is asked here.
        return _Call(url)
    return _Call(url, skew=_skew(answer.headers, (start + time.time()) / 2))


def _skew(headers: Mapping[str, str], ours: float) -> float | None:
    """Their clock less ours, from an answer's `Date`; answers from a cache say how old they are."""
    try:
        # A Date is cut to the whole second, so it is half a second late on average.
        theirs = parsedate_to_datetime(headers["date"]).timestamp() + 0.5
        return theirs + float(headers.get("age", 0)) - ours
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _host(url: str) -> str:
    return urlsplit(url).hostname or "?"
