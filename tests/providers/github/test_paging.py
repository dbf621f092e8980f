"""A long list is given whole up to its bound, or says that there is more and how to get there."""

from __future__ import annotations

from typing import Any

import msgspec

from fluxstudio.kit.http import HttpClient, Response
from fluxstudio.providers.github import github
from fluxstudio.sdk import Account, Api, PartialList
from tests.support.direct import OneToken, Recorded, Remembered


class Paged(HttpClient):
    """Pages of numbers as GitHub sends them, with a `Link` to the next."""

    def __init__(self, count: int) -> None:
        super().__init__([])
        self._count = count
        self.asked: list[tuple[int, int]] = []

    async def request(self, method: str, url: str, **_: Any) -> Response:
        query = dict(part.split("=") for part in url.partition("?")[2].split("&"))
        size, page = min(100, int(query.get("per_page", 30))), int(query.get("page", 1))
        self.asked.append((page, size))
        items = [{"id": number} for number in range(self._count)][(page - 1) * size : page * size]
        base = url.partition("?")[0]
        more = page * size < self._count
        link = f'<{base}?per_page={size}&page={page + 1}>; rel="next"' if more else ""
        return Response(200, {"link": link} if link else {}, msgspec.json.encode(items), url)


def api(count: int) -> tuple[Api, Paged]:
    http = Paged(count)
    return (
        Api(
            provider=github,
            http=http,
            hosts=github.http.hosts,
            token=OneToken("fake"),
            budget=Recorded(),
            account=Account("1", "ada-park"),
            memory=Remembered(),
        ),
        http,
    )


async def listed(asked: Api, operation: str, **arguments: Any) -> PartialList[Any]:
    answer = await github[operation].run(asked, **github[operation].check(arguments))
    assert isinstance(answer, PartialList)
    return answer


async def test_somebody_with_many_repositories_sees_them_all() -> None:
    asked, http = api(450)
    repositories = await listed(asked, "repositories")
    assert (len(repositories), repositories.next_cursor) == (450, None)
    assert http.asked == [(number, 100) for number in range(1, 6)]


async def test_beyond_the_bound_the_list_says_that_there_is_more() -> None:
    asked, _ = api(1_234)
    first = await listed(asked, "repositories")
    assert len(first) == 1000
    second = await listed(asked, "repositories", cursor=first.next_cursor)
    third = await listed(asked, "repositories", cursor=second.next_cursor)
    fourth = await listed(asked, "repositories", cursor=third.next_cursor)
    entries = [entry["id"] for page in (first, second, third, fourth) for entry in page]
    assert entries == list(range(1_234))
    assert fourth.next_cursor is None


async def test_every_other_list_goes_on_from_its_cursor() -> None:
    for operation in ("pulls", "commits", "branches", "collaborators"):
        asked, _ = api(45)
        where = {"owner": "ada-park", "repo": "sketchbook"}
        first = await listed(asked, operation, **where)
        second = await listed(asked, operation, **where, cursor=first.next_cursor)
        assert [entry["id"] for entry in [*first, *second]] == list(range(45)), operation
        assert second.next_cursor is None
