"""What answers of the API say, for tests that compare them."""

from __future__ import annotations

from typing import Any

import httpx2


def content_of(answer: httpx2.Response) -> tuple[int, Any]:
    """The status and the JSON of an answer, without the id that each request has."""
    body = answer.json()
    return answer.status_code, {name: value for name, value in body.items() if name != "requestId"}
