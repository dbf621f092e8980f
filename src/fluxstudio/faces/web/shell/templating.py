"""The template environment and the one way to turn a page into HTML."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Protocol

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from fluxstudio.faces.web.components import charts
from fluxstudio.faces.web.shell import filters
from fluxstudio.faces.web.shell.family import PageFamily, discover
from fluxstudio.faces.web.shell.views import Shell

WEB = Path(__file__).parent.parent
# Folders beside the families that bring templates and static files.
SHARED = ("shell", "components", "design")
# What set-up fetches from elsewhere lies in the environment, not in the source.
FETCHED = Path(sys.prefix) / "share" / "fluxstudio" / "static"
STATIC_TYPES = frozenset({".css", ".js", ".svg"})


class Page(Protocol):
    """What a route fills and a template prints; frozen, with the template's name."""

    template: ClassVar[str]


# A page of fifty rows asks for its icons hundreds of times.
LOOKED_AT_SECONDS = 1.0


class StaticFiles:
    """Addresses of our own files, each with a hash of its content so that browsers may keep it for ever.

    Files of our folders are named with the folder (`"shell/app.js"`), fetched ones without.
    """

    def __init__(
        self,
        families: Sequence[PageFamily] | None = None,
        fetched: Path = FETCHED,
        prefix: str = "/static",
    ) -> None:
        self._folders = _folders(discover() if families is None else families)
        self._fetched = fetched
        self._prefix = prefix
        self._versions: dict[str, tuple[int, str]] = {}
        self._addresses: dict[str, tuple[float, str]] = {}

    def __call__(self, name: str) -> str:
        """`"shell/app.js"` → `"/static/shell/app.js?v=4be1…"`; without a hash while the file is not there.

        A file that changes has another address within a second.
        """
        now = time.monotonic()
        looked_at, address = self._addresses.get(name, (0.0, ""))
        if not address or now - looked_at > LOOKED_AT_SECONDS:
            address = self._address(name)
            self._addresses[name] = now, address
        return address

    def _address(self, name: str) -> str:
        path = self.find(name)
        if path is None:
            return f"{self._prefix}/{name}"
        changed = path.stat().st_mtime_ns
        if self._versions.get(name, (0, ""))[0] != changed:
            self._versions[name] = (changed, sha256(path.read_bytes()).hexdigest()[:12])
        return f"{self._prefix}/{name}?v={self._versions[name][1]}"

    def find(self, name: str) -> Path | None:
        """The file of that name, or None; only styles, scripts and pictures are to be had."""
        folder_name, _, file_name = name.rpartition("/")
        folder = self._folders.get(folder_name) if folder_name else self._fetched
        if folder is None:
            return None
        path = folder / file_name
        # File systems complain of names that are too long for them.
        with suppress(OSError):
            if path.parent == folder and path.suffix in STATIC_TYPES and path.is_file():
                return path
        return None

    def own(self) -> list[Path]:
        """Every file of our folders that is served."""
        return sorted(
            path
            for folder in self._folders.values()
            for path in folder.iterdir()
            if path.suffix in STATIC_TYPES
        )


def _folders(families: Sequence[PageFamily]) -> dict[str, Path]:
    return {name: WEB / name for name in SHARED} | {entry.name: entry.folder for entry in families}


class PageRenderer:
    """Renders pages and the parts that htmx swaps in.

    `environment` is open to more loaders and globals, such as a provider's own panel.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def page(self, page: Page, shell: Shell) -> str:
        """A whole HTML document."""
        return self.render(page.template, shell, {"page": page})

    def render(self, template: str, shell: Shell, context: Mapping[str, object]) -> str:
        """Any template with this shell around it; raises `UndefinedError` for what `context` lacks."""
        return self.environment.get_template(template).render({**context, "shell": shell})


def environment(
    families: Sequence[PageFamily] | None = None, static: StaticFiles | None = None
) -> Environment:
    """The environment of our templates: escaping on, unknown names an error, our filters and functions.

    A template is named with its folder (`"activity/list.html"`). Without `families`, those we bring.
    """
    families = discover() if families is None else families
    made = Environment(
        loader=PrefixLoader({name: FileSystemLoader(folder) for name, folder in _folders(families).items()}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        ago=filters.ago,
        exact=filters.exact,
        machine=filters.machine,
        grouped=filters.grouped,
        plural=filters.plural,
        initials=filters.initials,
        plot=charts.plot,
    )
    made.globals.update(static=static or StaticFiles(families), csrf_field=csrf_field)
    return made


@pass_context
def csrf_field(context: Context) -> Markup:
    """The hidden field that proves a form was sent from our own page in this session."""
    shell: Shell = context["shell"]
    return Markup('<input type="hidden" name="csrf" value="{}">').format(shell.csrf)
