"""Samples of the pages before and after a provider."""

from __future__ import annotations

from markupsafe import Markup

from fluxstudio.faces.web.connecting.views import ConnectedPage, DeparturePage
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.sign_in.views import SwitchUserPage

ICON = Markup('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"></svg>')


def pages() -> list[Page]:
    """One of each, and those with something to say."""
    return [
        ConnectedPage(
            title="Slack is connected",
            detail="Harbour & Pine. You can close this window.",
            tone="good",
            icon=ICON,
            message='{"type":"oauth-callback","provider":"slack","success":true}',
            origin="https://app.example",
            back_href="https://app.example/settings?status=success",
            back_place="app.example",
        ),
        ConnectedPage(title="Connection cancelled", detail="Nothing changed.", tone="neutral"),
        ConnectedPage(title="Figma wasn’t connected", detail="Figma did not answer.", tone="bad", icon=ICON),
        DeparturePage(
            action="/connect/x", provider="Slack", icon=ICON, person="Ada", place="app.example", goes_on=True
        ),
        DeparturePage(action="/connect/x", provider="Slack", icon=ICON, person="Ada", place=""),
        SwitchUserPage(action="/tickets/x", person="Ada", current="Mei", stay_href="/settings/integrations"),
    ]
