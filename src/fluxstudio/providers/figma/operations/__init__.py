"""Everything that can be done at Figma."""

from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations import comments, files, following, library, subscribing, webhooks
from fluxstudio.providers.figma.webhooks.events import changed_tokens
from fluxstudio.sdk import DesignSource

figma.offers(
    DesignSource(
        files=figma["files"],
        follow=figma["follow"],
        home="/files",
        tokens=figma["tokens"],
        changed=changed_tokens,
    )
)

__all__ = ["comments", "files", "following", "library", "subscribing", "webhooks"]
