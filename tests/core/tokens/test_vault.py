"""What the vault promises of every token it seals."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fluxstudio.core.connections.grants import Grant
from fluxstudio.core.tokens.spool import Spool
from fluxstudio.core.tokens.vault import SealedTokens, TokenOwner, Vault, VaultError, local_keyset
from fluxstudio.errors import Unavailable
from fluxstudio.kit.sealing import Keyset, key_id_of
from fluxstudio.sdk import Account, TokenAnswer

OLD, NEW = Keyset.new("k1"), Keyset.new("k2")
BOTH = Keyset("k2", {**NEW.keys, **OLD.keys})
ADA = TokenOwner(UUID(int=1), "linear", "not-a-real-client", "p1")
ACCESS, REFRESH = "not-a-real-access-token", "not-a-real-refresh-token"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.text("ab\x1f,", max_size=4)
owners = st.builds(TokenOwner, st.integers(0, 1).map(lambda number: UUID(int=number)), names, names, names)


@pytest.fixture
def vault() -> Vault:
    return Vault(OLD)


def opened(vault: Vault, owner: TokenOwner, sealed: SealedTokens) -> tuple[str, str | None]:
    refresh = sealed.refresh_token
    return (
        vault.open_token(owner, "access_token", sealed.data_key, sealed.access_token),
        None if refresh is None else vault.open_token(owner, "refresh_token", sealed.data_key, refresh),
    )


@given(owners, texts, st.none() | texts)
def test_tokens_come_out_as_they_went_in(owner: TokenOwner, access: str, refresh: str | None) -> None:
    vault = Vault(OLD)
    assert opened(vault, owner, vault.seal_tokens(owner, access, refresh)) == (access, refresh)


def test_a_grant_keeps_its_data_key_over_a_refresh(vault: Vault) -> None:
    first = vault.seal_tokens(ADA, ACCESS, REFRESH)
    second = vault.seal_tokens(ADA, "another", None, first.data_key)
    assert second.data_key == first.data_key
    assert vault.open_token(ADA, "refresh_token", second.data_key, first.refresh_token or b"") == REFRESH


def test_every_grant_has_a_data_key_of_its_own(vault: Vault) -> None:
    ada, mei = vault.seal_tokens(ADA, ACCESS, REFRESH), vault.seal_tokens(ADA, ACCESS, REFRESH)
    with pytest.raises(VaultError):
        vault.open_token(ADA, "access_token", mei.data_key, ada.access_token)


def test_the_ciphertext_names_the_key_that_sealed_it(vault: Vault) -> None:  # R12
    sealed = vault.seal_tokens(ADA, ACCESS, REFRESH)
    assert key_id_of(sealed.data_key) == "k1"
    assert key_id_of(sealed.access_token) == key_id_of(sealed.refresh_token or b"")
    assert key_id_of(vault.seal_note("place", "note")) == "k1"


@given(owners, owners)
@example(TokenOwner(ADA.grant_id, "a\x1fb", "c", "p1"), TokenOwner(ADA.grant_id, "a", "b\x1fc", "p1"))
@example(TokenOwner(ADA.grant_id, "a", 'b", "c', "p1"), TokenOwner(ADA.grant_id, "a", "b", 'c", "p1'))
def test_tokens_open_for_their_owner_only(owner: TokenOwner, other: TokenOwner) -> None:  # R13
    vault = Vault(OLD)
    sealed = vault.seal_tokens(owner, ACCESS, REFRESH)
    if other == owner:
        assert opened(vault, other, sealed) == (ACCESS, REFRESH)
    else:
        with pytest.raises(VaultError):
            opened(vault, other, sealed)


@pytest.mark.parametrize(
    "other",
    [
        replace(ADA, grant_id=uuid4()),
        replace(ADA, provider="figma"),
        replace(ADA, client_id="other"),
        replace(ADA, account_id="p2"),
    ],
    ids=["row", "provider", "client", "account"],
)
def test_not_even_the_data_key_opens_elsewhere(vault: Vault, other: TokenOwner) -> None:  # R13
    """A writer who copies a whole row, key and tokens together, gains nothing."""
    sealed = vault.seal_tokens(ADA, ACCESS, REFRESH)
    with pytest.raises(VaultError):
        opened(vault, other, sealed)
    with pytest.raises(VaultError):
        vault.seal_tokens(other, ACCESS, REFRESH, sealed.data_key)


def test_a_token_opens_in_its_own_column_only(vault: Vault) -> None:  # R13
    sealed = vault.seal_tokens(ADA, ACCESS, REFRESH)
    with pytest.raises(VaultError):
        vault.open_token(ADA, "refresh_token", sealed.data_key, sealed.access_token)
    with pytest.raises(VaultError):
        vault.open_token(ADA, "access_token", sealed.access_token, sealed.data_key)


@given(texts, texts)
def test_a_note_opens_at_its_own_place_only(place: str, elsewhere: str) -> None:  # R13
    vault = Vault(OLD)
    box = vault.seal_note(place, "a verifier")
    if place == elsewhere:
        assert vault.open_note(elsewhere, box) == "a verifier"
    else:
        with pytest.raises(VaultError):
            vault.open_note(elsewhere, box)


def test_during_a_rotation_old_and_new_tokens_are_readable() -> None:  # R16
    before = Vault(OLD).seal_tokens(ADA, ACCESS, REFRESH)
    during = Vault(BOTH)
    after = during.seal_tokens(ADA, "newer", None)
    assert opened(during, ADA, before) == (ACCESS, REFRESH)
    assert opened(during, ADA, after) == ("newer", None)
    assert (key_id_of(before.data_key), key_id_of(after.data_key)) == ("k1", "k2")
    assert opened(Vault(NEW), ADA, after) == ("newer", None)


def test_a_refresh_during_a_rotation_loses_nothing() -> None:  # R16
    before = Vault(OLD).seal_tokens(ADA, ACCESS, REFRESH)
    after = Vault(BOTH).seal_tokens(ADA, "newer", None, before.data_key)
    stored = replace(after, refresh_token=before.refresh_token)
    assert opened(Vault(BOTH), ADA, stored) == ("newer", REFRESH)


def test_a_key_that_is_gone_is_named_with_its_mend() -> None:  # R16
    sealed = Vault(OLD).seal_tokens(ADA, ACCESS, REFRESH)
    with pytest.raises(
        Unavailable, match=r"“k1”, which is not in ENCRYPTION_KEYS.*has to add it again"
    ) as error:
        opened(Vault(NEW), ADA, sealed)
    assert error.value.status == 503
    for key in (*OLD.keys.values(), *NEW.keys.values()):
        assert base64.urlsafe_b64encode(key).decode()[:8] not in str(error.value)


def test_another_key_under_the_same_name_opens_nothing() -> None:  # R16
    sealed = Vault(OLD).seal_tokens(ADA, ACCESS, REFRESH)
    with pytest.raises(VaultError, match="Reconnect"):
        opened(Vault(Keyset.new("k1")), ADA, sealed)


def test_sealed_tokens_show_nothing_when_they_are_written_out(vault: Vault) -> None:  # R17
    sealed = vault.seal_tokens(ADA, ACCESS, REFRESH)
    assert repr(sealed) == "SealedTokens()"
    assert "not-a-real" not in repr(TokenAnswer(ACCESS, REFRESH))


def grant_of(vault: Vault, owner: TokenOwner = ADA) -> Grant:
    """A grant at its third version, as the database would have it."""
    sealed = vault.seal_tokens(owner, "older", "older-refresh")
    return Grant(
        id=owner.grant_id,
        owner=owner,
        account=Account(owner.account_id, "Ada"),
        scopes=frozenset(),
        status="active",
        version=3,
        epoch=1,
        valid_for=None,
        lifetime=None,
        leased=False,
        resting=False,
        problem=None,
        data_key=sealed.data_key,
        access_token=sealed.access_token,
        refresh_token=sealed.refresh_token,
    )


def test_tokens_on_their_way_to_the_database_are_sealed_on_disk(vault: Vault, tmp_path: Path) -> None:  # R15
    spool, grant = Spool(tmp_path / "spool", vault), grant_of(vault)
    spool.write(grant, TokenAnswer(ACCESS, REFRESH))
    [file] = (tmp_path / "spool").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"not-a-real" not in file.read_bytes()
    assert spool.pending() == [(ADA.grant_id, 3)]
    result = spool.read(grant)
    assert result is not None
    assert (result.answer.access_token, result.answer.refresh_token) == (ACCESS, REFRESH)


def test_a_spooled_file_that_was_renamed_brings_nobody_its_tokens(
    vault: Vault, tmp_path: Path
) -> None:  # R13
    spool, grant = Spool(tmp_path / "spool", vault), grant_of(vault)
    spool.write(grant, TokenAnswer(ACCESS, REFRESH))
    [file] = (tmp_path / "spool").iterdir()
    mei = replace(ADA, grant_id=uuid4())
    file.rename(file.with_name(f"{mei.grant_id}.3.sealed"))
    assert spool.read(grant_of(vault, mei)) is None
    assert spool.read(replace(grant, id=mei.grant_id, owner=mei)) is None


def test_spooled_tokens_outlive_the_key_that_their_grant_was_sealed_with(tmp_path: Path) -> None:  # R16
    grant = grant_of(Vault(OLD))
    Spool(tmp_path / "spool", Vault(OLD)).write(grant, TokenAnswer(ACCESS, REFRESH))
    rotated = replace(grant, data_key=Vault(BOTH).rewrapped(ADA, grant.data_key or b""))
    result = Spool(tmp_path / "spool", Vault(NEW)).read(rotated)
    assert result is not None
    assert result.answer.refresh_token == REFRESH


def test_rewrapping_a_data_key_leaves_its_tokens_as_they_were() -> None:  # R16
    sealed = Vault(OLD).seal_tokens(ADA, ACCESS, REFRESH)
    rewrapped = replace(sealed, data_key=Vault(BOTH).rewrapped(ADA, sealed.data_key))
    assert key_id_of(rewrapped.data_key) == "k2"
    assert opened(Vault(NEW), ADA, rewrapped) == (ACCESS, REFRESH)
    with pytest.raises(VaultError):
        Vault(BOTH).rewrapped(replace(ADA, account_id="p2"), sealed.data_key)


def test_a_vault_learns_keys_when_it_meets_one_and_forgets_none() -> None:  # R16
    """Tokens that a refresh brings late must open with what was there when it began."""
    results = [NEW]
    vault = Vault(OLD, lambda: results.pop() if results else None)
    before = vault.seal_tokens(ADA, ACCESS, REFRESH)
    after = Vault(NEW).seal_tokens(ADA, "newer", None)
    assert opened(vault, ADA, after) == ("newer", None)
    assert vault.seals_with == "k1"
    vault.seal_with("k2")
    assert opened(vault, ADA, before) == (ACCESS, REFRESH)
    assert key_id_of(vault.seal_note("place", "note")) == "k2"


def test_a_vault_seals_with_no_key_it_does_not_have(vault: Vault) -> None:
    with pytest.raises(KeyError):
        vault.seal_with("k2")
    assert key_id_of(vault.seal_note("place", "note")) == "k1"


def test_the_local_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    made = local_keyset(tmp_path / "home")
    assert local_keyset(tmp_path / "home") == made
    [file] = (tmp_path / "home").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_all_who_start_at_once_get_the_same_local_key(tmp_path: Path) -> None:
    for turn in range(30):
        together = Barrier(8)

        def start(home: Path = tmp_path / str(turn), together: Barrier = together) -> Keyset:
            together.wait()
            return local_keyset(home)

        with ThreadPoolExecutor(8) as pool:
            results = [entry.result() for entry in [pool.submit(start) for _ in range(8)]]
        assert all(keyset == results[0] for keyset in results)
