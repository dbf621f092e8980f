"""Every declared operation: what it answers when all is well, and when the provider is not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from fluxstudio.sdk import Operation
from tests.conformance.subject import Example, Subject, is_error
from tests.support.schemas import Schemas, explained

UNAVAILABLE = (502, "PROVIDER_UNAVAILABLE")

FAULTS: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "forbidden": ({"status": 403}, (403, "FORBIDDEN")),
    "asks to wait": ({"status": 429, "headers": {"retry-after": "30"}}, (429, "PROVIDER_RATE_LIMITED")),
    "out of order": ({"status": 500, "body": "<h1>Oops</h1>"}, UNAVAILABLE),
    "overloaded": ({"status": 503}, UNAVAILABLE),
    "garbage": ({"kind": "garbage"}, UNAVAILABLE),
    "broken encoding": ({"kind": "truncated"}, UNAVAILABLE),
    "no answer": ({"kind": "drop"}, UNAVAILABLE),
}

OTHER_JSON: tuple[Any, ...] = (
    {},
    [],
    "null",
    '"words"',
    "7",
    [None, 1, "a"],
    [{"unexpected": None}],
    {"ok": True},
    {"ok": True, "unexpected": {"id": None}},
    {"data": None, "error": None, "message": None},
    '{"text": "\\u0000", "\\u0000": 1}',
    '["\\u0000"]',
)

HOSTILE = (
    "..",
    "../..",
    ".",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fv1%2fme",
    "..%2f..%2fuser",
    "..%5c..",
    "a/b/c/d/e/f",
    "a%2Fb%2Fc%2Fd%2Fe%2Ff",
    "%252e%252e%252f",
    "a%3Fb=c",
    "a%23b",
    "%00",
    "a%0d%0ab",
    "%20",
    "@evil.example",
    "{braces}",
    "x" * 5000,
)


def described(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """The entry of an operation in the OpenAPI document."""
    path = f"/api/integrations/{operation.provider.id}/{operation.path}"
    entry: dict[str, Any] = document["paths"][path][operation.method.lower()]
    return entry


async def test_every_operation_answers_as_its_documentation_says(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    document = (await ada.get("/api/openapi.json")).json()
    schemas = Schemas(document)
    await subject.connect(ada)
    assert {example.operation.name for example in subject.examples} == set(subject.provider.operations)
    for example in subject.examples:
        operation = example.operation
        entry = described(document, operation)
        assert entry["operationId"] == operation.full_name.replace(".", "_")
        assert entry["summary"] == operation.summary.removesuffix(".")
        answer = await subject.send(ada, example)
        assert answer.status_code == operation.status, f"{example}: {answer.text[:300]}"
        declared = entry["responses"][str(operation.status)]["content"]["application/json"]["schema"]
        assert declared, f"{operation.full_name} does not say what it answers"
        problems = [
            line
            for error in schemas.validator(declared).iter_errors(answer.json())
            for line in explained(error)
        ]
        assert problems == [], f"{example}: {problems}"
        assert not subject.secrets_in(answer.text)


async def test_tokens_and_secrets_travel_in_headers_and_bodies_alone(  # R10
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    subject.simulator.renewable(True)
    await subject.connect(ada)
    for example in subject.examples:
        await subject.send(ada, example)
    await ada.post(subject.path("refresh"))
    given_out = set(subject.simulator.grants.tokens) | {subject.simulator.app_secret}
    await ada.delete(subject.path())
    addresses = [f"{entry['path']}?{entry['query']}" for entry in subject.calls]
    assert len(addresses) > len(subject.examples)
    assert [line for line in addresses if any(secret in line for secret in given_out)] == []


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_provider_in_trouble_is_an_error_that_callers_can_act_on(  # R44
    subject: Subject, ada: httpx2.AsyncClient, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    how, expected = FAULTS[fault]
    await without_limits(subject, monkeypatch)
    await subject.connect(ada)
    with subject.failing(**how):
        answers = await asyncio.gather(*(subject.send(ada, example) for example in subject.remote))
    for example, answer in zip(subject.remote, answers, strict=True):
        if answer.status_code == example.operation.status and unread(example, how):
            continue
        assert is_error(answer, *expected), f"{example}: {answer.status_code} {answer.text[:300]}"
        assert subject.provider.name in answer.json()["error"]
        assert not subject.secrets_in(answer.text)
        assert "Oops" not in answer.text
        if expected[0] == 429:
            assert 1 <= int(answer.headers["retry-after"]) <= 30
            assert answer.json()["retryAfter"] == int(answer.headers["retry-after"])


def unread(example: Example, fault: dict[str, Any]) -> bool:
    """A DELETE is answered by its status; whatever else comes with it is not read."""
    return example.operation.method == "DELETE" and fault.get("kind") in {"garbage", "truncated"}


async def without_limits(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything at once is more than the provider's limits allow."""
    monkeypatch.setattr(subject.provider, "http", replace(subject.provider.http, limits={}))


async def test_a_token_that_is_refused_for_good_is_an_error_for_every_operation(  # R44
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    await without_limits(subject, monkeypatch)
    for kind in (True, False):
        await subject.reset()
        renewable = subject.simulator.renewable(kind)
        expected = UNAVAILABLE if renewable else (409, "REAUTHORIZATION_REQUIRED")
        ada = await subject.running.client("ada")
        await subject.connect(ada)
        with subject.failing(status=401, body={"error": "token"}):
            answers = await asyncio.gather(*(subject.send(ada, example) for example in subject.remote))
        for example, answer in zip(subject.remote, answers, strict=True):
            assert is_error(answer, *expected), f"{example}: {answer.status_code} {answer.text[:300]}"
            assert not subject.secrets_in(answer.text)


async def test_json_nobody_expected_never_breaks_an_operation(  # R44
    subject: Subject, ada: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await without_limits(subject, monkeypatch)
    await subject.connect(ada)
    broken = []
    for body in OTHER_JSON:
        with subject.failing(status=200, body=body, headers={"etag": '"1"'}):
            answers = await asyncio.gather(*(subject.send(ada, example) for example in subject.remote))
        broken += [
            f"{example} given {body}: {answer.status_code} {answer.text[:300]}"
            for example, answer in zip(subject.remote, answers, strict=True)
            if not (has_its_shape(example, answer) or answer.status_code in {403, 404})
            and not is_error(answer, *UNAVAILABLE)
        ]
        await subject.sql("DELETE FROM provider_cache")
    assert broken == []


def has_its_shape(example: Example, answer: httpx2.Response) -> bool:
    """Whether an answer is a success with the outer shape that is promised."""
    operation, body = example.operation, answer.json()
    if answer.status_code != operation.status or not isinstance(body, dict):
        return False
    return not operation.returns_list or isinstance(body[operation.list_key], list)


async def test_ids_are_checked_before_they_become_part_of_a_path(  # R38
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    await subject.connect(ada)
    asked = len(subject.calls)
    for operation, example in {example.operation: example for example in subject.examples}.items():
        for name in operation.path_parameters:
            for value in HOSTILE:
                answer = await subject.send(ada, example, raw={operation.public_name(name): value})
                assert answer.status_code in {400, 404, 405}, (
                    f"{example} {name}={value[:40]}: {answer.text[:300]}"
                )
    assert [entry["request"] for entry in subject.calls[asked:]] == []


async def test_whatever_else_is_sent_never_becomes_part_of_a_path(  # R38
    subject: Subject, ada: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await without_limits(subject, monkeypatch)
    await subject.connect(ada)
    asked = len(subject.calls)
    for example in subject.examples:
        in_path = {example.operation.public_name(name) for name in example.operation.path_parameters}
        for name in [
            name for name, value in example.args.items() if isinstance(value, str) and name not in in_path
        ]:
            for value in ("../../hostile", "%2e%2e%2fhostile", "hostile?a=b#c", "hostile\x00"):
                changed = Example(example.operation, {**example.args, name: value})
                answer = await subject.send(ada, changed)
                assert answer.status_code < 500, f"{changed}: {answer.text[:300]}"
    assert [entry["path"] for entry in subject.calls[asked:] if "hostile" in entry["path"]] == []


async def test_arguments_that_do_not_fit_are_named_and_never_sent_on(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    await subject.connect(ada)
    asked = len(subject.calls)
    for example in subject.examples:
        if example.operation.method in {"GET", "DELETE"} or example.operation.takes_upload:
            continue
        answer = await subject.send(ada, Example(example.operation, {**example.args, "unheard_of": 1}))
        assert is_error(answer, 400, "INVALID_REQUEST")
        assert answer.json()["fields"].keys() == {"unheard_of"}
    assert len(subject.calls) == asked
