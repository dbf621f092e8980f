"""Which repository people mean, and what they want to be told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from fluxstudio.providers.github.addresses import read_repository
from fluxstudio.providers.github.declaration import github
from fluxstudio.providers.github.operations.webhooks import USUAL, Event
from fluxstudio.sdk import Spot, Subscribable


def webhook_arguments(place_text: str, types: Sequence[str], web: str) -> Mapping[str, Any]:
    """What `create_hook` takes for a repository by its name or its address. Raises `InvalidRequest`."""
    name = read_repository(place_text, web)
    return {"owner": name.owner, "repo": name.repo, "events": list(types)}


def spot(details: Mapping[str, Any]) -> Spot:
    """The repository a webhook belongs to."""
    name = f"{details.get('owner', '')}/{details.get('repo', '')}"
    return Spot(name=name, kind="Repository", path=f"/{name}")


def types(details: Mapping[str, Any]) -> Sequence[str]:
    """What a webhook tells of."""
    event_types = [str(entry) for entry in details.get("events", ())]
    return [entry for entry in get_args(Event) if entry != "*"] if "*" in event_types else event_types


def suggest(repositories: Any, web: str) -> Sequence[tuple[str, str]]:
    """The repositories that the account administers: GitHub lets nobody else add webhooks."""
    return [
        (str(entry["full_name"]), str(entry.get("description") or ""))
        for entry in repositories
        if entry.get("permissions", {}).get("admin")
    ]


def covers(details: Mapping[str, Any], repository: str, _: Any | None) -> bool:
    """Whether a webhook tells of the repository of that full name."""
    return spot(details).name.lower() == repository.lower()


github.offers(
    Subscribable(
        create=github["create_hook"],
        remove=github["delete_hook"],
        events=[entry for entry in get_args(Event) if entry != "*"],
        usual=USUAL,
        several=True,
        label="Repository",
        help="One that you administer, as owner/name or by its address.",
        example="octocat/hello-world",
        arguments_for=webhook_arguments,
        spot=spot,
        types=types,
        nearby=github["repositories"],
        suggest=suggest,
        everywhere=lambda answer, web: [name for name, _ in suggest(answer, web)],
        field="repository.full_name",
        place=lambda name, _: name,
        covers=covers,
    )
)
