-- name: take
INSERT INTO recurring_work AS w (name, due_at) VALUES ($1, clock_timestamp() + $2::interval)
ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE w.due_at <= clock_timestamp()
RETURNING name;

-- name: last_turn
SELECT extract(epoch FROM clock_timestamp() - (due_at - $2::interval))::float8
FROM recurring_work WHERE name = $1;
