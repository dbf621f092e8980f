"""The forms of a page, filled as the page gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """One form: where it goes, its fields with their values, what can be chosen, and its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


def forms_of(page: str) -> list[Form]:
    """Every form of a page that sends by POST, in order."""
    reader = _Reader()
    reader.feed(page)
    return [form for form in reader.forms if form.action]


def form_to(page: str, ending: str) -> Form:
    """The first form whose address, without its fragment, ends like this."""
    return next(form for form in forms_of(page) if form.action.partition("#")[0].endswith(ending))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        arguments = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(arguments.get("action", "") if arguments.get("method") == "post" else ""))
            return
        if not self.forms:
            return
        form, name = self.forms[-1], arguments.get("name", "")
        if tag == "input" and name:
            form.fields[name] = arguments.get("value", "")
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "select":
            self._select = name
            form.options[name] = []
        elif tag == "option" and self._select:
            form.options[self._select].append(arguments.get("value", ""))
            if "selected" in arguments or self._select not in form.fields:
                form.fields[self._select] = arguments.get("value", "")
        elif tag == "button" and name:
            form.buttons.append(arguments.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # Browsers drop a line end right behind the tag.
            fields = self.forms[-1].fields
            fields[self._area] = fields[self._area].removeprefix("\n")
            self._area = ""
