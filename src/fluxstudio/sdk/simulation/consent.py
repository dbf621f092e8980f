"""The pages a simulated provider shows to a person."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from fluxstudio.sdk.simulation.ports import ConsentRequest, SimulatorConsent


@cache
def pages(package: str = __package__) -> Environment:
    """The templates in a package's `pages` folder; they may extend `shell.html`, which is here."""

    def load(name: str) -> str | None:
        for place in (package, __package__):
            file = files(place).joinpath("pages", name)
            if file.is_file():
                return file.read_text("utf-8")
        return None

    return Environment(loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined)


def consent_page(simulator: SimulatorConsent, ask: ConsentRequest) -> Response:
    """Asks the person to choose an account, and to allow or decline."""
    html = (
        pages()
        .get_template("consent.html")
        .render(
            provider=simulator.name,
            noun=simulator.choice_noun,
            choices=simulator.choices(),
            people=simulator.people(),
            scopes=simulator.shown_scopes(ask),
            app="FluxStudio Integrations",
        )
    )
    return HTMLResponse(html, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"})


def message_page(provider: str, title: str, text: str, *, status: int = 200) -> Response:
    """Says one thing and ends there."""
    html = pages().get_template("message.html").render(provider=provider, title=title, text=text)
    return HTMLResponse(html, status, headers={"cache-control": "no-store"})
