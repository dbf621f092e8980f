"""Whether PUBLIC_URL leads to this installation, by going there as people do."""

from __future__ import annotations

from fluxstudio.core.installation import mark_of
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import ADDRESSES, Finding
from fluxstudio.kit.http import Host, HttpClient, HttpError
from fluxstudio.kit.postgres.database import Database

NAME = "PUBLIC_URL by HTTP"
REACHED_TIMEOUT_SECONDS = 5
MAX_REACHED_BYTES = 64 * 1024
# Says which installation answers, on /health.
MARK = "x-fluxstudio-installation"


async def check(context: Context, db: Database) -> list[Finding]:
    """Where PUBLIC_URL leads, and whether the proxy there says what it has to."""
    settings = context.settings
    mark = await mark_of(db)
    if not settings.public_url or not mark or not settings.base_url.startswith(("http://", "https://")):
        return []
    try:
        http = HttpClient(
            [Host(settings.base_url, private=True)], seconds=REACHED_TIMEOUT_SECONDS, most=MAX_REACHED_BYTES
        )
    except ValueError:
        # Said among the addresses.
        return []
    try:
        return [await _reached(http, settings.base_url, mark)]
    finally:
        await http.aclose()


async def _reached(http: HttpClient, base: str, mark: str) -> Finding:
    try:
        health = await http.request("GET", f"{base}/health")
    except HttpError as error:
        what = f"PUBLIC_URL cannot be reached from this machine: {str(error).rstrip('.')}."
        mend = (
            "Start FluxStudio and its proxy, and correct PUBLIC_URL or the certificate there. If only this "
            "machine is kept from that address, nothing has to be done."
        )
        return ADDRESSES.warning(NAME, what, mend)
    if health.headers.get(MARK) != mark:
        what = f"{base} leads elsewhere: what answers there is not this installation."
        mend = "Correct PUBLIC_URL, or let the proxy at that address pass requests on to HOST:PORT."
        return ADDRESSES.bad(NAME, what, mend)
    page = await http.request("GET", f"{base}/api/session")
    if b"HTTPS_REQUIRED" in page.content:
        what = f"{base} leads here, but its proxy is not believed: every request counts as plain HTTP."
        mend = (
            "Put the proxy's address into TRUSTED_PROXIES (the log has it: proxy_not_understood), and let it "
            "send X-Forwarded-Proto."
        )
        return ADDRESSES.bad(NAME, what, mend)
    if b"MISDIRECTED" in page.content:
        what = f"{base} leads here, but the host name does not come along, so every request is refused."
        mend = "Let the proxy pass Host on, or send X-Forwarded-Host and name it in TRUSTED_PROXIES."
        return ADDRESSES.bad(NAME, what, mend)
    return ADDRESSES.good(NAME, f"{base} leads to this installation.")
