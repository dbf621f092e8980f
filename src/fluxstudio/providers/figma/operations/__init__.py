"""Everything that can be done at Figma."""

from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations import (
    comments,
    files,
    following,
    library,
    previews,
    subscribing,
    webhooks,
)
from fluxstudio.providers.figma.operations.following import follows
from fluxstudio.providers.figma.operations.parameters import tier1
from fluxstudio.providers.figma.plugin import plugin_archive
from fluxstudio.providers.figma.tokens.imports import exported_library, posted_library, stored_tokens
from fluxstudio.providers.figma.webhooks.events import TOKEN_CHANGES, changed_tokens
from fluxstudio.sdk import DesignFileReader, DesignSource, TokenImports

figma.offers(
    DesignSource(
        files=figma["files"],
        follow=figma["follow"],
        home="/files",
        follows=follows,
        tokens=figma["tokens"],
        imports=TokenImports(
            of_exports=exported_library,
            of_message=posted_library,
            tokens=stored_tokens,
            plugin=plugin_archive,
        ),
        changes=TOKEN_CHANGES,
        changed=changed_tokens,
        followed=figma["followed"],
        unfollow=figma["unfollow"],
        file=DesignFileReader(
            about=figma["meta"],
            comments=figma["comments"],
            comment=figma["post_comment"],
            versions=figma["versions"],
            components=figma["components"],
            styles=figma["styles"],
            frames=figma["frames"],
            render=figma["images"],
            budget=tier1,
            path=lambda key: f"/design/{key}",
            version_path=lambda key, version: f"/design/{key}?version-id={version}",
        ),
    )
)

__all__ = ["comments", "files", "following", "library", "previews", "subscribing", "webhooks"]
