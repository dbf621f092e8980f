"""What Slack's mrkdwn and GitHub's Markdown say, and what becomes of it in another markup."""

from __future__ import annotations

import pickle

import pytest

from fluxstudio.sdk.markup import LINE, MARKDOWN, MRKDWN, PLAIN, Markup, Source, Text, marked
from tests.support.pace import costs_at_most

NAMES = {"U0MEILIN01": "Mei Lin", "C0DESIGN01": "design"}


def put(text: str, source: Source, target: Markup, template: str = "§") -> str:
    """A template with a value in place of its §."""
    return target.fill(template.replace("§", "fx0v00000z"), {"fx0v00000z": Text(text, source, NAMES)})


@pytest.mark.parametrize(
    ("mrkdwn", "markdown", "slack", "plain"),
    [
        ("Tom &amp; Jerry &lt;3", "Tom &amp; Jerry &lt;3", "Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("for <@U0MEILIN01>", "for @&#8203;Mei Lin", "for @Mei Lin", "for @Mei Lin"),
        ("for <@U0NOBODY01>", "for @&#8203;someone", "for @someone", "for @someone"),
        ("in <#C0DESIGN01|>", "in #&#8203;design", "in #design", "in #design"),
        ("<!channel>", "@&#8203;channel", "@\u200bchannel", "@channel"),
        ("<!subteam^S1|@devs>", "@&#8203;devs", "@devs", "@devs"),
        ("<!date^1^{date}|today>", "today", "today", "today"),
        ("*a* _b_ ~c~ `d`", "**a** *b* ~~c~~ `d`", "*a* _b_ ~c~ `d`", "a b c d"),
        ("a*b* 2 * 3 * 4", "a\\*b\\* 2 \\* 3 \\* 4", None, "a*b* 2 * 3 * 4"),
        ("&gt; said", "> said", "> said", "said"),
        ("```\nx &lt; 1\n```", "```\nx < 1\n```", "```\nx &lt; 1\n```", "x < 1"),
        (
            "<https://a.example/?b=1&amp;c=2>",
            "<https://a.example/?b=1&c=2>",
            "<https://a.example/?b=1&amp;c=2>",
            None,
        ),
        ("<javascript:alert(1)|click>", "click", "click", "click"),
    ],
)
def test_what_slack_says_reads_the_same_elsewhere(
    mrkdwn: str, markdown: str, slack: str | None, plain: str | None
) -> None:
    assert put(mrkdwn, "mrkdwn", MARKDOWN) == markdown
    assert slack is None or put(mrkdwn, "mrkdwn", MRKDWN) == slack
    assert plain is None or put(mrkdwn, "mrkdwn", PLAIN) == plain


@pytest.mark.parametrize(
    ("markdown", "slack", "plain"),
    [
        ("## What's new", "*What's new*", "What's new"),
        ("**a** *b* ~~c~~ `d`", "*a* _b_ ~c~ `d`", "a b c d"),
        ("* one\n* two\n  * three", "• one\n• two\n    • three", "• one\n• two\n  • three"),
        ("3. one\n4. two", "3. one\n4. two", "3. one\n4. two"),
        ("a <!-- hidden --> b", "a  b", "a  b"),
        ("<!-- hidden\n-->\nseen", "seen", "seen"),
        ("<details><summary>More</summary>\n\nText</details>", "More\nText", "More\nText"),
        ("```ts\nlet a = b\n```", "```\nlet a = b\n```", "let a = b"),
        ("| a | b |\n| - | - |\n| 1 | 2 |", "a | b\n1 | 2", "a | b\n1 | 2"),
        (
            "[guide](https://a.example/b)",
            "<https://a.example/b|guide> (a.example)",
            "guide (https://a.example/b)",
        ),
        ("![tide](https://a.example/p.png)", "<https://a.example/p.png|tide> (a.example)", None),
        ("[bank.example](https://evil.example)", "bank.example (<https://evil.example>)", None),
        ("hi @mei-lin, see #7", "hi @mei-lin, see #7", "hi @mei-lin, see #7"),
        ("\\<!channel> &amp; &lt;!here&gt;", "&lt;!channel&gt; &amp; &lt;!here&gt;", "<!channel> & <!here>"),
    ],
)
def test_what_github_says_reads_the_same_elsewhere(markdown: str, slack: str, plain: str | None) -> None:
    assert put(markdown, "markdown", MRKDWN) == slack
    assert plain is None or put(markdown, "markdown", PLAIN) == plain


def test_a_title_is_one_line_of_plain_text() -> None:
    assert put("## A\n\n* **b**", "markdown", LINE, "New: §") == "New: A • b"


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("> §", "> a\n> b"),
        ("- §", "- a\n  b"),
        ("# §", "# a b"),
        ("| x |\n| - |\n| § |", "| x |\n| - |\n| a b |"),
        ("`§`", "`a b`"),
        ("```\n§\n```", "```\na\nb\n```"),
        ("[§](https://a.example)", "[a b](https://a.example)"),
        ("before\n§\nafter", "before\n\na\nb\n\nafter"),
    ],
)
def test_lines_of_a_value_stay_within_what_they_stand_in(template: str, made: str) -> None:
    assert put("a\nb", "plain", MARKDOWN, template) == made


@pytest.mark.parametrize(
    ("template", "value", "made"),
    [
        ("<§>", "img src=https://t.example/p.png", "<>"),
        ("<§>", "https://a.example", "<https://a.example>"),
        ("See <§>.", "https://a.example", "See <https://a.example>."),
        ("<img §>", "src=https://t.example/p.png", "<img srchttpstexampleppng>"),
        ('<a title="§">x</a>', 'a" href="b', '<a title="a&quot; href=&quot;b">x</a>'),
        ("<!-- § -->", "--> <b>", "<!-- --&gt; &lt;b&gt; -->"),
        ("```§\ncode\n```", "a`b", "```ab\ncode\n```"),
        ("[x](§)", "javascript:alert(1)", "[x]()"),
    ],
)
def test_a_value_stays_within_the_tag_it_stands_in(template: str, value: str, made: str) -> None:
    assert put(value, "plain", MARKDOWN, template) == made


@pytest.mark.parametrize("target", [MRKDWN, MARKDOWN])
def test_code_cannot_be_left(target: Markup) -> None:
    assert put("a` <!channel> @mei `b", "plain", target, "`§`").count("`") == 2
    assert put("a\n```\n<!channel>\n```", "plain", target, "```\n§\n```").count("```") == 2


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("https://a.example/b?c=1&d=2", "<https://a.example/b?c=1&amp;d=2|Tide>"),
        ("javascript:alert(1)", "<|Tide>"),
        ("!channel", "<|Tide>"),
        ("@U0MEILIN01", "<|Tide>"),
        ("https://a.example/|<!channel>", "<https://a.example/%7C%3C!channel%3E|Tide>"),
    ],
)
def test_the_address_of_a_link_in_a_template_is_an_address(value: str, made: str) -> None:
    assert put(value, "plain", MRKDWN, "<§|Tide>") == made


def test_the_template_may_mention_whom_an_event_names() -> None:
    assert put("U0MEILIN01", "plain", MRKDWN, "Welcome, <@§>") == "Welcome, <@U0MEILIN01>"
    assert put("U1> <!channel", "plain", MRKDWN, "Welcome, <@§>") == "Welcome, <@U1channel>"


def test_half_a_character_is_replaced_and_two_halves_are_one() -> None:
    assert put("cut \ud83d here \0", "plain", PLAIN) == "cut \ufffd here \ufffd"
    assert put("\ud83d\ude00", "markdown", MARKDOWN) == "\U0001f600"


def test_a_payload_keeps_its_shape_and_its_texts_can_be_handed_to_another_process() -> None:
    payload = {"a": [{"body": "**x**", "title": "**x**"}, 1, None], "body": "y"}
    made = marked(payload, lambda field, of: "markdown" if field == "body" else "plain")
    made = pickle.loads(pickle.dumps(made))
    assert made == payload
    assert (made["a"][0]["body"].plain, made["a"][0]["title"]) == ("x", "**x**")


HOSTILE = [
    "[",
    "*",
    ">",
    "`",
    "<",
    "_a",
    "![",
    "[](",
    "> ",
    "- ",
    "|a",
    "<a ",
    "<!--",
    "&",
    "`` ` ",
    "**a ",
    "\n> ",
    "<x|",
]


@pytest.mark.parametrize("source", ["markdown", "mrkdwn"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_a_megabyte_of_anything_is_read_soon(unit: str, source: Source) -> None:
    with costs_at_most(4):
        text = Text(unit * (1_000_000 // len(unit)), source)
        for target in (MRKDWN, MARKDOWN, PLAIN):
            target.fill("> fx0v00000z", {"fx0v00000z": text})
