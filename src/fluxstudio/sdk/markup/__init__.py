"""Others' words are text: what they are marked up in, and how they are put into another markup.

`Text` is a string that knows its markup, `document` what it says free of any, and a `Markup` the target it
is written for. All of it is pure, and takes time in proportion to what it reads.
"""

from fluxstudio.sdk.markup.github import MARKDOWN
from fluxstudio.sdk.markup.slack import MRKDWN
from fluxstudio.sdk.markup.target import IDENTITY, LINE, PLAIN, URL, Markup, Unwritable
from fluxstudio.sdk.markup.text import Source, Text, marked, spoken

__all__ = [
    "IDENTITY",
    "LINE",
    "MARKDOWN",
    "MRKDWN",
    "PLAIN",
    "URL",
    "Markup",
    "Source",
    "Text",
    "Unwritable",
    "marked",
    "spoken",
]
