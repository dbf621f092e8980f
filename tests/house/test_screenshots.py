"""`make screenshots` leaves one page on which every picture can be looked at."""

from __future__ import annotations

from pathlib import Path

from tools.screenshots import contents


def test_the_page_shows_every_picture_below_its_name() -> None:
    page = contents([Path("/somewhere/file-light.png"), Path('/somewhere/a"b.png')])
    assert page.count("<figure>") == 2
    assert '<img src="file-light.png"' in page
    assert "<figcaption>file light</figcaption>" in page
    assert 'href="a&quot;b.png"' in page
