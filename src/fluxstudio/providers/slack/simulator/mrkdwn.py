"""Slack's mrkdwn as HTML, for the simulator's own pages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ANGLE = re.compile(r"<([^<>\n]+)>")
_STYLES = (
    (re.compile(r"```(.+?)```", re.S), "pre"),
    (re.compile(r"`([^`\n]+)`"), "code"),
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_/])_([^_\n]+)_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~([^~\n]+)~(?![\w~])"), "s"),
)


def html(text: str, names: Mapping[str, str]) -> Markup:
    """A message's text; `names` are those of the users and channels it may mention, by id."""
    parts: list[str] = []
    last = 0
    for match in _ANGLE.finditer(text):
        parts += [_styled(text[last : match.start()]), _angle(match[1], names)]
        last = match.end()
    return Markup("".join([*parts, _styled(text[last:])]))  # noqa: S704 - every part was escaped


def _plain(text: str) -> str:
    return re.sub("&lt;|&gt;|&amp;", lambda match: _ENTITIES[match[0]], text)


def _styled(text: str) -> str:
    styled = str(escape(_plain(text)))
    for pattern, tag in _STYLES:
        styled = pattern.sub(rf"<{tag}>\1</{tag}>", styled)
    return styled.replace("\n", "<br>")


def _angle(inner: str, names: Mapping[str, str]) -> str:
    target, _, label = inner.partition("|")
    if target.startswith(("@", "#")):
        name = label or names.get(target[1:], target[1:])
        return f'<span class="mention">{escape(target[0] + _plain(name))}</span>'
    if target.startswith("!"):
        return str(escape(_plain(label) or "@" + target[1:]))
    if target.startswith(("https://", "http://", "mailto:")):
        return f'<a href="{escape(_plain(target))}" rel="noreferrer">{escape(_plain(label or target))}</a>'
    return str(escape(_plain(label or target)))
