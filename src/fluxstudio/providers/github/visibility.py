"""Which accounts may see what GitHub's events are about.

A token reads the repositories and the teams that its person may see, and else gets 404 (docs.github.com
REST “Get a repository”, “Get a team by name”, “Get an organization membership for the authenticated user”,
whose `state` is `active` or `pending`, and “List repositories for the authenticated user”; read
2026-11-29). Whoever watches a repository is subscribed to it (“Get a repository subscription”, read
2026-11-30). Every body with a repository says whether that is private.
"""

from __future__ import annotations

from typing import Any

from fluxstudio.errors import Forbidden, InvalidRequest, NotFound
from fluxstudio.providers.github.paging import MAX_PAGE_SIZE, MOST_LISTED
from fluxstudio.providers.github.webhooks.events.reading import Payload
from fluxstudio.sdk import Api, Resource, Resources
from fluxstudio.sdk.payload import at, text_at

PRIVATE, OPEN, ORGANIZATION, TEAM = "private-repository", "repository", "organization", "team"
MAX_REPOSITORY_CHARACTERS = 200
# What a person may do in a repository who is more than a reader.
TAKES_PART = ("admin", "maintain", "push", "triage")

# Events after which other people may see a repository, a team or an organization than before.
MEMBERSHIP_EVENTS = frozenset(
    {"member", "membership", "public", "team", "team_add", "installation_repositories"}
)
CHANGING_ACTIONS = {
    "organization": frozenset({"member_added", "member_removed", "deleted", "renamed"}),
    "repository": frozenset({"deleted", "privatized", "publicized", "transferred", "renamed"}),
}
# What GitHub answers where an account may not see something.
HIDDEN = (Forbidden, InvalidRequest, NotFound)


def resource(event_type: str, payload: Payload) -> Resource | None:
    """The repository an event is about, else the team, else the organization."""
    owner_name = text_at(payload, "organization", "login")
    for kind, path, name in (
        (_privacy(payload), ("repository",), text_at(payload, "repository", "full_name")),
        (TEAM, ("team",), _joined(owner_name, text_at(payload, "team", "slug"))),
        (ORGANIZATION, ("organization",), owner_name),
        (ORGANIZATION, ("installation", "account"), _organization_of_installation(payload)),
    ):
        number = text_at(payload, *path, "id")
        if number and name and len(name) <= MAX_REPOSITORY_CHARACTERS:
            return Resource(f"{kind}/{number[:32]}", name)
    return None


def changes(event_type: str, payload: Payload) -> bool:
    """Whether other people may see it from now on."""
    action = text_at(payload, "action")
    return event_type in MEMBERSHIP_EVENTS or action in CHANGING_ACTIONS.get(event_type, ())


async def visible(api: Api, resource: Resource, wanted: bool) -> bool:
    """Whether the account may see a team, an organization or a private repository, or takes part in one.

    One that is open can be read by everybody on GitHub, so that says nothing: it concerns people who own or
    administer it, may change it or are asked to sort its issues, members of its organization, whoever watches
    it, and with `wanted` whoever has an automation about it.
    """
    kind, _, number = resource.id.partition("/")
    owner, _, name = resource.name.partition("/")
    match kind:
        case "organization":
            return await _is_member(api, owner)
        case "team":
            return await _reads(api, "/orgs/{owner}/teams/{name}", number, owner=owner, name=name)
    if kind != OPEN:
        return await _reads(api, "/repos/{owner}/{name}", number, owner=owner, name=name)
    return await _takes_part(api, number, owner, name, wanted=wanted) or await _is_member(api, owner)


async def _takes_part(api: Api, number: str, owner: str, name: str, *, wanted: bool) -> bool:
    """Whether the account does something in a repository that everybody may read."""
    try:
        answer: Any = await api.get("/repos/{owner}/{name}", owner=owner, name=name)
    except HIDDEN:
        return False
    if text_at(answer, "id") != number:
        return False
    if wanted or any(at(answer, "permissions", role) is True for role in TAKES_PART):
        return True
    try:
        watching: Any = await api.get("/repos/{owner}/{name}/subscription", owner=owner, name=name)
    except HIDDEN:
        return False
    return at(watching, "subscribed") is True


async def _reads(api: Api, address: str, number: str, **names: str) -> bool:
    """Whether there is such a thing for the account, and it is not another one that took over its name."""
    try:
        answer: Any = await api.get(address, **names)
    except HIDDEN:
        return False
    return text_at(answer, "id") == number


async def _is_member(api: Api, organization: str) -> bool:
    try:
        answer = await api.get("/user/memberships/orgs/{organization}", organization=organization)
    except Forbidden:
        return await _has_repositories_in(api, organization)
    except HIDDEN:
        return False
    return text_at(answer, "state") == "active"


async def _has_repositories_in(api: Api, organization: str) -> bool:
    """Without read:org, GitHub still says which repositories one reaches as a member of an organization."""

    def of_it(entry: Any) -> bool:
        return text_at(entry, "owner", "login").lower() == organization.lower()

    listed = await api.pages(
        "/user/repos",
        most=MOST_LISTED,
        until=of_it,
        per_page=MAX_PAGE_SIZE,
        affiliation="organization_member",
    )
    return any(map(of_it, listed))


def _privacy(payload: Payload) -> str:
    return PRIVATE if at(payload, "repository", "private") is True else OPEN


def _joined(owner: str, name: str) -> str:
    return f"{owner}/{name}" if owner and name else ""


def _organization_of_installation(payload: Payload) -> str:
    account = at(payload, "installation", "account")
    return text_at(account, "login") if text_at(account, "type") == "Organization" else ""


RESOURCES = Resources(of=resource, changes=changes, visible=visible)
