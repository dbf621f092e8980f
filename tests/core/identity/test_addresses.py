"""An address has one spelling, whoever writes it and however."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fluxstudio.core.identity.addresses import MAX_EMAIL_KEY_CHARACTERS, address_key, is_address

NASTY = "iIİıſﬀßẞKkΑαΣςσﾊ\u0307\u0130\u200b\u00ad\u202e@.. \t\x00\ud800é\u0065\u0301ﷺ①Ⅷ"


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(NASTY, max_size=40))
@example("İ@İ.example")
@example("a" * 2000 + "@example.com")
@example("ada@" + "x" * 400 + ".example")
@example("@0..")
@example("@a\u3002")
@example("ada@b\u00fccher\u3002\u3002")
@example("@x.\u200b")
def test_the_key_of_a_key_is_itself(text: str) -> None:  # R71
    key = address_key(text)
    assert len(key) <= MAX_EMAIL_KEY_CHARACTERS
    if len(key) < MAX_EMAIL_KEY_CHARACTERS:
        assert address_key(key) == key


@pytest.mark.parametrize(
    "text",
    [
        "Ada@Example.com",
        "  ada@example.com\n",
        "ADA@EXAMPLE.COM.",
        "ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "ada@example。com",
        "ada@example.com。",
        "ⓐda@example.com",
    ],
)
def test_spellings_of_one_address_are_one(text: str) -> None:  # R71
    assert address_key(text) == "ada@example.com"


def test_a_dotted_capital_i_multiplies_nothing() -> None:  # R71
    pairs = itertools.product("iI", repeat=8)
    assert len({address_key(f"{''.join(letters)}@x.example") for letters in pairs}) == 1
    keys = {address_key("".join(letters) + "@example.com") for letters in itertools.product("iIİ", repeat=4)}
    assert len(keys) == 2**4


def test_domains_are_compared_in_their_ascii_form() -> None:  # R71
    assert address_key("ada@BÜCHER.example") == "ada@xn--bcher-kva.example"
    assert address_key("ada@xn--bcher-kva.example") == address_key("ada@bücher.example")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "ada@exa mple.com",
            "x" * 65 + "@example.com",
        ),
        *(
            "ada@" + "x" * 64 + ".example",
            "ada\u200b@example.com",
            "a\u00adda@example.com",
            "ada@ex\u202eample.com",
        ),
        *(
            "ada\x00@example.com",
            "ada\n@example.com",
            "ada\ud800@example.com",
            "ada@-example.com",
            "ada@a..b",
            "ada@example.com..",
            "ada@example.com.\u3002",
        ),
        *(
            "ada\ufe0f@example.com",
            "<ada@example.com>",
            '"a b"@example.com',
            "ada@example.com,mei@example.com",
        ),
        "ada@" + ".".join(["x" * 60] * 5),
    ],
)
def test_what_could_be_mistaken_for_another_address_is_refused(text: str) -> None:  # R71
    assert not is_address(text)


@pytest.mark.parametrize(
    "text", ["ada@example.com", "ada+x@localhost", "ädå.o'b@bücher.example", "İ@x.example"]
)
def test_addresses_of_people_are_accepted(text: str) -> None:
    assert is_address(text)
