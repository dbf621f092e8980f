"""What the vault relies on when it seals: a box opens at one place by the key it names, and shows nothing."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.kit import sealing
from fluxstudio.kit.sealing import CannotOpen, Keyset, key_id_of, seal, unseal

KEY = bytes(range(32))
PLAIN = b"not-a-real-token"

key_ids = st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True)
keys = st.binary(min_size=32, max_size=32)
keysets = st.dictionaries(key_ids, keys, min_size=1, max_size=5).map(
    lambda entries: Keyset(next(iter(entries)), entries)
)


@given(key_ids, keys, st.binary(max_size=500), st.text(max_size=80))
def test_what_was_sealed_is_what_comes_out(key_id: str, key: bytes, plain: bytes, place: str) -> None:
    assert unseal(key, seal(key_id, key, plain, place), place) == plain


@given(key_ids, keys)
def test_a_box_names_the_key_that_opens_it(key_id: str, key: bytes) -> None:  # R12
    assert key_id_of(seal(key_id, key, PLAIN, "place")) == key_id


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_box_opens_at_its_own_place_only(place: str, elsewhere: str) -> None:  # R13
    box = seal("k1", KEY, PLAIN, place)
    if elsewhere == place:
        assert unseal(KEY, box, elsewhere) == PLAIN
    else:
        with pytest.raises(CannotOpen):
            unseal(KEY, box, elsewhere)


@given(st.data())
def test_no_bit_of_a_box_can_be_changed(data: st.DataObject) -> None:  # R12
    box = bytearray(seal("k1", KEY, PLAIN, "place"))
    at = data.draw(st.integers(0, len(box) - 1))
    box[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CannotOpen):
        unseal(KEY, bytes(box), "place")


@given(st.integers(0, 200))
def test_no_part_of_a_box_opens(length: int) -> None:
    box = seal("k1", KEY, PLAIN, "place")
    with pytest.raises(CannotOpen):
        unseal(KEY, box[: min(length, len(box) - 1)], "place")


@given(st.binary(max_size=120))
def test_what_is_not_a_box_is_refused_and_never_breaks_anything(garbage: bytes) -> None:
    with pytest.raises(CannotOpen):
        unseal(KEY, garbage, "place")


@given(keys)
def test_another_key_opens_nothing(other: bytes) -> None:
    box = seal("k1", KEY, PLAIN, "place")
    if other != KEY:
        with pytest.raises(CannotOpen):
            unseal(other, box, "place")


def test_the_content_shows_nowhere_in_a_box() -> None:
    box = seal("k1", KEY, PLAIN, "a place")
    for form in (PLAIN, PLAIN.hex().encode(), base64.b64encode(PLAIN)[:-3], b"a place"):
        assert form not in box


def test_a_million_boxes_have_a_million_nonces(monkeypatch: pytest.MonkeyPatch) -> None:  # R14
    """The cipher is stood in for, since only the nonces it is given matter here."""
    seen: set[bytes] = set()

    class Recorder:
        def __init__(self, key: bytes) -> None: ...

        def encrypt(self, nonce: bytes, plain: bytes, place: bytes) -> bytes:
            seen.add(nonce)
            return b""

    monkeypatch.setattr(sealing, "AESGCM", Recorder)
    for _ in range(1_000_000):
        seal("k1", KEY, b"", "")
    assert len(seen) == 1_000_000
    assert {len(nonce) for nonce in seen} == {12}


def test_the_nonce_in_a_box_is_the_one_it_was_sealed_with() -> None:  # R14
    box = seal("k1", KEY, PLAIN, "place")
    nonce, ciphertext = box[4:16], box[16:]
    opened = AESGCM(KEY).decrypt(nonce, ciphertext, box[:4] + b"place")
    assert opened == PLAIN


@given(keysets)
def test_a_keyset_reads_what_it_wrote(keyset: Keyset) -> None:
    again = Keyset.parse(keyset.text())
    assert again == keyset
    assert again.text() == keyset.text()


@given(keysets, st.sampled_from([",", " ", "\n", " , ", ",\n\t"]))
def test_a_keyset_may_be_written_over_several_lines(keyset: Keyset, joint: str) -> None:
    assert Keyset.parse(joint + keyset.text().replace(",", joint) + "\n") == keyset


@given(st.text(max_size=200) | st.text(":,k1=A \n", max_size=200))
def test_any_text_is_a_keyset_or_is_refused_as_one(text: str) -> None:
    with suppress(ValueError):
        assert {len(key) for key in Keyset.parse(text).keys.values()} == {32}


def test_the_first_key_seals() -> None:  # R16
    first, second = Keyset.new("k2"), Keyset.new("k1")
    assert Keyset.parse(f"{first.text()},{second.text()}").primary == "k2"


def encoded(size: int, encode: Callable[[bytes], bytes] = base64.urlsafe_b64encode) -> str:
    return encode(b"\xfb" * size).decode()


def test_keys_are_read_in_both_alphabets_of_base64() -> None:
    plain, url_safe = encoded(32, base64.b64encode), encoded(32)
    assert plain != url_safe
    assert Keyset.parse(f"k1:{plain}").keys == Keyset.parse(f"k1:{url_safe}").keys


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no key"),
        (encoded(32), "no id"),
        (encoded(16), "no id"),
        (f":{encoded(32)}", "no id"),
        (f"k 1:{encoded(32)}", "no id"),
        (f"k1:{encoded(16)}", "128 bits instead of 256"),
        ("k1:%%%%", "not base64"),
        (f"k1:{encoded(32)},k1:{encoded(32)}", "twice"),
    ],
)
def test_a_keyset_that_cannot_be_used_is_refused_without_showing_it(text: str, reason: str) -> None:  # R17
    with pytest.raises(ValueError, match=reason) as refused:
        Keyset.parse(text)
    assert encoded(16)[:12] not in str(refused.value)


def test_fresh_keysets_differ_and_never_show_their_keys() -> None:  # R17
    keyset = Keyset.new()
    assert keyset.keys != Keyset.new().keys
    key = keyset.keys[keyset.primary]
    assert base64.urlsafe_b64encode(key).decode() not in repr(keyset)
    assert repr(key)[2:-1] not in repr(keyset)


def test_boxes_of_the_same_content_differ() -> None:
    plain = secrets.token_bytes(20)
    assert seal("k1", KEY, plain, "place") != seal("k1", KEY, plain, "place")
