"""Who works where, who follows what, and what our app may do."""

from __future__ import annotations

from collections.abc import Mapping

from fluxstudio.providers.github.webhooks.events.reading import Payload, Teller, did, repo
from fluxstudio.sdk.payload import count_at, counted, name_at, sentence

INSTALLATIONS = {
    "created": "installed FluxStudio for {}",
    "deleted": "uninstalled FluxStudio from {}",
    "new_permissions_accepted": "accepted what FluxStudio asks to do in {}",
    "suspend": "suspended FluxStudio in {}",
    "unsuspend": "let FluxStudio back into {}",
}
TEAMS = {
    "added_to_repository": "gave the team {team} access to {repo}",
    "created": "created the team {team}",
    "deleted": "deleted the team {team}",
    "edited": "changed the team {team}",
    "removed_from_repository": "took {repo} away from the team {team}",
}


def member(action: str, event: Payload) -> str:
    person = name_at(event, "member", "login") or "someone"
    words = {
        "added": f"added {person} to {repo(event)}",
        "edited": f"changed what {person} may do in {repo(event)}",
        "removed": f"removed {person} from {repo(event)}",
    }.get(action)
    return did(event, words) if words else ""


def membership(action: str, event: Payload) -> str:
    person, team = name_at(event, "member", "login") or "someone", name_at(event, "team", "name")
    words = {"added": f"added {person} to", "removed": f"removed {person} from"}.get(action)
    return did(event, f"{words} {f'the team {team}' if team else 'a team'}") if words else ""


def team(action: str, event: Payload) -> str:
    words = TEAMS.get(action)
    name = name_at(event, "team", "name")
    return did(event, words.format(team=name, repo=repo(event))) if words and name else ""


def team_add(action: str, event: Payload) -> str:
    return team("added_to_repository", event)


def organization(action: str, event: Payload) -> str:
    place = name_at(event, "organization", "login") or "an organization"
    person = name_at(event, "membership", "user", "login") or "Someone"
    match action:
        case "member_added":
            return sentence(person, f"joined {place}")
        case "member_removed":
            return sentence(person, f"left {place}")
        case "member_invited":
            invited = name_at(event, "invitation", "login") or "someone"
            return did(event, f"invited {invited} to {place}")
        case "renamed":
            return sentence("An organization is now called", place)
        case "deleted":
            return did(event, f"deleted {place}")
    return ""


def block(action: str, event: Payload) -> str:
    person = name_at(event, "blocked_user", "login") or "someone"
    place = name_at(event, "organization", "login") or "an organization"
    preposition = {"blocked": "from", "unblocked": "in"}.get(action)
    return did(event, f"{action} {person} {preposition} {place}") if preposition else ""


def star(action: str, event: Payload) -> str:
    verb = "took back the star from" if action == "deleted" else "starred"
    return did(event, f"{verb} {repo(event)}")


def sponsorship(action: str, event: Payload) -> str:
    sponsor = name_at(event, "sponsorship", "sponsor", "login")
    sponsored = name_at(event, "sponsorship", "sponsorable", "login") or "someone"
    if not sponsor or action not in {"created", "cancelled"}:
        return ""
    return sentence(sponsor, "sponsors" if action == "created" else "no longer sponsors", sponsored)


def installation(action: str, event: Payload) -> str:
    words = INSTALLATIONS.get(action)
    return did(event, words.format(_installed_for(event))) if words else ""


def installation_repositories(action: str, event: Payload) -> str:
    place = _installed_for(event)
    if action == "removed":
        number = counted(count_at(event, "repositories_removed"), "repository", "repositories")
        return did(event, f"took {number} of {place} away from FluxStudio")
    number = counted(count_at(event, "repositories_added"), "repository", "repositories")
    return did(event, f"gave FluxStudio access to {number} of {place}")


def authorization(action: str, event: Payload) -> str:
    return did(event, "ended the access FluxStudio had in their name")


def _installed_for(event: Payload) -> str:
    return name_at(event, "installation", "account", "login") or "an account"


TOLD: Mapping[str, Teller] = {
    "github_app_authorization": authorization,
    "installation": installation,
    "installation_repositories": installation_repositories,
    "member": member,
    "membership": membership,
    "org_block": block,
    "organization": organization,
    "sponsorship": sponsorship,
    "star": star,
    "team": team,
    "team_add": team_add,
    "watch": star,
}
