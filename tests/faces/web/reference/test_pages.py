"""The API reference page."""

from __future__ import annotations

import re

from fluxstudio import errors
from fluxstudio.faces.web.reference.presenter import Models
from fluxstudio.faces.web.reference.routes import page_of
from fluxstudio.faces.web.reference.views import PropertyView, ReferencePage
from tests.faces.web import samples
from tests.support.running import Running, Start


def shown() -> ReferencePage:
    """The page of a small document."""
    return page_of(samples.DOCUMENT, {"Plotter": "Draw what you mean."}, "https://flux.example")


def words(view: PropertyView) -> str:
    """The type of a value, as it is read."""
    return "".join(word.text for word in view.kind)


async def test_everything_the_api_can_do_stands_in_its_reference(running: Running) -> None:
    stranger = await running.client(None)
    paths = (await stranger.get("/api/openapi.json")).json()["paths"]
    page = (await stranger.get("/api/docs")).text
    assert len(paths) > 30
    for path, methods in paths.items():
        for method, entry in methods.items():
            assert f'<b class="method">{method.upper()}</b> {path}<' in page
            assert f'<article class="operation" id="{entry["operationId"]}">' in page


async def test_the_reference_is_open_to_everyone_and_loads_nothing_from_elsewhere(running: Running) -> None:
    stranger = await running.client(None)
    answer = await stranger.get("/api/docs")
    assert answer.status_code == 200
    assert re.findall(r'(?:src|href)="((?:https?:)?//[^"]*)', answer.text) == []
    assert "script-src 'nonce-" in answer.headers["content-security-policy"]


async def test_every_object_an_answer_names_is_explained_on_the_page(running: Running) -> None:
    page = (await (await running.client(None)).get("/api/docs")).text
    named = set(re.findall(r'href="#([^"]+)"', page))
    explained = set(re.findall(r' id="([^"]+)"', page))
    assert len(named) > 60
    assert named - explained == set()


async def test_objects_are_named_after_their_provider(running: Running) -> None:
    stranger = await running.client(None)
    schemas = (await stranger.get("/api/openapi.json")).json()["components"]["schemas"]
    assert "thumbnail_url" in schemas["FigmaDesignFile"]["properties"]
    assert "mimetype" in schemas["SlackFile"]["properties"]


async def test_a_provider_that_is_dropped_in_is_described_as_well(start: Start) -> None:
    running = await start(packages=("tests.dropin",))
    page = (await (await running.client(None)).get("/api/docs")).text
    assert "/api/integrations/linear/issues/{team}" in page
    assert "Issues of one team, newest first" in page
    assert "See the issues your designs belong to." in page


def test_what_must_be_sent_says_so_and_comes_with_its_rules() -> None:
    operation = shown().groups[0].operations[0]
    sent = {view.name: view for view in operation.sent}
    assert list(sent) == ["sheet", "lines", "pen", "connection"]
    assert [name for name, view in sent.items() if view.required] == ["sheet", "lines"]
    assert sent["lines"].rules == ("1 to 2,000",)
    assert sent["pen"].rules == ('"red" when left out', "9 characters at most")
    assert operation.command == (
        'curl -H "Authorization: Bearer $TOKEN" "$BASE/api/integrations/plotter/drawings/$sheet"'
        ' --json \'{"lines": "…"}\''
    )


def test_the_first_sentence_is_the_title_and_the_rest_stays() -> None:
    operation = shown().groups[0].operations[0]
    assert operation.title == "Draw on a sheet"
    assert operation.text == "It stays.\n\nEvery `line` is drawn once."


def test_objects_of_an_answer_are_linked_and_listed_with_those_they_hold() -> None:
    group = shown().groups[0]
    answer = group.operations[0].answer
    assert answer is not None
    by = answer.properties[1]
    assert words(by) == "Pen or null"
    assert by.kind[0].href == "#PlotterPen"
    assert [model.name for model in group.models] == ["Drawing", "Pen"]


def test_types_are_said_in_words() -> None:
    models = Models({})
    for schema, text in (
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({"type": "string", "format": "date-time"}, "time"),
        ({"enum": ["asc", "desc"]}, '"asc" or "desc"'),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "object of true or false"),
        ({}, "anything"),
    ):
        assert "".join(word.text for word in models.kind(schema)) == text


def test_every_error_a_caller_can_meet_is_explained() -> None:
    listed = {(kind.status, kind.code) for kind in shown().errors}
    drawn = re.findall(r"(\d{3}) ([A-Z_]+)", errors.__doc__ or "")
    assert {(int(status), code) for status, code in drawn} == listed
    further = dict(re.findall(r"([A-Z_]+) \(\+ (\w+)\)", errors.__doc__ or ""))
    assert {kind.code: kind.more for kind in shown().errors if kind.more} == further
