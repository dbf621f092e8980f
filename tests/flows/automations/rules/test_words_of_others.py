"""What a stranger writes means nothing but itself, in every text of every operation that writes, at any
depth."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fluxstudio.core.registry import Registry, discover
from fluxstudio.flows.automations.rules.arguments import WrongArguments, rendered
from fluxstudio.sdk import Operation
from fluxstudio.sdk.markup import Text
from fluxstudio.settings import ProviderSettings

REGISTRY = Registry(discover(), lambda provider: ProviderSettings())
WRITING = [
    operation for entry in REGISTRY for operation in entry.provider.operations.values() if operation.writes
]

SHAPES = (
    "{}",
    "Said: {} (end)",
    "*{}* said",
    "Above\n{}\nbelow",
    "> {}",
    "- {}",
    "1. {}",
    "# {}",
    "`{}`",
    "| a |\n| - |\n| {} |",
)
FILTERS = (
    "",
    " | upper",
    " | truncate(20)",
    " | replace('a', 'b')",
    " | trim",
    " | quote",
    " | code",
    " | plain",
)
PIECES = st.sampled_from(
    [
        *(
            "<!channel>",
            "<!here|x>",
            "<!subteam^S012>",
            "<@U0MEILIN01>",
            "<#C0DESIGN01>",
            "<https://evil.example|bank>",
        ),
        *(
            "@mei-lin",
            "@octo/team",
            "fixes #12",
            "closes octo/a#1",
            "GH-12",
            "https://github.com/o/r/issues/1",
        ),
        *(
            "![x](https://t.example/p.png)",
            "<img src=https://t.example/p.png>",
            "[bank.example](https://evil.example)",
        ),
        *(
            "<!--",
            "-->",
            "<b>",
            "</div>",
            "&lt;!channel&gt;",
            "&#64;mei",
            "&amp;",
            "\\",
            "```",
            "~~~",
            "`",
            "*",
            "_",
            "~",
        ),
        *(
            "\n",
            "\n\n",
            "\n> ",
            "\n- ",
            "\n# ",
            "\n1. ",
            "\n---\n",
            "\n    ",
            "\t",
            " ",
            "|",
            "\n| a |\n| - |\n",
            "[ ](",
        ),
        *(
            "[a]: https://evil.example\n",
            "](https://evil.example)",
            "<",
            ">",
            "&",
            "javascript:alert(1)",
            "\ud83d",
            "\0",
        ),
    ]
)
WILD = st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join)
PARSER = MarkdownIt("gfm-like", {"linkify": False})
ALONE = "\u200b"


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def names(text: str, source: Any) -> Mapping[str, Any]:
    return {"event": {"said": Text(text, source)}}


def made(operation: Operation, name: str, template: Any, text: str, source: Any) -> list[str]:
    """What one argument becomes; nothing where it is refused."""
    try:
        return list(texts(rendered(operation, {name: template}, names(text, source))))
    except WrongArguments:
        return []


def quiet_in_slack(text: str) -> None:
    """No mention, and no link that is called what it is not."""
    rest = text
    while "<" in rest:
        inside, closed, rest = rest.partition("<")[2].partition(">")
        assert closed, text
        target, _, label = inside.partition("|")
        assert target.startswith(("http://", "https://", "mailto:")), text
        assert "bank" not in label.lower() or "bank" in target.lower() or "(evil.example)" in rest, text


def quiet_on_github(text: str) -> None:
    """No mention, reference, image, HTML or heading out of a value."""
    for token in PARSER.parse(text):
        assert token.type != "html_block", text
        linked = 0
        for child in token.children or ():
            linked += child.nesting if child.type in ("link_open", "link_close") else 0
            assert child.type not in ("image", "html_inline"), text
            # GitHub takes nothing within a link for a mention.
            if child.type == "text" and not linked:
                for sign in "@#":
                    for after in child.content.split(sign)[1:]:
                        assert not after[:1].isalnum(), text


MRKDWN = [("slack.message", "text"), ("slack.message", "message"), ("slack.files", "comment")]
MARKDOWN = [("github.create_issue", "body"), ("github.update_issue", "body"), ("github.add_comment", "body")]


@pytest.mark.parametrize(("operation", "name"), MRKDWN)
@settings(max_examples=30, deadline=None)
@given(
    text=WILD,
    source=st.sampled_from(["plain", "markdown", "mrkdwn"]),
    shape=st.sampled_from(SHAPES),
    filtered=st.sampled_from(FILTERS),
)
def test_nothing_is_live_in_slack(
    operation: str, name: str, text: str, source: str, shape: str, filtered: str
) -> None:  # R66
    template = shape.replace("{}", f"{{{{ event.said{filtered} }}}}")
    for line in made(REGISTRY.operation(operation), name, template, text, source):
        quiet_in_slack(line)


@settings(max_examples=30, deadline=None)
@given(text=WILD, source=st.sampled_from(["plain", "markdown", "mrkdwn"]))
def test_nothing_is_live_in_blocks(text: str, source: str) -> None:  # R66
    template = "{{ event.said }}"
    blocks = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": f"*{template}*"},
            "fields": [{"type": "mrkdwn", "text": template}],
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": template}, {"text": template}]},
        {
            "attachments": [
                {
                    "text": template,
                    "pretext": template,
                    "fields": [{"title": template, "value": template}],
                }
            ],
            "unknown": [template],
        },
    ]
    for line in made(REGISTRY.operation("slack.message"), "blocks", blocks, text, source):
        if line not in ("section", "context", "mrkdwn"):
            quiet_in_slack(line)
            assert "@here" not in line


@pytest.mark.parametrize(("operation", "name"), MARKDOWN)
@settings(max_examples=30, deadline=None)
@given(
    text=WILD,
    source=st.sampled_from(["plain", "markdown", "mrkdwn"]),
    shape=st.sampled_from(SHAPES),
    filtered=st.sampled_from(FILTERS),
)
def test_nothing_is_live_on_github(
    operation: str, name: str, text: str, source: str, shape: str, filtered: str
) -> None:  # R66
    template = shape.replace("{}", f"{{{{ event.said{filtered} }}}}")
    for line in made(REGISTRY.operation(operation), name, template, text, source):
        quiet_on_github(line)


@pytest.mark.parametrize("operation", WRITING, ids=lambda operation: operation.full_name)
@settings(max_examples=20, deadline=None)
@given(text=WILD, source=st.sampled_from(["plain", "markdown", "mrkdwn"]))
def test_wild_text_is_put_in_or_refused_in_words(operation: Operation, text: str, source: str) -> None:
    for name in operation.parameters:
        public = operation.public_name(name)
        for line in made(operation, public, ["{{ event.said }}", {"a": "{{ event.said }}"}], text, source):
            line.encode()
            assert "\0" not in line


def bare(text: str) -> str:
    """The letters and digits of a text."""
    return "".join(character for character in unicodedata.normalize("NFC", text) if character.isalnum())


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60))
def test_plain_words_are_kept_whole(text: str) -> None:
    slack, github = (REGISTRY.operation(name) for name in ("slack.message", "github.add_comment"))
    [line] = made(slack, "text", "§ {{ event.said }}", text, "plain")
    assert bare(Text(line.replace(ALONE, ""), "mrkdwn").plain) == bare(text)
    [line] = made(github, "body", "§ {{ event.said }}", text, "plain")
    assert bare(Text(line.replace("&#8203;", ""), "markdown").plain) == bare(text)


@pytest.mark.parametrize("text", ["UMEILIN01", "WANDERLUST"])
def test_a_login_is_not_taken_for_somebody_in_slack(text: str) -> None:  # R66
    [line] = made(
        REGISTRY.operation("slack.task_notification"), "assignee", "{{ event.said }}", text, "plain"
    )
    assert line != text
    [line] = made(REGISTRY.operation("slack.task_notification"), "assignee", text, "", "plain")
    assert line == text
