"""Where people reach this installation, and where providers send them back to."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.startup_checks import SIMULATED
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import ADDRESSES, Finding
from fluxstudio.kit.addresses import is_loopback, parse_address
from fluxstudio.kit.http import origin
from fluxstudio.settings import Settings, setting_name

PUBLIC = "PUBLIC_URL"
EXAMPLE = f"Set {PUBLIC} to the address in people's browsers, such as https://flux.example.com."


async def check(context: Context) -> list[Finding]:
    """The public address, and the redirect address of every provider."""
    addresses = public(context.settings)
    usable = addresses.state != "bad"
    return [addresses, *(_redirect(context.settings, entry, usable) for entry in context.registry)]


def public(settings: Settings) -> Finding:
    """What is to be said of the address people reach us at."""
    parts = _parts(settings.base_url)
    if parts is None:
        return ADDRESSES.bad(
            PUBLIC, f"{PUBLIC} is not an address that begins with https:// or http://.", EXAMPLE
        )
    if "@" in parts.netloc:
        return ADDRESSES.bad(
            PUBLIC, f"{PUBLIC} holds a user name or a password.", f"{EXAMPLE} Leave both out."
        )
    place = f"{parts.scheme}://{parts.netloc}"
    if parts.path or parts.query or parts.fragment:
        what = f"{PUBLIC} has something after the host, and FluxStudio answers at the top of a host only."
        return ADDRESSES.bad(
            PUBLIC, what, f"Set {PUBLIC}={place} and give FluxStudio a host name of its own."
        )
    host = parts.hostname or ""
    if _everywhere(host) or (not settings.public_url and _everywhere(settings.host)):
        what = f"People on other machines would be sent to {place}, which leads nowhere there."
        return ADDRESSES.bad(PUBLIC, what, EXAMPLE)
    if settings.production and _loopback(host):
        return ADDRESSES.bad(PUBLIC, f"{place} leads people to their own machine.", EXAMPLE)
    if settings.production and parts.scheme != "https":
        return ADDRESSES.bad(PUBLIC, f"{place} is not encrypted.", EXAMPLE)
    if parts.scheme != "https" and not _loopback(host):
        what = f"{place} is not encrypted, so others on the way can read what people do."
        mend = f"Put a proxy with a certificate in front, and set {PUBLIC} to its https:// address."
        return ADDRESSES.warning(PUBLIC, what, mend)
    return ADDRESSES.good(PUBLIC, f"People reach this installation at {place}.")


def _redirect(settings: Settings, entry: RegisteredProvider, public_is_usable: bool) -> Finding:
    """Where the provider sends people back to."""
    provider = entry.provider
    name = f"{provider.name} redirect address"
    setting = setting_name(provider.id, "redirect_uri")
    uri = entry.settings.redirect_uri
    usual = f"{settings.base_url}/api/integrations/{provider.id}/callback"
    refused = _refused(entry)
    if refused is not None:
        return ADDRESSES.bad(name, f"{provider.name} will not send people back to {uri}.", refused)
    if uri == usual:
        if not public_is_usable:
            return ADDRESSES.warning(name, f"It hangs below {PUBLIC}.", f"Fix {PUBLIC} first.")
        return ADDRESSES.good(name, f"Register exactly this address at {provider.name}.", paste=uri)
    paste = usual if public_is_usable else ""
    clear = f"Leave {setting} empty, and register the usual address at {provider.name}."
    parts = _parts(uri)
    if parts is None or "@" in parts.netloc or parts.fragment:
        what = f"{setting} is not an address people can be sent to."
    elif origin(uri) == origin(settings.base_url):
        what = f"{setting} leads to a page of ours that does not take {provider.name}'s answers."
    elif parts.scheme != "https" and not _loopback(parts.hostname or ""):
        what = f"{setting} is not encrypted, so others on the way can read {provider.name}'s answer."
    else:
        what = (
            f"{setting} leads to {parts.hostname}, not here. That is right only for a front end that passes "
            "code and state on to us."
        )
        mend = f"If there is none: {clear[:1].lower()}{clear[1:]}"
        return ADDRESSES.warning(name, what, mend, paste=paste)
    return ADDRESSES.bad(name, what, clear, paste=paste)


def _refused(entry: RegisteredProvider) -> str | None:
    """What to do about an address that the real provider does not take; None where it does."""
    if not entry.configured or entry.settings.client_id.startswith(SIMULATED):
        return None
    return entry.provider.oauth.redirect_problem(entry.settings.redirect_uri, bool(entry.uses_pkce))


def _parts(url: str) -> SplitResult | None:
    """The parts of an http(s) address with a host, or None for anything else."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        return None
    return parts if fine and not any(letter.isspace() for letter in url) else None


def _loopback(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def _everywhere(host: str) -> bool:
    address = parse_address(host)
    return address is not None and address.is_unspecified
