"""Templates: an event's words in a text, and no way to anything else."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxstudio.flows.automations.rules.filters import FILTERS, MAX_TEXT_CHARACTERS
from fluxstudio.flows.automations.rules.templates import TemplateProblem, check, render
from fluxstudio.sdk.markup import Markup
from tests.support.pace import costs_at_most

EVENT: dict[str, Any] = {
    "title": "The tide",
    "items": [{"name": "a"}, {"name": "b"}, {"other": 1}],
    "keys": "not a method",
    "user": {"login": "mei", "__class__": "planted"},
    "number": 7,
    "whole": 3.0,
    "nothing": None,
    "yes": True,
    "at": "2026-11-18T23:30:00Z",
    "long": "x" * 30_000,
}
NAMES = {
    "event": EVENT,
    "summary": "Mei wrote",
    "link": "",
    "type": "t",
    "provider": "P",
    "time": "2026-01-01",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain { text }", "plain { text }"),
        ("{{ event.title }}!", "The tide!"),
        ("{{ event.user.login }} / {{ event['user']['login'] }}", "mei / mei"),
        ("{{ event.items | join(', ', 'name') }}", "a, b"),
        ("{{ event.items[0].name }}{{ event.items.1.name }}", "ab"),
        ("{{ event.keys }}", "not a method"),
        ("{{ event.number }} {{ event.whole }} {{ event.yes }} [{{ event.nothing }}]", "7 3 true []"),
        ("{{ event.no.such | default('none') }}", "none"),
        ("{{ event.nothing | default('none') }}", "none"),
        ("{% if event.no %}a{% elif event.number > 5 and not event.nothing %}b{% else %}c{% endif %}", "b"),
        ("{{ 'many' if event.items | length > 2 else 'few' }}", "many"),
        ("{{ event.long | truncate(5) }}", "xxxx…"),
        ("{{ event.title | upper | replace('TIDE', 'ebb') }}", "THE ebb"),
        (
            "{{ event.at | date }} {{ event.at | date('%d %B, %H:%M', 'Europe/Berlin') }}",
            "2026-11-18 19 November, 00:30",
        ),
        ("{{ 0 | date }}", "1970-01-01"),
        ("{{ event.items | first | default('') }}", None),
        ("{% raw %}{{ event }}{% endraw %}", "{{ event }}"),
    ],
)
def test_what_a_template_says(template: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(TemplateProblem):
            render(template, NAMES)
    else:
        assert render(template, NAMES) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ event.a.b.c }}", "the event has no event.a.b.c"),
        ("{{ event.user.nam }}", "the event has no event.user.nam"),
        ("{{ event.items[7].name }}", "event.items.7.name"),
        ("{{ event }}", "name one of its fields: title, items"),
        ("{{ event.items }}", "join"),
        ("one\ntwo {{ event.title }", "line 2"),
        ("one\n\n{{ evnt.title }}", "line 3: there is no “evnt” here; a template knows event, summary"),
        ("{{ event.title | uper }}", "there is no filter “uper”; there are capitalize"),
        ("{{ event.title is odd }}", "there is no test “odd”"),
        ("{% for a in event %}{% endfor %}", "A loop cannot be used here"),
        ("{% set a = 1 %}", "An assignment cannot"),
        ("{% macro a() %}{% endmacro %}", "A macro cannot"),
        ("{% include 'x' %}", "An include cannot"),
        ("{% import 'x' as y %}", "An import cannot"),
        ("{% extends 'x' %}", "An extends cannot"),
        ("{{ event.title() }}", "A call cannot"),
        ("{{ event.title[1:] }}", "A slice cannot"),
        ("{{ event.number > 'a' }}", "cannot be worked out"),
        ("{{ event.title | date }}", "not a time"),
        ("{{ event.at | date('%Y', 'Mars/Olympus') }}", "no time zone"),
        ("{{ event.title | replace('', 'x') }}", "something to look for"),
        ("{{ event.long }}", "longer than 20,000"),
        ("x" * 8001, "longer than 8,000"),
        ("{{ 'a' | truncate(1, *event) }}", "cannot be used"),
    ],
)
def test_an_error_names_what_is_wrong(template: str, text: str) -> None:
    with pytest.raises(TemplateProblem) as error:
        render(template, NAMES)
    assert text in str(error.value)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ event.__class__ }}",
        "{{ event.__init__.__globals__ }}",
        "{{ event|attr('__class__') }}",
        "{{ event['__class__'] }}",
        "{{ event.items.__len__ }}",
        "{{ event.user.__dict__ }}",
        "{{ self }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__ }}",
        "{{ lipsum.__globals__ }}",
        "{{ range(10) }}",
        "{{ namespace() }}",
        "{{ event.update({'a': 1}) }}",
        "{{ event.title.format(event) }}",
        "{{ '%s' % event }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ [1] * 100000000 }}",
        "{{ event.title ~ event.title }}",
        "{{ {'a': 1} }}",
        "{% filter upper %}a{% endfilter %}",
        "{% autoescape false %}a{% endautoescape %}",
        "{% call event() %}{% endcall %}",
        "{% block a %}{% endblock %}",
        "{% with a = 1 %}{% endwith %}",
        "{% do event %}",
        "{{ loop }}{{ caller }}{{ super() }}",
        "{{ None.mro }}",
        "{{ true.real }}",
    ],
)
def test_a_template_reaches_nothing_of_python(template: str) -> None:
    with pytest.raises(TemplateProblem):
        render(template, NAMES)


def test_a_field_named_like_an_attribute_is_only_a_field() -> None:
    assert render("{{ event.user.__class__ }}", NAMES) == "planted"


PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            " ",
            "\n",
            "(",
            ")",
            "[",
            "]",
            "'",
            '"',
            ".",
            ",",
            "|",
            ":",
            "=",
            "*",
            "-",
        ),
        *(
            "event",
            "summary",
            "title",
            "items",
            "__class__",
            "_",
            "self",
            "if",
            "else",
            "endif",
            "for",
            "in",
            "is",
        ),
        *("not", "and", "defined", "0", "1", "9" * 50, "+", "~", "==", ">", "raw", "set", "True", "none"),
        *FILTERS,
    ]
)


class Watched(dict[str, Any]):
    """A payload whose attributes nobody may touch."""

    def __getattribute__(self, name: str) -> Any:
        assert not name.startswith("_") or name in {"__class__"}, f"{name} was reached"
        return super().__getattribute__(name)


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=40).map(" ".join))
def test_any_template_ends_soon_in_a_text_or_in_words(template: str) -> None:
    made = ""
    with costs_at_most(1), suppress(TemplateProblem):
        made = render(template, {**NAMES, "event": Watched(EVENT)})
    assert len(made) <= MAX_TEXT_CHARACTERS
    assert " at 0x" not in made
    assert "<class" not in made


CHAINS = st.lists(
    st.sampled_from(
        [
            *(
                "upper",
                "trim",
                "title",
                "truncate(19000)",
                "replace('x', 'xxxxxxxxxx')",
                "replace('X', 'XX')",
            ),
            *("join('xxxxxxxx')", "default('x')", "first", "last", "date('%Y' )", "length"),
        ]
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(
    chain=CHAINS,
    start=st.sampled_from(["'x'", "event.title", "event.long", "event.items"]),
    times=st.integers(1, 60),
)
def test_no_chain_of_filters_blows_a_text_up(chain: list[str], start: str, times: int) -> None:
    template = f"{{{{ {' | '.join([start, *chain])} }}}}" * times
    with costs_at_most(2), suppress(TemplateProblem):
        assert len(render(template, NAMES)) <= MAX_TEXT_CHARACTERS


@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "(" * 3900 + "1" + ")" * 3900 + " }}",
        "{{ " + "not " * 1900 + "1 }}",
        "{{ 1 " + "| upper " * 900 + "}}",
        "{{ event" + ".a" * 3900 + " }}",
        "{% if 1 %}" * 400 + "{% endif %}" * 290,
        "{{ " + "9" * 7000 + " }}",
        "{{ 1" + "e9" * 5 + " }}",
        "{{" * 4000,
        "{#" * 4000,
        "{{ " + " and ".join(["event.title"] * 500) + " }}",
        "{% if 1 %}a" + "{% elif 1 %}b" * 500 + "{% endif %}",
    ],
)
def test_what_is_too_much_is_refused_soon(template: str) -> None:
    with costs_at_most(2), pytest.raises(TemplateProblem):
        check(template)


def test_what_is_put_in_is_marked_up_and_what_is_written_is_not() -> None:
    def plain(text: str) -> str:
        return text.replace("<", "&lt;")

    names = {"event": {"said": "<!channel>", "list": ["<", ">"]}}
    assert (
        render("<b>{{ event.said }}{{ '<' }}{{ event.list | join }}", names, Markup(plain))
        == "<b>&lt;!channel><&lt;>"
    )


def test_a_rendering_leaves_nothing_to_the_next() -> None:
    with pytest.raises(TemplateProblem):
        render("{{ event.said }}{{ event.no }}", {"event": {"said": "a"}}, Markup(str.upper))
    assert render("{{ event.said }}", {"event": {"said": "a"}}) == "a"
