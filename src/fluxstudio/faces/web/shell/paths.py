"""Where the pages are: every path of ours that more than one module names."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

INTEGRATIONS = "/settings/integrations"
WEBHOOKS = "/settings/webhooks"
SETUP = "/settings/setup"
PEOPLE = "/settings/people"
ACCOUNT = "/settings/account"
ACTIVITY = "/activity"
INSIGHTS = "/insights"
AUTOMATIONS = "/automations"
AUTOMATION_GALLERY = "/automations/gallery"
NEW_AUTOMATION = "/automations/new"
# Files, channels and repositories of an account; takes the provider's id.
ACCOUNT_PAGES = "/integrations/{provider}"
SETTINGS = "/settings"
AUDIT = "/settings/audit"
EXPORT = "/settings/export"
NOTIFICATIONS = "/settings/notifications"
SEARCH = "/search"
SIGN_IN = "/sign-in"
AGENTS = "/agents"
DESIGN_TOKENS = "/design-tokens"
ENDPOINTS = "/settings/endpoints"
HELP = "/help"
HOME = "/"


def run_path(automation_id: UUID, run_id: UUID) -> str:
    """The page of one run."""
    return f"{AUTOMATIONS}/{automation_id}/runs/{run_id}"


def sign_in_path(back: str, notice: str | None = None) -> str:
    """The sign-in page, with what has just happened, leading back to a path of ours."""
    query = [f"notice={notice}"] if notice else []
    if back != HOME or not notice:
        query.append(f"returnTo={quote(back)}")
    return f"{SIGN_IN}?{'&'.join(query)}" if query else SIGN_IN


def ticket_path(secret: str) -> str:
    """The address that signs a browser in once."""
    return f"/tickets/{secret}"
