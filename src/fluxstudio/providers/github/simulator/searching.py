"""Searching the simulated GitHub: issues and repositories, by words and the qualifiers that are used most."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator import listings
from fluxstudio.providers.github.simulator.answers import invalid, one_of, page_of
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.rest import Rest
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

MAX_SEARCH_CHARACTERS = 256
Match = Callable[[ViewedRepository, Json, str], bool]

OF_REPOSITORIES: Mapping[str, Match] = {
    "user": lambda view, entry, value: view.repository["owner"].lower() == value,
    "org": lambda view, entry, value: view.repository["owner"].lower() == value,
    "repo": lambda view, entry, value: view.name.lower() == value,
    "language": lambda view, entry, value: str(view.repository["language"]).lower() == value,
    "topic": lambda view, entry, value: value in view.repository["topics"],
}
OF_ISSUES: Mapping[str, Match] = {
    **{name: match for name, match in OF_REPOSITORIES.items() if name in {"user", "org", "repo"}},
    "is": lambda view, entry, value: value in _kinds(view, entry),
    "type": lambda view, entry, value: value in _kinds(view, entry),
    "state": lambda view, entry, value: entry["state"] == value,
    "label": lambda view, entry, value: value in map(str.lower, entry["labels"]),
    "author": lambda view, entry, value: entry["author"].lower() == value,
    "assignee": lambda view, entry, value: value in map(str.lower, entry["assignees"]),
}


class Searching(Rest):
    """Below `search`."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api = GitHubApi(self.simulator)
        return [
            api.route("/search/issues", self._issues, resource="search", public=True),
            api.route("/search/repositories", self._repositories, resource="search", public=True),
        ]

    async def _issues(self, call: GitHubCall) -> GitHubAnswer:
        words, qualifiers = _parsed(call, OF_ISSUES)
        sort = one_of(call.request, "sort", ("created", "updated", "comments"), "created")
        entries = [
            (view, entry)
            for view in self.seen(call)
            for entry in view.repository["issues"]
            if all(OF_ISSUES[name](view, entry, value) for name, value in qualifiers)
            and _holds(words, entry["title"], entry["body"])
        ]
        field = "updated_at" if sort == "updated" else "created_at"
        entries.sort(key=lambda pair: str(pair[1][field]), reverse=_is_descending(call))
        return self._answered(call, entries, lambda pair: listings.issue(*pair), search_type="lexical")

    async def _repositories(self, call: GitHubCall) -> GitHubAnswer:
        words, qualifiers = _parsed(call, OF_REPOSITORIES)
        views = [
            view
            for view in self.seen(call)
            if all(OF_REPOSITORIES[name](view, {}, value) for name, value in qualifiers)
            and _holds(words, view.name, view.repository["description"])
        ]
        views.sort(key=lambda view: int(view.repository["stars"]), reverse=_is_descending(call))
        return self._answered(call, views, ViewedRepository.summary)

    def _answered(
        self, call: GitHubCall, entries: Sequence[Any], to_json: Callable[[Any], Json], **more: str
    ) -> GitHubAnswer:
        page, headers = page_of(call.request, entries, self.address_of(call))
        items = [{**to_json(entry), "score": 1.0} for entry in page]
        body = {"total_count": len(entries), "incomplete_results": False, "items": items, **more}
        return GitHubAnswer(body, headers=headers)


def _parsed(call: GitHubCall, matches: Mapping[str, Match]) -> tuple[list[str], list[tuple[str, str]]]:
    """The words of a query, and its qualifiers with their values. Raises `Problem` (422)."""
    query = call.request.query_params.get("q", "").strip()
    if not query:
        raise invalid("Search", "q", "missing")
    if len(query) > MAX_SEARCH_CHARACTERS:
        message = f"The search is longer than {MAX_SEARCH_CHARACTERS} characters."
        raise invalid("Search", "q", "invalid", message)
    try:
        parts = shlex.split(query)
    except ValueError:
        parts = query.split()
    words, qualifiers = [], []
    for part in parts:
        name, colon, value = part.partition(":")
        if colon and name.lower() in matches:
            qualifiers.append((name.lower(), value.lower()))
        else:
            words.append(part.lower())
    return words, qualifiers


def _holds(words: Sequence[str], *texts: str | None) -> bool:
    text = " ".join(entry.lower() for entry in texts if entry)
    return all(word in text for word in words)


def _kinds(view: ViewedRepository, entry: Json) -> set[str]:
    """What `is:` says of an issue or a pull request."""
    visibility = "private" if view.repository["private"] else "public"
    merged = {"merged"} if entry["pull"] and entry["pull"]["merged_at"] else set()
    return {"pr" if entry["pull"] else "issue", entry["state"], visibility, *merged}


def _is_descending(call: GitHubCall) -> bool:
    return one_of(call.request, "order", ("asc", "desc"), "desc") == "desc"
