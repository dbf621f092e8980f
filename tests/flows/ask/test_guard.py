"""Whatever SQL is handed to a database is one SELECT over what may be read."""

from __future__ import annotations

import pytest

from fluxstudio.flows.ask.guard import ForbiddenStatement, checked

RELATIONS = {"public.orders", "ask.events"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM orders AS o WHERE o.placed_at >= CURRENT_DATE - INTERVAL '7 days'",
        "SELECT e.status, COUNT(*) FILTER (WHERE e.attempts > 1) FROM ask.events AS e GROUP BY e.status",
        "WITH late AS (SELECT * FROM orders) SELECT * FROM late ORDER BY 1 DESC NULLS LAST LIMIT 3",
        "SELECT ROW_NUMBER() OVER (PARTITION BY o.status ORDER BY o.amount) FROM orders AS o",
        "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY o.amount) FROM orders AS o",
    ],
)
def test_a_select_over_known_tables_may_run(sql: str) -> None:
    assert checked(sql, RELATIONS) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders",
        "SELECT 1; COMMIT",
        "COMMIT; DROP TABLE orders",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT * INTO stolen FROM orders",
        "SELECT * FROM orders FOR UPDATE",
        "COPY orders TO '/tmp/orders'",
        "DO $$ BEGIN END $$",
        "SET ROLE postgres",
        "SET LOCAL fluxstudio.user_id = 'x'",
        "SELECT set_config('fluxstudio.user_id', 'x', true)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_sleep(60)",
        "SELECT lo_import('/etc/passwd')",
        "SELECT query_to_xml('DELETE FROM orders', true, true, '')",
        "SELECT * FROM dblink('host=x', 'SELECT 1') AS t(a int)",
        "SELECT * FROM generate_series(1, 1000000000)",
        "SELECT * FROM users",
        "SELECT 1 FROM (WITH pg_roles AS (SELECT 1) SELECT 1) a, (SELECT 1 FROM (SELECT 1 FROM pg_roles))",
        "SELECT * FROM pg_catalog.pg_authid",
        "SELECT * FROM other.public.orders",
        "SELECT 'users'::regclass",
        "SELECT current_user",
        "SELECT nextval('orders_id_seq')",
        "SELECT repeat('x', 1000000000)",
        "WITH RECURSIVE n AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM n) SELECT * FROM n",
        "VALUES (1)",
        "EXPLAIN ANALYZE SELECT 1",
        "not sql at all",
        "",
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    ],
)
def test_everything_else_is_refused(sql: str) -> None:  # R48
    with pytest.raises(ForbiddenStatement):
        checked(sql, RELATIONS)
