"""The simulated API at a glance.

Scopes, tiers and the two shapes of refusals are those of Figma's OpenAPI document (npm `@figma/rest-api-spec`
0.43.0) and of the endpoint pages of developers.figma.com/docs/rest-api, read 2026-11-22.
"""

from __future__ import annotations

from fluxstudio.providers.figma.simulator import comments, files, library, webhooks
from fluxstudio.providers.figma.simulator.api import FigmaRoute

IN_LIBRARIES = frozenset({404})
IN_VARIABLES = frozenset({400, 401, 403, 404, 429, 500})
ON_BAD_INPUT = frozenset({400})
IN_WEBHOOKS = frozenset({400, 404})

FILE, WEBHOOK = "/v1/files/{file_key}", "/v2/webhooks/{webhook_id}"
COMMENT = f"{FILE}/comments/{{comment_id}}"

ENDPOINTS = (
    FigmaRoute("GET", "/v1/me", files.me, "current_user:read", 3),
    FigmaRoute("GET", "/v1/teams/{team_id}/projects", files.projects, "projects:read", 2),
    FigmaRoute("GET", "/v1/projects/{project_id}/files", files.project_files, "projects:read", 2),
    FigmaRoute("GET", FILE, files.file, "file_content:read", 1),
    FigmaRoute("GET", f"{FILE}/nodes", files.nodes, "file_content:read", 1),
    FigmaRoute("GET", f"{FILE}/meta", files.meta, "file_metadata:read", 3),
    FigmaRoute("GET", f"{FILE}/images", library.fills, "file_content:read", 2),
    FigmaRoute("GET", "/v1/images/{file_key}", library.rendered, "file_content:read", 1),
    FigmaRoute("GET", f"{FILE}/versions", library.versions, "file_versions:read", 2),
    FigmaRoute("GET", f"{FILE}/components", library.components, "library_content:read", 3, IN_LIBRARIES),
    FigmaRoute("GET", f"{FILE}/styles", library.styles, "library_content:read", 3, IN_LIBRARIES),
    FigmaRoute("GET", f"{FILE}/variables/local", library.variables, "file_variables:read", 2, IN_VARIABLES),
    FigmaRoute("GET", f"{FILE}/comments", comments.comments, "file_comments:read", 2),
    FigmaRoute("POST", f"{FILE}/comments", comments.post_comment, "file_comments:write", 2, ON_BAD_INPUT),
    FigmaRoute("DELETE", COMMENT, comments.delete_comment, "file_comments:write", 2),
    FigmaRoute("GET", "/v2/webhooks", webhooks.webhooks, "webhooks:read", 2, IN_WEBHOOKS),
    FigmaRoute("POST", "/v2/webhooks", webhooks.create_webhook, "webhooks:write", 2, IN_WEBHOOKS),
    FigmaRoute("GET", WEBHOOK, webhooks.webhook, "webhooks:read", 2, IN_WEBHOOKS),
    FigmaRoute("PUT", WEBHOOK, webhooks.update_webhook, "webhooks:write", 2, IN_WEBHOOKS),
    FigmaRoute("DELETE", WEBHOOK, webhooks.delete_webhook, "webhooks:write", 2, IN_WEBHOOKS),
    FigmaRoute("GET", f"{WEBHOOK}/requests", webhooks.webhook_requests, "webhooks:read", 2, IN_WEBHOOKS),
)
