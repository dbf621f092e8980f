"""GitHub, declared.

Hosts, headers and limits: docs.github.com “Getting started with the REST API”, “API Versions” and “Rate
limits for the REST API”, read 2026-11-22. 2026-03-10 is the newest version of the API.
"""

from __future__ import annotations

from fluxstudio.providers.github.failure import github_failure, github_usage
from fluxstudio.providers.github.oauth import OAUTH, profile, who_am_i
from fluxstudio.providers.github.visibility import RESOURCES
from fluxstudio.providers.github.webhooks.webhook import WEBHOOK
from fluxstudio.sdk import App, Http, Identity, Limit, Provider, Visibility

API_VERSION = "2026-03-10"

github = Provider(
    "github",
    name="GitHub",
    tagline="See repositories, pull requests and commits, and track issues alongside your designs.",
    checked="2026-11-22",
    http=Http(
        hosts={"web": "https://github.com", "api": "https://api.github.com"},
        headers={
            "accept": "application/vnd.github+json",
            "user-agent": "FluxStudio-Integrations",
            "x-github-api-version": API_VERSION,
        },
        failure=github_failure,
        usage=github_usage,
        # What generates content: 80 requests a minute and 500 an hour (docs.github.com “Rate limits for the
        # REST API”, secondary limits, read 2026-11-29).
        limits={
            "default": Limit(5000, 3600),
            "write": Limit(80, 60, within="write_hourly"),
            "write_hourly": Limit(500, 3600),
        },
        images=("https://avatars.githubusercontent.com",),
        etags=True,
    ),
    oauth=OAUTH,
    identity=Identity(identify=who_am_i, profile=profile),
    webhooks=WEBHOOK,
    visibility=Visibility(resources=RESOURCES),
    aliases={"repos": "repositories"},
    app=App(
        console="https://github.com/settings/developers",
        simulator="fluxstudio.providers.github.simulator:GitHubSimulator",
    ),
)
