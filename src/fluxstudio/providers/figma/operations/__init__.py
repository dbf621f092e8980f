"""Everything that can be done at Figma."""

from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations import comments, files, following, library, subscribing, webhooks
from fluxstudio.sdk import DesignSource

figma.offers(
    DesignSource(files=figma["files"], follow=figma["follow"], home="/files", tokens=figma["tokens"])
)

__all__ = ["comments", "files", "following", "library", "subscribing", "webhooks"]
