"""What is logged: one line an event, whatever stands in it, and nothing secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio import logs


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def logged(monkeypatch: pytest.MonkeyPatch, *, as_json: bool, **values: object) -> str:
    """What one event with these values looks like in the log."""
    written = StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        logs.set_up(as_json=as_json)
        structlog.get_logger("test").info("happened", **values)
    structlog.reset_defaults()
    return written.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_no_value_can_begin_a_line_of_its_own(as_json: bool, text: str) -> None:  # R53
    with pytest.MonkeyPatch.context() as monkeypatch:
        line = logged(monkeypatch, as_json=as_json, text=text + "\r\nlevel=error event=forged")
    assert line.endswith("\n")
    assert not set("\r\n\v\f\x85\u2028\u2029\x1b\x00") & set(line[:-1])
    if as_json:
        assert json.loads(line)["event"] == "happened"


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    "secret",
    ["xoxe.xoxb-1-not-a-token", "ghu_notAtoken0123456789", "figu_not-a-token_1", "Bearer not.a.token-12345"],
)
def test_a_token_that_slips_into_a_value_is_blotted_out(
    monkeypatch: pytest.MonkeyPatch, as_json: bool, secret: str
) -> None:  # R17 R52
    line = logged(monkeypatch, as_json=as_json, reason=f"refused {secret} there", deep={"list": [secret]})
    assert secret.split()[-1] not in line
    assert "refused" in line


def test_a_traceback_that_comes_again_and_again_is_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written = StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        logs.set_up(as_json=True)
        log = structlog.get_logger("test")
        for number in (0, 0):
            try:
                _ = 1 / number
            except ZeroDivisionError as error:
                log.error("failed", exc_info=error)
    first, again = (json.loads(line) for line in written.getvalue().splitlines())
    assert "ZeroDivisionError" in first["exception"]
    assert "exception" not in again
    assert (again["traceback"], again["raised_at"].partition(":")[0]) == ("as before", "test_logs.py")


def test_what_is_less_grave_than_the_level_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    written = StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        logs.set_up(as_json=True, level="warning")
        log = structlog.get_logger("test")
        log.info("left_out")
        log.warning("there", trace=trace, token=trace)
    (line,) = written.getvalue().splitlines()
    fields = json.loads(line)
    assert (fields["event"], fields["trace"], fields["token"]) == ("there", trace, "…")
