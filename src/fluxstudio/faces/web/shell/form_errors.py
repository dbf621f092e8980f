"""What is wrong with a form: all of it at once, each beside its field, with everything that was typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.shell.errors import SHOWN_IN_PLACE

REFUSED_STATUS = 400


@dataclass(frozen=True, slots=True)
class FormErrors:
    """What is wrong by field, and in `problem` what is wrong with none of them; false where nothing is.

    A page with a form that was refused answers with `status`.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    @classmethod
    def of(
        cls, error: FluxStudioError, names: Collection[str], words: Mapping[str, str] | None = None
    ) -> FormErrors:
        """What an error says of the fields `names`; what it says of others, or in general, is the problem.

        `words` say of a field what is to be written there, in place of what the error says. An error that
        needs a page of its own is raised again.
        """
        if error.status not in SHOWN_IN_PLACE:
            raise error
        placed = {
            name: (words or {}).get(name, what)
            for name, what in error.details.get("fields", {}).items()
            if name in names
        }
        return cls(placed, None if placed else error.message)

    @property
    def status(self) -> int:
        """Of the page that shows the form."""
        return REFUSED_STATUS if self else 200

    def __bool__(self) -> bool:
        return bool(self.fields or self.problem)

    def get(self, name: str) -> str | None:
        """What is wrong with a field, None for nothing."""
        return self.fields.get(name)

    def __or__(self, other: FormErrors) -> FormErrors:
        """Both; of what both say something, what this one says."""
        return replace(self, fields={**other.fields, **self.fields}, problem=self.problem or other.problem)


NO_ERRORS = FormErrors()
