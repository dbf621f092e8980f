"""How Figma will show what is written there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.providers.figma.declaration import figma
from fluxstudio.sdk import Drawing, DrawnBlock, Previews
from fluxstudio.sdk.markup.document import of_plain


def comment(arguments: Mapping[str, Any]) -> Drawing:
    """A comment as Figma lists it."""
    text = str(arguments.get("message") or "")
    blocks = [DrawnBlock(kind="text", parts=(of_plain(text),))] if text.strip() else []
    return Drawing(kind="comment", place=str(arguments.get("fileKey") or ""), blocks=blocks)


figma.offers(Previews(draw={"post_comment": comment}))
