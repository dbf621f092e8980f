"""Ask: questions in words, answered with a table, a chart and the SQL."""

from __future__ import annotations

from fluxstudio.faces.web.ask.routes import router
from fluxstudio.faces.web.shell.family import Family, NavigationPlace

family = Family(
    router=router, place=NavigationPlace(label="Ask", href="/ask", icon="search", order=36, in_menu=True)
)
