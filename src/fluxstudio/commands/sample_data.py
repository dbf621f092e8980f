"""Sample data of the demo: three simulated accounts, a team, and an automation that is on."""

from __future__ import annotations

import secrets
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit

from fluxstudio.core.automations.rules import Automation
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.faces.web.shell.guest import SampleData
from fluxstudio.faces.web.shell.paths import HOME
from fluxstudio.flows import call
from fluxstudio.flows.automations.authoring import service
from fluxstudio.flows.automations.authoring.gallery import suggestion
from fluxstudio.flows.automations.authoring.watching import watching
from fluxstudio.flows.automations.rules.placeholders import filled
from fluxstudio.flows.connections import connect
from fluxstudio.flows.connections.places import Beginning, Returning

# What is chosen on each consent page: Ada Park, Harbour & Pine, and Ada Park again.
ACCOUNTS = {"figma": "109441098221000101", "slack": "T0HARBOUR1", "github": "ada-park"}
TEAM_PATH = "/files/team/1174201358246917205/Harbour-Pine"
FILE_KEY = "TidewaterBookingFlow01"
CHANNEL, CHANNEL_PATH = "#design", "/archives/C0DESIGN01"
TEMPLATE = "comment-to-channel"
NAME = "Comments on Tidewater · Booking flow go to #design"


def sample_data(services: Services) -> SampleData:
    """The sample data, of an installation whose providers of `ACCOUNTS` are all simulated."""
    figma, slack = (services.registry[name].hosts["web"] for name in ("figma", "slack"))
    return SampleData(
        add=partial(_add, services),
        automation=partial(_automation, services),
        comment_href=f"{figma}/design/{FILE_KEY}",
        channel_href=slack + CHANNEL_PATH,
    )


async def _add(services: Services, actor: Actor) -> None:
    """Do what a person does on the consent pages, under Files and in the gallery."""
    for provider, choice in ACCOUNTS.items():
        await _connect(services, actor, provider, choice)
    team = services.registry["figma"].hosts["web"] + TEAM_PATH
    await call.run(services, actor, "figma.follow", {"url": team})
    template = suggestion(services.registry, TEMPLATE)
    definition = filled(template.definition, {"file": FILE_KEY, "channel": CHANNEL})
    await service.make(services, actor, NAME, True, definition)


async def _connect(services: Services, actor: Actor, provider: str, choice: str) -> None:
    """Connect the account that is chosen on a simulated consent page."""
    beginning = Beginning(binding=secrets.token_urlsafe(32), in_session=True, return_to=HOME)
    started = await connect.begin(services, actor, provider, beginning)
    consent = await services.http.request(
        "POST",
        started.authorization_url,
        headers={"content-type": "application/x-www-form-urlencoded"},
        content=urlencode({"choice": choice, "decision": "allow"}).encode(),
    )
    answer = dict(parse_qsl(urlsplit(consent.headers.get("location", "")).query))
    await connect.complete(services, provider, answer, Returning(caller=actor.user_id))


async def _automation(services: Services, actor: Actor) -> Automation | None:
    """The user's first automation about the sample file that is on; None where there is none."""
    rules = await watching(services, actor, services.registry["figma"].provider, FILE_KEY)
    return next((rule for rule in rules if rule.enabled), None)
