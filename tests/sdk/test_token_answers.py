"""Reading what token endpoints answer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.sdk import OAuthRefused, standard_token_answer
from fluxstudio.sdk.oauth import MAX_TOKEN_SECONDS

WILD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
)


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("repo,read:user", ("repo", "read:user")),
        ("repo read:user", ("repo", "read:user")),
        (["repo", "read:user"], ("repo", "read:user")),
        (["repo read:user", 5], ("repo", "read:user")),
        ([], None),
        (" ", None),
    ],
)
def test_scopes_are_read_as_a_text_and_as_a_list(scope: object, scopes: tuple[str, ...] | None) -> None:
    assert standard_token_answer({"access_token": "not-a-token", "scope": scope}).scopes == scopes


@given(expires_in=WILD, refresh=WILD, scope=WILD)
def test_whatever_stands_beside_the_token_gives_bounded_lifetimes(
    expires_in: object, refresh: object, scope: object
) -> None:
    answer = standard_token_answer(
        {
            "access_token": "not-a-token",
            "expires_in": expires_in,
            "refresh_token_expires_in": refresh,
            "scope": scope,
        }
    )
    for seconds in (answer.expires_in, answer.refresh_expires_in):
        assert seconds is None or 0 < seconds <= MAX_TOKEN_SECONDS
        assert seconds is None or not math.isnan(seconds)


def test_an_error_counts_whatever_else_is_there() -> None:
    with pytest.raises(OAuthRefused, match="invalid_grant: gone"):
        standard_token_answer(
            {"access_token": "not-a-token", "error": "invalid_grant", "error_description": "gone"}
        )


@pytest.mark.parametrize("token", [None, "", 7, ["x"], {}])
def test_an_answer_without_a_token_is_refused(token: object) -> None:
    with pytest.raises(OAuthRefused, match="invalid_response"):
        standard_token_answer({"access_token": token})
