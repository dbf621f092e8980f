"""Figma takes its time over large files, and some are too large for one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fluxstudio.errors import InvalidRequest
from fluxstudio.kit.http import Content, HttpClient, Response, TooLargeAnswer
from fluxstudio.providers.figma import figma
from fluxstudio.sdk import Account, Api
from tests.providers.figma.conftest import FLOW, Sandbox, run
from tests.support.direct import OneToken, Recorded, Remembered

LONGEST_RENDERING = 55


class Answering(HttpClient):
    """Gives one answer to everything, and keeps the bounds it was asked with."""

    def __init__(self, answer: bytes | Exception) -> None:
        super().__init__([])
        self._answer = answer
        self.seconds: float | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
        seconds: float | None = None,
        most: int | None = None,
    ) -> Response:
        self.seconds = seconds
        if isinstance(self._answer, Exception):
            raise self._answer
        return Response(200, {}, self._answer, url)


def api(answer: bytes | Exception, operation: str) -> tuple[Api, Answering]:
    http = Answering(answer)
    bare = Api(
        provider=figma,
        http=http,
        hosts=figma.http.hosts,
        token=OneToken("fake"),
        budget=Recorded(),
        account=Account("1", "Ada Park"),
        memory=Remembered(),
    )
    return replace(bare, bounds=figma[operation].bounds), http


@pytest.mark.parametrize("operation", ["images", "file", "tokens"])
async def test_figma_is_given_as_long_as_it_renders(operation: str) -> None:
    answer = b'{"images": {}, "name": "", "document": {}, "meta": {"styles": []}}'
    asked, http = api(answer, operation)
    await figma[operation].run(asked, FLOW, **({"ids": "1:2"} if operation == "images" else {}))
    assert http.seconds is not None
    assert http.seconds > LONGEST_RENDERING


async def test_a_file_that_is_too_large_is_no_outage_and_names_the_way_on() -> None:
    asked, _ = api(TooLargeAnswer("api.figma.com answered with more than 24 MB"), "file")
    with pytest.raises(InvalidRequest, match=r"too large.*`depth`.*`ids`"):
        await figma["file"].run(asked, FLOW)


async def test_a_rendering_that_failed_inside_a_good_answer_is_an_error() -> None:
    asked, _ = api(b'{"err": "Invalid node id", "images": {}}', "images")
    with pytest.raises(InvalidRequest, match=r"could not render this\. It says: Invalid node id"):
        await figma["images"].run(asked, FLOW, ids="1:2")


async def test_single_layers_of_a_file_come_with_what_leads_to_them(sandbox: Sandbox) -> None:
    asked = await sandbox.api()
    whole = await run(asked, "file", fileKey=FLOW)
    page = whole["document"]["children"][0]
    layer = page["children"][0]
    part = await run(asked, "file", fileKey=FLOW, ids=layer["id"])
    [only] = part["document"]["children"]
    assert (only["id"], only["children"]) == (page["id"], [layer])
