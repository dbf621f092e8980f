"""How the bodies of GitHub's deliveries are read: as JSON, or as a form that holds it.

docs.github.com “Creating webhooks”: a webhook's content type is `application/json` or, which is the default,
`application/x-www-form-urlencoded` with the JSON in the field `payload` (read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from fluxstudio.sdk import UnreadableBody, json_body

FIELD = "payload"


def read_delivery(body: bytes) -> Mapping[str, Any]:
    """The payload of a delivery of either content type. Raises `UnreadableBody`.

    JSON never begins like a form's field, so the content type, which nobody signs, decides nothing.
    """
    return json_body(json_of(body))


def json_of(body: bytes) -> bytes:
    """The JSON of a delivery, the same in either content type. Raises `UnreadableBody`."""
    return _of_form(body) if body.startswith(b"payload=") else body


def _of_form(body: bytes) -> bytes:
    try:
        # Latin-1 maps bytes to characters one by one, so that what comes out are the bytes that were encoded.
        fields = parse_qs(
            body.decode("latin-1"), keep_blank_values=True, max_num_fields=10, encoding="latin-1"
        )
    except ValueError:
        raise UnreadableBody("the body is not a form") from None
    values = fields.get(FIELD, [])
    if len(values) != 1:
        raise UnreadableBody("the form holds the field payload more than once")
    return values[0].encode("latin-1")
