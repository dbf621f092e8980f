"""What FluxStudio can do at GitHub."""

from fluxstudio.providers.github.addresses import read_repository
from fluxstudio.providers.github.declaration import github
from fluxstudio.providers.github.operations import code, issues, repositories, subscribing, webhooks
from fluxstudio.providers.github.webhooks.pushes import pushed
from fluxstudio.sdk import CodeHost

github.offers(
    CodeHost(
        repositories=github["repositories"],
        read_name=read_repository,
        file=github["file"],
        folder=github["folder"],
        proposal=github["proposal"],
        propose=github["propose"],
        pushed=pushed,
    )
)

__all__ = ["code", "issues", "repositories", "subscribing", "webhooks"]
