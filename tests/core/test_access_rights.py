"""What is said of rights that a database has lost."""

from __future__ import annotations

import pytest

from fluxstudio.core.access_rights import RightsLost


@pytest.mark.parametrize(
    ("statement", "about"),
    [
        ("GRANT SELECT ON sessions TO fluxstudio_user", "sessions"),
        ("GRANT UPDATE (name) ON users TO fluxstudio_user", "users"),
        ("GRANT USAGE ON SCHEMA ask TO fluxstudio_ask", "ask"),
        ("GRANT EXECUTE ON FUNCTION ask.week(date) TO fluxstudio_ask", "ask.week"),
        ("REVOKE EXECUTE ON FUNCTION own_user() FROM PUBLIC", "own_user"),
        ("ALTER VIEW ask.events OWNER TO fluxstudio_user", "ask.events"),
        ("ALTER FUNCTION own_user() OWNER TO fluxstudio_user", "own_user"),
        ("ALTER TABLE sessions ENABLE ROW LEVEL SECURITY", "sessions"),
        ("CREATE POLICY own ON runs AS PERMISSIVE FOR ALL TO fluxstudio_user", "runs"),
    ],
)
def test_every_lost_right_is_reported_with_what_it_is_about(statement: str, about: str) -> None:
    assert f"(on {about})" in str(RightsLost([statement]))
