-- name: begun
SELECT name, about FROM alerts;

-- name: begin
INSERT INTO alerts AS a (name, about) VALUES ($1, $2)
ON CONFLICT (name, about) DO UPDATE SET calm_since = NULL
RETURNING told;

-- name: mark_announced
UPDATE alerts SET told = true WHERE name = $1 AND about = $2;

-- name: calm
UPDATE alerts SET calm_since = coalesce(calm_since, clock_timestamp())
WHERE name = $1 AND about = $2
RETURNING told AS is_announced, calm_since <= clock_timestamp() - $3::interval AS over,
          extract(epoch FROM clock_timestamp() - began_at)::float8 AS lasted;

-- name: interrupt_calm
UPDATE alerts SET calm_since = NULL WHERE name = $1 AND about = $2;

-- name: end
DELETE FROM alerts WHERE name = $1 AND about = $2;
