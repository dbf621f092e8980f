"""What FluxStudio can do at GitHub."""

from fluxstudio.providers.github.addresses import read_repository
from fluxstudio.providers.github.declaration import github
from fluxstudio.providers.github.operations import (
    code,
    issues,
    previews,
    repositories,
    subscribing,
    syncing,
    webhooks,
)
from fluxstudio.providers.github.webhooks.pushes import pushed
from fluxstudio.sdk import CodeHost, RepositoryReader
from fluxstudio.sdk.markup.read_markdown import read

github.offers(
    CodeHost(
        repositories=github["repositories"],
        read_name=read_repository,
        repository=RepositoryReader(
            about=github["repository"],
            issues=github["issues"],
            issue=github["issue"],
            comments=github["comments"],
            create=github["create_issue"],
            comment=github["add_comment"],
            change=github["update_issue"],
            pulls=github["pulls"],
            commits=github["commits"],
            branches=github["branches"],
            read=read,
            paths={
                "repository": "/{repository}",
                "issue": "/{repository}/issues/{id}",
                "pull": "/{repository}/pull/{id}",
                "commit": "/{repository}/commit/{id}",
                "branch": "/{repository}/tree/{id}",
            },
        ),
        file=github["file"],
        folder=github["folder"],
        compare=github["compare"],
        proposal=github["proposal"],
        propose=github["propose"],
        sync=github["sync_tokens"],
        pushes=("push",),
        pushed=pushed,
    )
)

__all__ = ["code", "issues", "previews", "repositories", "subscribing", "syncing", "webhooks"]
