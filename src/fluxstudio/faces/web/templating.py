"""The template environment and the one way to turn a page into HTML."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from fluxstudio.faces.web import charts, filters
from fluxstudio.faces.web.views import CardView, Page, ResultView, Shell

STATIC = Path(__file__).with_name("static")
# What set-up fetches from elsewhere lies in the environment, not in the source.
FETCHED = Path(sys.prefix) / "share" / "fluxstudio" / "static"
TEMPLATES = Path(__file__).with_name("templates")


class StaticFiles:
    """Addresses of our own files, each with a hash of its content so that browsers may keep it for ever."""

    def __init__(self, folders: Sequence[Path] = (STATIC, FETCHED), prefix: str = "/static") -> None:
        self._folders = folders
        self._prefix = prefix
        self._seen: dict[str, tuple[int, str]] = {}

    def __call__(self, name: str) -> str:
        """`"tokens.css"` → `"/static/tokens.css?v=4be1…"`; without a hash while the file is not there."""
        path = self.find(name)
        if path is None:
            return f"{self._prefix}/{name}"
        changed = path.stat().st_mtime_ns
        if self._seen.get(name, (0, ""))[0] != changed:
            self._seen[name] = (changed, sha256(path.read_bytes()).hexdigest()[:12])
        return f"{self._prefix}/{name}?v={self._seen[name][1]}"

    def find(self, name: str) -> Path | None:
        """The file of that name, or None; names have no folders."""
        for folder in self._folders:
            path = folder / name
            # File systems complain of names that are too long for them.
            with suppress(OSError):
                if path.parent == folder and path.is_file():
                    return path
        return None


class Pages:
    """Renders pages and the parts that htmx swaps in.

    `environment` is open to more loaders and globals, such as a provider's own panel.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def page(self, page: Page, shell: Shell) -> str:
        """A whole HTML document."""
        return self.render(page.template, shell, {"page": page})

    def card(self, card: CardView, shell: Shell) -> str:
        """One provider card, to take the place of the one with the same id."""
        return self.render("partials/provider_card.html", shell, {"card": card})

    def message_result(self, result: ResultView, shell: Shell) -> str:
        """What came of a test message, to take the place of what `#composer-result` holds."""
        return self.render("partials/message_result.html", shell, {"result": result})

    def render(self, template: str, shell: Shell, context: Mapping[str, object]) -> str:
        """Any template with this shell around it; raises `UndefinedError` for what `context` lacks."""
        return self.environment.get_template(template).render({**context, "shell": shell})


def environment(static: StaticFiles | None = None) -> Environment:
    """The environment of our templates: escaping on, unknown names an error, our filters and functions."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
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
    made.globals.update(static=static or StaticFiles(), csrf_field=csrf_field)
    return made


@pass_context
def csrf_field(context: Context) -> Markup:
    """The hidden field that proves a form was sent from our own page in this session."""
    shell: Shell = context["shell"]
    return Markup('<input type="hidden" name="csrf" value="{}">').format(shell.csrf)
