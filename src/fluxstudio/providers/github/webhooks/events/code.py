"""Commits, branches, releases and the repositories that hold them."""

from __future__ import annotations

from collections.abc import Mapping

from fluxstudio.providers.github.webhooks.events.reading import (
    TAGS,
    Payload,
    Teller,
    branch,
    did,
    in_repo,
    repo,
    repo_name,
    who,
)
from fluxstudio.sdk.payload import at, count_at, counted, name_at, quoted, sentence, text_at

RELEASES = {
    "created": "created",
    "deleted": "deleted",
    "edited": "edited",
    "prereleased": "published the pre-release",
    "published": "published",
    "released": "released",
    "unpublished": "unpublished",
}
REPOSITORIES = {
    "archived": "archived {}",
    "created": "created {}",
    "deleted": "deleted {}",
    "edited": "changed the settings of {}",
    "privatized": "made {} private",
    "publicized": "made {} public",
    "transferred": "transferred {}",
    "unarchived": "brought {} back from the archive",
}


def push(action: str, event: Payload) -> str:
    ref = text_at(event, "ref")
    thing = f"{'tag' if ref.startswith(TAGS) else 'branch'} {branch(ref)}".strip()
    commits = count_at(event, "commits")
    if at(event, "deleted") is True:
        return did(event, f"deleted {thing}{in_repo(event)}")
    if not commits:
        verb = "created" if at(event, "created") is True else "moved"
        return did(event, f"{verb} {thing}{in_repo(event)}")
    verb = "force-pushed" if at(event, "forced") is True else "pushed"
    message = text_at(event, "head_commit", "message").partition("\n")[0]
    to = branch(ref) or "a branch"
    return did(event, f"{verb} {counted(commits, 'commit')} to {to}{in_repo(event)}", message)


def create(action: str, event: Payload) -> str:
    return did(event, f"created {_reference(event)}{in_repo(event)}")


def delete(action: str, event: Payload) -> str:
    return did(event, f"deleted {_reference(event)}{in_repo(event)}")


def fork(action: str, event: Payload) -> str:
    copy = name_at(event, "forkee", "full_name")
    return did(event, f"forked {repo(event)}{f' to {copy}' if copy else ''}")


def release(action: str, event: Payload) -> str:
    verb = RELEASES.get(action)
    name = name_at(event, "release", "name") or name_at(event, "release", "tag_name") or "a release"
    return did(event, f"{verb} {name}{in_repo(event)}") if verb else ""


def repository(action: str, event: Payload) -> str:
    if action == "renamed":
        before = name_at(event, "changes", "repository", "name", "from")
        return did(event, f"renamed {before or 'a repository'} to {repo(event)}")
    words = REPOSITORIES.get(action)
    return did(event, words.format(repo(event))) if words else ""


def public(action: str, event: Payload) -> str:
    return did(event, f"made {repo(event)} public")


def wiki(action: str, event: Payload) -> str:
    pages = counted(count_at(event, "pages") or 1, "wiki page")
    return did(event, f"edited {pages}{in_repo(event)}", text_at(event, "pages", 0, "title"))


def package(action: str, event: Payload) -> str:
    name = name_at(event, "package", "name") or name_at(event, "registry_package", "name")
    if action not in {"published", "updated"}:
        return ""
    return did(event, f"{action} {f'the package {name}' if name else 'a package'}{in_repo(event)}")


def imported(action: str, event: Payload) -> str:
    ends = {"success": "is complete", "failure": "failed", "cancelled": "was cancelled"}
    return sentence(f"The import of {repo(event)}", ends.get(text_at(event, "status"), "goes on"))


def ping(action: str, event: Payload) -> str:
    place = repo_name(event) or name_at(event, "organization", "login")
    zen = quoted(text_at(event, "zen"))
    return sentence(f"GitHub tried out a webhook{f' of {place}' if place else ''}{zen}")


def hook_gone(action: str, event: Payload) -> str:
    return sentence(who(event), f"deleted a webhook{in_repo(event)}")


def security(action: str, event: Payload) -> str:
    return did(event, f"changed the security settings of {repo(event)}")


def _reference(event: Payload) -> str:
    kind = text_at(event, "ref_type")
    return f"{kind if kind in {'branch', 'tag'} else 'branch'} {branch(text_at(event, 'ref'))}".strip()


TOLD: Mapping[str, Teller] = {
    "create": create,
    "delete": delete,
    "fork": fork,
    "gollum": wiki,
    "meta": hook_gone,
    "package": package,
    "ping": ping,
    "public": public,
    "push": push,
    "registry_package": package,
    "release": release,
    "repository": repository,
    "repository_import": imported,
    "security_and_analysis": security,
}
