"""Every page renders with nothing undefined, obeys the strict policy, and can be used by everyone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import APIRouter

from fluxstudio.faces.web.components.views import ResultView
from fluxstudio.faces.web.integrations.samples import cards
from fluxstudio.faces.web.integrations.views import CardView
from fluxstudio.faces.web.shell import templating
from fluxstudio.faces.web.shell.family import Family, PageFamily
from fluxstudio.faces.web.shell.templating import WEB, PageRenderer, StaticFiles, environment
from fluxstudio.faces.web.sign_in.views import SignInPage
from tests.faces.web import samples
from tests.support.each import for_each

STATIC = StaticFiles()
PAGES = PageRenderer(environment())
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
FETCHED = {"htmx.min.js"}


@dataclass(eq=False)
class Element:
    """One element as it was written."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element]
    text: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


class Reader(HTMLParser):
    """Reads a document into its elements; refuses one whose tags do not match."""

    def __init__(self, html: str, name: str) -> None:
        super().__init__()
        self.name = name
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self._open, [element.tag for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, list(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, list(self._open)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text.append(data)

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


def card_html(card: CardView, *, admin: bool = False) -> str:
    return PAGES.render("integrations/card.html", samples.shell(admin=admin), {"card": card})


@cache
def documents() -> list[Reader]:
    return [Reader(PAGES.page(page, samples.shell()), page.template) for page in samples.pages()]


for_each_document = for_each(documents, name=lambda document: document.name)


def test_every_page_template_has_a_sample_here() -> None:
    written = {
        path.relative_to(WEB).as_posix()
        for path in WEB.rglob("*.html")
        if re.search(r"{% extends", path.read_text("utf-8"))
    }
    layouts = {"shell/layout.html", "shell/alone.html", "shell/list.html", "automations/layout.html"}
    assert written - layouts == {page.template for page in samples.pages()}


@for_each_document
def test_no_style_and_no_handler_is_written_into_the_page(document: Reader) -> None:  # R41
    for element in document.elements:
        assert "style" not in element.attributes, element
        assert not [name for name in element.attributes if re.match(r"on|hx-on", name)], element
    assert not document.all("style")


@for_each_document
def test_every_script_carries_the_nonce(document: Reader) -> None:  # R41
    scripts = document.all("script")
    assert scripts
    assert all(script.attributes.get("nonce") == "a-nonce" for script in scripts)


@for_each_document
def test_everything_a_person_fills_in_has_a_label(document: Reader) -> None:
    labelled = {label.attributes.get("for") for label in document.all("label") if label.words}
    for control in document.all("input", "select", "textarea"):
        if control.attributes.get("type") == "hidden":
            continue
        wrapped = any(parent.tag == "label" and parent.words for parent in control.inside)
        assert wrapped or control.attributes.get("id") in labelled, control.attributes


@for_each_document
def test_everything_a_person_presses_has_a_name(document: Reader) -> None:
    for element in document.all("button", "a", "summary"):
        assert element.words or element.attributes.get("aria-label"), element.attributes


@for_each_document
def test_every_picture_says_what_it_is_or_that_it_says_nothing(document: Reader) -> None:
    assert all("alt" in picture.attributes for picture in document.all("img"))
    for drawing in document.all("svg"):
        hidden = [drawing, *drawing.inside]
        assert any(element.attributes.get("aria-hidden") == "true" for element in hidden), drawing


@for_each_document
def test_every_form_that_changes_something_proves_where_it_comes_from(document: Reader) -> None:  # R39
    proofs = [
        proof.inside[-1] for proof in document.all("input") if proof.attributes.get("value") == "a-csrf-token"
    ]
    for form in document.all("form"):
        if form.attributes.get("method") == "post":
            assert form in proofs, form.attributes
        else:
            assert form not in proofs, form.attributes


@for_each_document
def test_names_within_a_page_are_unique_and_lead_somewhere(document: Reader) -> None:
    ids = Counter(element.attributes["id"] for element in document.elements if "id" in element.attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    for element in document.elements:
        for attribute in ("for", "aria-labelledby", "aria-describedby", "data-dialog", "data-reveal"):
            if attribute in element.attributes:
                assert element.attributes[attribute] in ids, (attribute, element.attributes)


@for_each_document
def test_there_is_one_heading_of_the_page_and_a_title(document: Reader) -> None:
    assert len(document.all("h1")) == 1
    assert document.all("title")[0].words.endswith("· FluxStudio")


@for_each_document
def test_all_files_and_icons_a_page_asks_for_are_there(document: Reader) -> None:
    for element in document.elements:
        address = element.attributes.get("src") or element.attributes.get("href") or ""
        if not address.startswith("/static/"):
            continue
        name, _, rest = address.removeprefix("/static/").partition("?v=")
        assert name in FETCHED or (rest and STATIC.find(name)), address
        if "#" in rest:
            assert rest.partition("#")[2] in samples.ICONS, address


@for_each_document
def test_a_link_to_another_place_does_not_tell_it_where_one_came_from(document: Reader) -> None:
    for link in document.all("a"):
        if link.attributes.get("target") == "_blank":
            assert link.attributes.get("rel") == "noopener noreferrer"


def test_what_people_and_providers_wrote_is_escaped() -> None:
    page = SignInPage(action="/sign-in", return_to='"><script>alert(1)</script>', email='"onfocus="x')
    html = PAGES.page(page, samples.shell(person=False))
    assert "<script>alert" not in html
    assert 'value="&#34;onfocus=&#34;x"' in html


def test_a_provider_that_is_not_set_up_shows_its_settings_to_admins_only() -> None:
    card = cards(samples.NOW)[-1]
    assert "PLOTTER_CLIENT_SECRET" in card_html(card, admin=True)
    for_others = card_html(card, admin=False)
    assert "PLOTTER_CLIENT_SECRET" not in for_others
    assert "An administrator has to set up Plotter" in for_others


def test_a_card_asks_for_itself_only_while_it_is_connecting() -> None:
    fresh, connecting = cards(samples.NOW)[:2]
    assert "hx-trigger" not in card_html(fresh)
    html = card_html(connecting)
    assert 'hx-trigger="every 4s"' in html
    assert "Start again" in html


def test_a_message_result_stands_alone() -> None:
    result = ResultView(tone="bad", text="The app is not in design.")
    html = PAGES.render("channels/message_result.html", samples.shell(), {"result": result})
    assert "<html" not in html
    assert "The app is not in design." in html


def test_no_template_names_a_provider() -> None:
    for path in [*WEB.rglob("*.html"), *STATIC.own()]:
        assert not re.search(r"figma|slack|github", path.read_text("utf-8"), re.IGNORECASE), path


def test_a_changed_file_gets_a_new_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templating, "LOOKED_AT_SECONDS", 0)
    static = StaticFiles([PageFamily("one", tmp_path, Family(router=APIRouter()))])
    assert static("one/a.css") == "/static/one/a.css"
    (tmp_path / "a.css").write_text("a{}")
    first = static("one/a.css")
    (tmp_path / "a.css").write_text("b{color:red}")
    assert re.fullmatch(r"/static/one/a\.css\?v=[0-9a-f]{12}", first)
    assert static("one/a.css") != first


def test_only_styles_scripts_and_pictures_of_our_folders_are_served() -> None:
    for name in (
        "shell/visit.py",
        "shell/base.html",
        "shell/../shell/app.js",
        "none/app.js",
        "design/tokens.json",
    ):
        assert STATIC.find(name) is None, name
    assert STATIC.find("shell/app.js")
