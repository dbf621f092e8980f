"""The documentation for programs that read: every page as Markdown, and `/llms.txt` that lists them."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from fluxstudio.errors import NotFound
from fluxstudio.faces.authentication import authenticator_of, services_of

router = APIRouter(include_in_schema=False)

SUMMARY = (
    "Lets every user of your product connect their own accounts elsewhere, and use them through "
    "one HTTP API. Tokens stay sealed in your own database."
)
LINK = re.compile(r"\]\((?:\.\./)?(?:docs/)?([a-z-]+)\.md(#[\w-]+)?\)")
# What is in the repository alone is named, and no link.
SOURCE = re.compile(r"\[([^\]]+)\]\((?:\.\./)?((?:decisions|examples|src)/[^)]+|[A-Z]+\.md|\.env\.example)\)")
MARKDOWN = "text/markdown; charset=utf-8"


@cache
def pages() -> dict[str, str]:
    """Every page of the documentation by its name, `connect`."""
    folder = files("fluxstudio").joinpath("docs")
    return {
        entry.name.removesuffix(".md"): entry.read_text("utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".md")
    }


@router.get("/llms.txt")
async def index(request: Request) -> Response:
    """What there is to read, with an address for each page."""
    await authenticator_of(request).count(request, None)
    base = services_of(request).settings.base_url
    lines = [f"- [{title(text)}]({base}/docs/{name}.md)" for name, text in pages().items()]
    text = "\n".join(
        [
            "# FluxStudio Integrations",
            "",
            f"> {SUMMARY}",
            "",
            "## Documentation",
            "",
            *lines,
            "",
            "## API",
            "",
            f"- [OpenAPI 3.1 document]({base}/api/openapi.json)",
            f"- [Reference for people]({base}/api/docs)",
            "",
        ]
    )
    return PlainTextResponse(text, media_type="text/plain; charset=utf-8")


@router.get("/docs/{name}.md")
async def page(request: Request, name: str) -> Response:
    """One page as Markdown; its links lead to pages here, and the source's files are named in their place."""
    await authenticator_of(request).count(request, None)
    text = pages().get(name)
    if text is None:
        raise NotFound("There is no such page. `GET /llms.txt` lists them.")
    return PlainTextResponse(SOURCE.sub(_named, LINK.sub(r"](/docs/\1.md\2)", text)), media_type=MARKDOWN)


def _named(link: re.Match[str]) -> str:
    label, path = link.groups()
    place = f"docs/{path}" if path.startswith("decisions/") else path
    return f"`{place}`" if label == path else f"{label} (`{place}` in the source)"


def title(text: str) -> str:
    """The heading of a page."""
    return text.partition("\n")[0].removeprefix("# ").strip()
