"""A form that was refused says all that is wrong with it, beside the fields."""

from __future__ import annotations

import pytest

from fluxstudio.errors import Conflict, InvalidRequest, InvalidToken, ProviderUnavailable
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors


def test_each_field_says_what_is_wrong_with_it() -> None:
    error = InvalidRequest("Two things.", {"title": "is empty", "body": "is too long"})
    errors = FormErrors.of(error, {"title", "body"}, {"title": "Give it a title."})
    assert errors.fields == {"title": "Give it a title.", "body": "is too long"}
    assert (errors.problem, errors.status) == (None, 400)


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequest("This repository is archived.", {"owner": "is archived"}),
        Conflict("There are 100 already.", "full"),
        ProviderUnavailable("GitHub does not answer. Try again in a minute."),
    ],
)
def test_what_belongs_to_no_field_is_said_of_the_form(error: InvalidRequest) -> None:
    errors = FormErrors.of(error, {"title"})
    assert (errors.fields, errors.problem, errors.status) == ({}, error.message, 400)


def test_what_no_form_can_show_has_a_page_of_its_own() -> None:
    with pytest.raises(InvalidToken):
        FormErrors.of(InvalidToken("Sign in again."), {"title"})


def test_errors_of_two_looks_at_a_form_are_shown_together() -> None:
    empty = FormErrors({"name": "Give it a name."})
    both = empty | FormErrors({"name": "is empty", "scopes": "Choose what it may do."}, "Full.")
    assert both.fields == {"name": "Give it a name.", "scopes": "Choose what it may do."}
    assert both.problem == "Full."
    assert not NO_ERRORS
    assert (NO_ERRORS | empty) == empty
