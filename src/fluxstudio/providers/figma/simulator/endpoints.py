"""The simulated API at a glance.

Scopes, tiers and the two shapes of refusals are those of Figma's OpenAPI document (npm `@figma/rest-api-spec`
0.43.0) and of the endpoint pages of developers.figma.com/docs/rest-api, read 2026-11-22.
"""

from __future__ import annotations

from fluxstudio.providers.figma.simulator import (
    comments,
    dev_resources,
    files,
    library,
    publishing,
    reactions,
    webhooks,
)
from fluxstudio.providers.figma.simulator.api import FigmaRoute

IN_LIBRARIES = frozenset({404})
ALL_FLAGGED = frozenset({400, 401, 403, 404, 429, 500})
ON_BAD_INPUT = frozenset({400})
IN_WEBHOOKS = frozenset({400, 404})

TEAM = "/v1/teams/{team_id}"
FILE, WEBHOOK = "/v1/files/{file_key}", "/v2/webhooks/{webhook_id}"
COMMENT = f"{FILE}/comments/{{comment_id}}"
REACTIONS, VARIABLES = f"{COMMENT}/reactions", f"{FILE}/variables"

ENDPOINTS = (
    FigmaRoute("GET", "/v1/me", files.me, "current_user:read", 3),
    FigmaRoute("GET", "/v1/teams/{team_id}/projects", files.projects, "projects:read", 2),
    FigmaRoute("GET", "/v1/projects/{project_id}/files", files.project_files, "projects:read", 2),
    FigmaRoute("GET", "/v1/projects/{project_id}/meta", files.project_meta, "project_metadata:read", 3),
    FigmaRoute("GET", FILE, files.file, "file_content:read", 1),
    FigmaRoute("GET", f"{FILE}/nodes", files.nodes, "file_content:read", 1),
    FigmaRoute("GET", f"{FILE}/meta", files.meta, "file_metadata:read", 3),
    FigmaRoute("GET", f"{FILE}/images", library.fills, "file_content:read", 2),
    FigmaRoute("GET", "/v1/images/{file_key}", library.rendered, "file_content:read", 1),
    FigmaRoute("GET", f"{FILE}/versions", library.versions, "file_versions:read", 2),
    *(
        FigmaRoute("GET", f"{place}/{name}", answer, scope, 3, IN_LIBRARIES)
        for place, name, answer, scope in (
            (FILE, "components", publishing.components, "library_content:read"),
            (FILE, "component_sets", publishing.component_sets, "library_content:read"),
            (FILE, "styles", publishing.styles, "library_content:read"),
            (TEAM, "components", publishing.team_components, "team_library_content:read"),
            (TEAM, "component_sets", publishing.team_component_sets, "team_library_content:read"),
            (TEAM, "styles", publishing.team_styles, "team_library_content:read"),
            ("/v1/components", "{key}", publishing.component, "library_assets:read"),
            ("/v1/component_sets", "{key}", publishing.component_set, "library_assets:read"),
            ("/v1/styles", "{key}", publishing.style, "library_assets:read"),
        )
    ),
    FigmaRoute("GET", f"{VARIABLES}/local", publishing.variables, "file_variables:read", 2, ALL_FLAGGED),
    FigmaRoute(
        "GET", f"{VARIABLES}/published", publishing.published_variables, "file_variables:read", 2, ALL_FLAGGED
    ),
    *(
        FigmaRoute(method, path, answer, f"file_dev_resources:{scope}", 2, ALL_FLAGGED)
        for method, path, answer, scope in (
            ("GET", f"{FILE}/dev_resources", dev_resources.dev_resources, "read"),
            ("POST", "/v1/dev_resources", dev_resources.create, "write"),
            ("PUT", "/v1/dev_resources", dev_resources.update, "write"),
            ("DELETE", f"{FILE}/dev_resources/{{dev_resource_id}}", dev_resources.delete, "write"),
        )
    ),
    FigmaRoute("GET", f"{FILE}/comments", comments.comments, "file_comments:read", 2),
    FigmaRoute("POST", f"{FILE}/comments", comments.post_comment, "file_comments:write", 2, ON_BAD_INPUT),
    FigmaRoute("DELETE", COMMENT, comments.delete_comment, "file_comments:write", 2),
    FigmaRoute("GET", REACTIONS, reactions.reactions, "file_comments:read", 2),
    FigmaRoute("POST", REACTIONS, reactions.react, "file_comments:write", 2, ON_BAD_INPUT),
    FigmaRoute("DELETE", REACTIONS, reactions.take_back, "file_comments:write", 2),
    FigmaRoute(
        "GET", "/v2/teams/{team_id}/webhooks", webhooks.team_webhooks, "webhooks:read", 2, IN_WEBHOOKS
    ),
    FigmaRoute("GET", "/v2/webhooks", webhooks.webhooks, "webhooks:read", 2, IN_WEBHOOKS),
    FigmaRoute("POST", "/v2/webhooks", webhooks.create_webhook, "webhooks:write", 2, IN_WEBHOOKS),
    FigmaRoute("GET", WEBHOOK, webhooks.webhook, "webhooks:read", 2, IN_WEBHOOKS),
    FigmaRoute("PUT", WEBHOOK, webhooks.update_webhook, "webhooks:write", 2, IN_WEBHOOKS),
    FigmaRoute("DELETE", WEBHOOK, webhooks.delete_webhook, "webhooks:write", 2, IN_WEBHOOKS),
    FigmaRoute("GET", f"{WEBHOOK}/requests", webhooks.webhook_requests, "webhooks:read", 2, IN_WEBHOOKS),
)
