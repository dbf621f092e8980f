"""What a provider is declared with."""

from fluxstudio.kit.http import Response
from fluxstudio.sdk.api import Api, Unauthorized
from fluxstudio.sdk.audience import EVERYBODY, NOBODY, UNDETERMINED, Audience, Conversations, Membership
from fluxstudio.sdk.capabilities import (
    Capability,
    CodeHost,
    DesignFileReader,
    DesignSource,
    Notifier,
    PushedBranch,
    Spot,
    Subscribable,
    TokenExport,
    TokenImports,
)
from fluxstudio.sdk.directory import Directory, DirectoryEntry
from fluxstudio.sdk.failure import UNKNOWN_RETRY_SECONDS, http_failure
from fluxstudio.sdk.limits import Bounds, Limit, Usage, retry_after
from fluxstudio.sdk.markup import Markup
from fluxstudio.sdk.oauth import (
    Account,
    OAuth2,
    OAuthClient,
    OAuthRefused,
    Scope,
    TokenAnswer,
    split_scopes,
    standard_token_answer,
)
from fluxstudio.sdk.operation import Operation, Upload, nothing_changed
from fluxstudio.sdk.paging import BodyCursor, LinkHeader, PartialList
from fluxstudio.sdk.provider import App, Http, Identity, Installation, Provider, Visibility
from fluxstudio.sdk.proxying import ProxyRules, RawCall
from fluxstudio.sdk.resources import Resource, Resources
from fluxstudio.sdk.webhook import (
    AccessEnded,
    BadSignature,
    EventIdentity,
    MissedDelivery,
    Passcodes,
    PressedButton,
    Reader,
    Reconciliation,
    SelfEvents,
    UnreadableBody,
    Webhook,
    json_body,
)

__all__ = [
    "UNKNOWN_RETRY_SECONDS",
    "EVERYBODY",
    "NOBODY",
    "UNDETERMINED",
    "Account",
    "Api",
    "App",
    "Audience",
    "BadSignature",
    "Bounds",
    "Capability",
    "CodeHost",
    "Conversations",
    "BodyCursor",
    "DesignFileReader",
    "DesignSource",
    "TokenExport",
    "TokenImports",
    "Directory",
    "SelfEvents",
    "AccessEnded",
    "EventIdentity",
    "Http",
    "Identity",
    "Installation",
    "Limit",
    "LinkHeader",
    "Markup",
    "Membership",
    "MissedDelivery",
    "DirectoryEntry",
    "Notifier",
    "OAuth2",
    "OAuthClient",
    "OAuthRefused",
    "Operation",
    "PartialList",
    "Passcodes",
    "PressedButton",
    "Provider",
    "PushedBranch",
    "ProxyRules",
    "RawCall",
    "Reader",
    "Reconciliation",
    "Resource",
    "Resources",
    "Response",
    "Scope",
    "Spot",
    "Subscribable",
    "TokenAnswer",
    "Unauthorized",
    "UnreadableBody",
    "Upload",
    "Usage",
    "Visibility",
    "Webhook",
    "http_failure",
    "json_body",
    "retry_after",
    "split_scopes",
    "standard_token_answer",
    "nothing_changed",
]
