-- name: create
INSERT INTO agents (user_id, name, kind, token_hash, client_id, reads, writes, crossing, calls_per_minute, writes_per_day,
                    expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING id;

-- name: of_api_tokens
-- The one agent that stands for a user's API tokens, made on its first call.
WITH made AS (
    INSERT INTO agents (user_id, name, kind, reads, writes, crossing, calls_per_minute, writes_per_day)
    VALUES ($1, 'API tokens', 'api', 'allow', 'allow', 'allow', 6000, 1000000)
    ON CONFLICT (user_id) WHERE kind = 'api' DO NOTHING
    RETURNING *
)
SELECT * FROM made UNION ALL SELECT * FROM agents WHERE user_id = $1 AND kind = 'api' LIMIT 1;

-- name: by_token
SELECT a.*, u.subject, u.email, u.name AS user_name, u.granted_role, u.disabled_at IS NOT NULL AS disabled,
       a.expires_at <= now() AS expired
FROM agents a JOIN users u ON u.id = a.user_id
WHERE a.token_hash = $1;

-- name: by_id
SELECT a.*, u.subject, u.email, u.name AS user_name, u.granted_role, u.disabled_at IS NOT NULL AS disabled,
       a.expires_at <= now() AS expired
FROM agents a JOIN users u ON u.id = a.user_id
WHERE a.id = $1;

-- name: of_client
SELECT id FROM agents WHERE user_id = $1 AND client_id = $2 AND kind = 'client' AND ended_at IS NULL;

-- name: used
UPDATE agents SET last_used_at = now()
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');

-- name: count_write
-- Count one more write of today; nothing where there is no room for it.
UPDATE agents
SET writes_made = CASE WHEN writes_on = (now() AT TIME ZONE 'UTC')::date THEN writes_made + 1 ELSE 1 END,
    writes_on = (now() AT TIME ZONE 'UTC')::date
WHERE id = $1 AND ended_at IS NULL
  AND CASE WHEN writes_on = (now() AT TIME ZONE 'UTC')::date THEN writes_made ELSE 0 END < writes_per_day
RETURNING writes_made;

-- name: listing
SELECT a.id, a.name, a.kind, a.client_id, a.reads, a.writes, a.crossing, a.calls_per_minute, a.writes_per_day,
       a.created_at, a.last_used_at, a.expires_at, a.ended_at,
       (SELECT count(*) FROM agent_approvals p WHERE p.agent_id = a.id AND p.status = 'waiting' AND p.expires_at > now())
           AS waiting
FROM agents a
WHERE $1::uuid IS NULL OR a.id = $1
ORDER BY a.ended_at IS NOT NULL, coalesce(a.last_used_at, a.created_at) DESC, a.id
LIMIT $2;

-- name: change
UPDATE agents
SET name = coalesce($2, name), reads = coalesce($3, reads), writes = coalesce($4, writes),
    crossing = coalesce($5, crossing), calls_per_minute = coalesce($6, calls_per_minute),
    writes_per_day = coalesce($7, writes_per_day)
WHERE id = $1 AND ended_at IS NULL
RETURNING id;

-- name: finish
-- End an agent at once; whether it had not ended before.
UPDATE agents SET ended_at = now() WHERE id = $1 AND ended_at IS NULL RETURNING id;

-- name: resume
-- API tokens count again.
UPDATE agents SET ended_at = NULL WHERE id = $1 AND kind = 'api' AND ended_at IS NOT NULL RETURNING id;

-- name: grants
SELECT connection_id, tool, mode FROM agent_grants WHERE agent_id = $1 ORDER BY connection_id, tool;

-- name: clear_grants
DELETE FROM agent_grants WHERE agent_id = $1;

-- name: add_grants
INSERT INTO agent_grants (agent_id, user_id, connection_id, tool, mode)
SELECT $1, $2, g.connection_id, g.tool, g.mode
FROM unnest($3::uuid[], $4::text[], $5::text[]) AS g (connection_id, tool, mode)
ON CONFLICT (agent_id, connection_id, tool) DO UPDATE SET mode = excluded.mode;

-- name: begin_call
INSERT INTO agent_calls (agent_id, user_id, tool, operation, connection_id, writes, outcome, approval_id)
VALUES ($1, $2, left($3, 200), $4, $5, $6, 'running', $7)
RETURNING id;

-- name: finish_call
UPDATE agent_calls SET outcome = $2, code = $3, message = left($4, 1000), link = $5, finished_at = clock_timestamp()
WHERE id = $1;

-- name: record_call
INSERT INTO agent_calls (agent_id, user_id, tool, operation, connection_id, writes, outcome, code, message, approval_id,
                         began_at, finished_at)
VALUES ($1, $2, left($3, 200), $4, $5, $6, $7, $8, left($9, 1000), $10, now() - $11::interval, now())
RETURNING id;

-- name: read_elsewhere
-- Whether an agent has read another account within the last while.
SELECT EXISTS (
    SELECT FROM agent_calls
    WHERE agent_id = $1 AND NOT writes AND connection_id <> $2 AND outcome = 'done' AND began_at > now() - $3::interval
);

-- name: calls
SELECT c.id, c.number, c.agent_id, a.name AS agent, c.tool, c.operation, c.connection_id, c.writes, c.outcome, c.code,
       c.message, c.approval_id, c.link, c.began_at, c.finished_at
FROM agent_calls c JOIN agents a ON a.id = c.agent_id
WHERE ($1::uuid IS NULL OR c.agent_id = $1) AND ($2::bigint IS NULL OR c.number < $2)
ORDER BY c.number DESC
LIMIT $3;

-- name: sweep_calls
DELETE FROM agent_calls WHERE id IN (
    SELECT id FROM agent_calls WHERE began_at < now() - $1::interval LIMIT $2
);

-- name: sweep_approvals
DELETE FROM agent_approvals WHERE id IN (
    SELECT id FROM agent_approvals WHERE created_at < now() - $1::interval AND status NOT IN ('allowed', 'running')
    LIMIT $2
);

-- name: often_called
SELECT operation FROM agent_calls
WHERE agent_id = $1 AND operation IS NOT NULL AND began_at > now() - interval '30 days'
GROUP BY operation ORDER BY count(*) DESC, operation LIMIT $2;
