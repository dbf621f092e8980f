"""What Figma sends, held against the schemas Figma publishes."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from fluxstudio.kit.signatures import sha256
from fluxstudio.providers.figma import figma
from fluxstudio.sdk import UnreadableBody
from tests.support.deliveries import Delivery, deliveries
from tests.support.pins import figma_document
from tests.support.schemas import Schemas, explained

assert figma.webhooks is not None
WEBHOOK = figma.webhooks
DELIVERIES = deliveries("fluxstudio.providers.figma")
PASSCODE = "not-a-real-passcode"


def payload_of(kind: str) -> dict[str, Any]:
    return next(dict(sent.payload) for sent in DELIVERIES if sent.payload["event_type"] == kind)


def text_of(kind: str, **changes: Any) -> str:
    assert WEBHOOK.describe is not None
    return WEBHOOK.describe(kind, {**payload_of(kind), **changes})


def link(kind: str, **changes: Any) -> str | None:
    assert WEBHOOK.link is not None
    return WEBHOOK.link(kind, {**payload_of(kind), **changes})


def published() -> dict[str, str]:
    """The names of Figma's payload schemas, by the event they are for."""
    schemas = figma_document().document["components"]["schemas"]
    names = [name for name in schemas if re.fullmatch(r"Webhook(?!Base)\w*Payload", name)]
    return {schemas[name]["allOf"][1]["properties"]["event_type"]["enum"][0]: name for name in names}


def test_every_event_figma_publishes_a_schema_for_is_declared_and_has_a_request() -> None:
    assert set(published()) == set(WEBHOOK.events) == {sent.payload["event_type"] for sent in DELIVERIES}
    schemas = figma_document().document["components"]["schemas"]
    assert set(schemas["WebhookV2Event"]["enum"]) == set(WEBHOOK.events)


@pytest.mark.parametrize("sent", DELIVERIES, ids=lambda sent: sent.payload["event_type"])
def test_our_requests_are_such_as_figma_publishes(sent: Delivery) -> None:
    schema = {"$ref": f"#/components/schemas/{published()[sent.payload['event_type']]}"}
    validator = Schemas(figma_document().document).validator(schema)
    assert [text for error in validator.iter_errors(sent.payload) for text in explained(error)] == []
    for name in sent.payload:
        lacking = {key: value for key, value in sent.payload.items() if key != name}
        assert name == "description" or name == "mentions" or not validator.is_valid(lacking)


@pytest.mark.parametrize("sent", DELIVERIES, ids=lambda sent: sent.payload["event_type"])
def test_an_event_passes_by_its_passcode_which_is_not_kept(sent: Delivery) -> None:  # R30
    assert WEBHOOK.passcodes is not None
    assert WEBHOOK.passcodes.webhook_id(sent.body) == "3901"
    WEBHOOK.passcodes.verify(sent.body, sha256(PASSCODE))
    payload = sent.read(WEBHOOK)
    assert payload == {name: value for name, value in sent.payload.items() if name != "passcode"}
    assert PASSCODE.encode() not in msgspec.json.encode(payload)
    key = WEBHOOK.event_id(sent.headers, payload, sent.body)
    assert key == WEBHOOK.event_id(sent.headers, sent.payload, sent.body)
    assert key == WEBHOOK.event_id(sent.headers, {**payload, "retries": 2}, sent.body)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"a":' * 5000])
def test_a_body_that_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        WEBHOOK.read(body)


def test_events_are_told_in_the_words_of_people_who_design() -> None:
    file = "Tidewater booking flow"
    assert text_of("PING") == "Webhook test from Figma"
    assert text_of("FILE_UPDATE") == f"{file} changed"
    assert (
        text_of("FILE_VERSION_UPDATE") == f"Mei Lin saved a version of {file}: “Ready for the harbour tests”"
    )
    assert text_of("FILE_VERSION_UPDATE", description="") == f"Mei Lin saved a version of {file}"
    assert text_of("FILE_DELETE") == f"Ada Park deleted {file}"
    assert (
        text_of("LIBRARY_PUBLISH")
        == "Mei Lin published Harbour system (2 components): “Larger touch targets”"
    )
    assert (
        text_of("FILE_COMMENT") == f"Mei Lin commented on {file}: “Looks good, @Ada Park — shall we ship it?”"
    )
    assert text_of("FILE_COMMENT", mentions=[]).endswith("“Looks good, @someone — shall we ship it?”")
    assert text_of("DEV_MODE_STATUS_UPDATE") == f"Ada Park marked a layer of {file} as ready for development"
    assert text_of("DEV_MODE_STATUS_UPDATE", status="NONE").startswith(
        "Ada Park took the Dev Mode status off"
    )
    assert text_of("FILE_UPDATE", file_name="") == "A file changed"
    assert text_of("FILE_COMMENT", triggered_by=None).startswith("Someone commented on")


def test_what_others_wrote_is_shortened_and_on_one_line() -> None:
    comment = [{"text": "First line\n\n\u202esecond   line " + "and so on " * 50}]
    sentence = text_of("FILE_COMMENT", comment=comment)
    assert "“First line second line and so on" in sentence
    assert sentence.endswith("and…”")
    assert len(text_of("FILE_COMMENT", comment=comment, file_name="Long name " * 90)) <= 200


def test_a_link_leads_to_the_place_in_the_file() -> None:
    file = "https://www.figma.com/file/TidewaterBookingFlow01"
    assert link("FILE_UPDATE") == file
    assert link("FILE_COMMENT") == f"{file}#1200000001"
    assert link("DEV_MODE_STATUS_UPDATE") == f"{file}?node-id=43-2"
    assert link("DEV_MODE_STATUS_UPDATE", node_id="javascript:alert(1)") == file
    assert link("FILE_DELETE") is None
    assert link("FILE_UPDATE", file_key="../../evil") is None
    assert link("PING") is None


def test_events_of_one_file_are_handled_in_order() -> None:
    assert WEBHOOK.order is not None
    keys = {WEBHOOK.order(kind, payload_of(kind)) for kind in ("FILE_UPDATE", "FILE_COMMENT", "FILE_DELETE")}
    assert keys == {"TidewaterBookingFlow01"}
    assert WEBHOOK.order("PING", payload_of("PING")) is None


def test_whose_events_they_are_tells_the_webhook_they_came_by() -> None:
    assert WEBHOOK.account is None
