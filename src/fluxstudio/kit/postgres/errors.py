"""What can go wrong with PostgreSQL, in words for the person who has to mend it.

    PostgresError
    ├── EmbeddedPostgresError   the private server cannot be set up, started or stopped
    ├── DatabaseUnavailable     no answer from the database just now; trying again may help
    │   ├── DatabaseRefuses     it does not take our address, user or password
    │   └── DatabaseReadOnly    it answers, and takes no changes
    ├── DatabaseUnfit           what it is or how it is reached is not what this program works with
    │   └── SessionsLent        a pooler gives our sessions to others
    ├── Unstorable              a text that no PostgreSQL text can hold; nothing was stored
    └── MigrationError          the schema cannot be brought to what this program expects

No message carries a password or a connection address.
"""

from __future__ import annotations


class PostgresError(Exception):
    """`message` says what happened, why, and what to do next; it is also `str(error)`."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class EmbeddedPostgresError(PostgresError):
    """The private server cannot be set up, started or stopped."""


class DatabaseUnavailable(PostgresError):
    """The database cannot be reached, has dropped the connection, or has no room for another.

    Whatever was under way has not been confirmed: it may be tried again.
    """


class DatabaseRefuses(DatabaseUnavailable):
    """The address is not understood, or the server does not let its user in."""


class DatabaseReadOnly(DatabaseUnavailable):
    """A standby, or a database that is set to take no changes; it may become one that does."""


class DatabaseUnfit(PostgresError):
    """What the database is, or how it is reached, is not what this program can work with."""


class SessionsLent(DatabaseUnfit):
    """A pooler in between gives sessions to others after each transaction."""

    def __init__(self) -> None:
        super().__init__(
            "Something between us and the database lends its sessions to others after each transaction, as "
            "PgBouncer does with pool_mode = transaction. Jobs, migrations and live pages need sessions of "
            "their own: set pool_mode = session for this database there, or point DATABASE_URL at the server "
            "itself."
        )


class Unstorable(PostgresError):
    """A text that no PostgreSQL text can hold: one with a NUL or half of a surrogate pair in it."""

    def __init__(self) -> None:
        super().__init__("A text holds a character that cannot be stored: a NUL or half of a surrogate pair.")


class MigrationError(PostgresError):
    """The schema cannot be brought to what this program expects; nothing half-done was kept."""
