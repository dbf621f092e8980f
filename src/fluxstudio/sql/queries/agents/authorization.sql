-- name: in_turn
-- One after the other: a count sees only what was there when its statement began.
SELECT pg_advisory_xact_lock(hashtextextended('agent clients', 0));

-- name: add_client
INSERT INTO agent_clients (client_id, kind, name, redirect_uris)
SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM agent_clients) < $5
ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, redirect_uris = excluded.redirect_uris, read_at = now()
RETURNING client_id;

-- name: client
SELECT client_id, kind, name, redirect_uris, read_at < now() - $2::interval AS old FROM agent_clients WHERE client_id = $1;

-- name: sweep_clients
-- Clients that nobody ever let in.
DELETE FROM agent_clients c
WHERE c.created_at < now() - interval '1 day' AND NOT EXISTS (SELECT FROM agents a WHERE a.client_id = c.client_id);

-- name: add_code
INSERT INTO agent_codes (code_hash, agent_id, user_id, client_id, redirect_uri, challenge, resource, scopes, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9::interval);

-- name: code
SELECT c.client_id, c.redirect_uri, c.challenge, c.resource, c.scopes, extract(epoch FROM c.expires_at)::float8 AS expires_at,
       c.used_at IS NOT NULL AS used, c.family
FROM agent_codes c WHERE c.code_hash = $1;

-- name: use_code
-- Once.
UPDATE agent_codes SET used_at = now()
WHERE code_hash = $1 AND used_at IS NULL AND expires_at > now()
RETURNING agent_id, user_id, client_id, resource, scopes, family;

-- name: add_tokens
INSERT INTO agent_tokens (agent_id, user_id, client_id, family, resource, scopes, access_hash, refresh_hash,
                          access_expires_at, refresh_expires_at)
SELECT a.id, a.user_id, $2, $3, $4, $5, $6, $7, now() + $8::interval, now() + $9::interval
FROM agents a WHERE a.id = $1 AND a.ended_at IS NULL
RETURNING id;

-- name: by_access
SELECT t.agent_id, t.resource FROM agent_tokens t WHERE t.access_hash = $1 AND t.access_expires_at > now();

-- name: by_refresh
SELECT t.id, t.agent_id, t.client_id, t.resource, t.scopes, t.family, t.replaced_at IS NOT NULL AS replaced,
       extract(epoch FROM t.refresh_expires_at)::bigint AS expires_at
FROM agent_tokens t JOIN agents a ON a.id = t.agent_id
WHERE t.refresh_hash = $1 AND a.ended_at IS NULL;

-- name: replace
-- Once: its access token ends with it.
UPDATE agent_tokens SET replaced_at = now(), access_expires_at = least(access_expires_at, now())
WHERE id = $1 AND replaced_at IS NULL AND refresh_expires_at > now()
RETURNING agent_id, client_id, family, resource;

-- name: end_family
DELETE FROM agent_tokens WHERE family = $1;

-- name: end_agent
DELETE FROM agent_tokens WHERE agent_id = $1;

-- name: family_of
SELECT family FROM agent_tokens WHERE (access_hash = $1 OR refresh_hash = $1) AND client_id = $2;

-- name: sweep
WITH codes AS (DELETE FROM agent_codes WHERE expires_at < now() - interval '1 day')
DELETE FROM agent_tokens WHERE refresh_expires_at < now();
