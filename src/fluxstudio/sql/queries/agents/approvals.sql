-- name: in_turn
-- One after the other: a count sees only what was there when its statement began.
SELECT pg_advisory_xact_lock(hashtextextended('approvals of ' || $1::uuid, 0));

-- name: ask
-- Have a call wait; the approval that waits already where the same call was asked for before. Nothing where too many wait.
WITH asked AS (
    INSERT INTO agent_approvals (agent_id, user_id, connection_id, operation, arguments, digest, reason, expires_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, now() + $8::interval
    WHERE (SELECT count(*) FROM agent_approvals WHERE agent_id = $1 AND status = 'waiting' AND expires_at > now()) < $9
       OR EXISTS (SELECT FROM agent_approvals WHERE agent_id = $1 AND digest = $6 AND status = 'waiting')
    ON CONFLICT (agent_id, digest) WHERE status = 'waiting' DO UPDATE
        SET expires_at = CASE WHEN agent_approvals.expires_at <= now() THEN excluded.expires_at
                              ELSE agent_approvals.expires_at END
    RETURNING id, expires_at, created_at = now() AS added
)
SELECT * FROM asked;

-- name: one
-- One approval; of its user under row security.
SELECT p.id, p.agent_id, a.name AS agent, p.user_id, p.connection_id, p.operation, p.arguments, p.digest, p.reason,
       CASE WHEN p.status = 'waiting' AND p.expires_at <= now() THEN 'expired' ELSE p.status END AS status,
       p.created_at, p.expires_at, p.decided_at, p.decided_through, p.began_at, p.finished_at, p.result, p.problem
FROM agent_approvals p JOIN agents a ON a.id = p.agent_id
WHERE p.id = $1 AND ($2::uuid IS NULL OR p.agent_id = $2);

-- name: listing
SELECT p.id, p.agent_id, a.name AS agent, p.user_id, p.connection_id, p.operation, p.arguments, p.digest, p.reason,
       CASE WHEN p.status = 'waiting' AND p.expires_at <= now() THEN 'expired' ELSE p.status END AS status,
       p.created_at, p.expires_at, p.decided_at, p.decided_through, p.began_at, p.finished_at,
       NULL::jsonb AS result, p.problem
FROM agent_approvals p JOIN agents a ON a.id = p.agent_id
WHERE ($1::text IS NULL
       OR CASE WHEN p.status = 'waiting' AND p.expires_at <= now() THEN 'expired' ELSE p.status END = $1)
  AND ($2::uuid IS NULL OR p.agent_id = $2)
  AND ($3::uuid IS NULL OR (p.created_at, p.id) < (SELECT b.created_at, b.id FROM agent_approvals b WHERE b.id = $3))
ORDER BY p.created_at DESC, p.id DESC
LIMIT $4;

-- name: decide
-- Allow or deny what still waits and is what was shown.
UPDATE agent_approvals SET status = $3, decided_at = now(), decided_through = $4
WHERE id = $1 AND digest = $2 AND status = 'waiting' AND expires_at > now()
RETURNING id;

-- name: claim
-- The one who may carry out what was allowed.
UPDATE agent_approvals p SET status = 'running', began_at = clock_timestamp()
FROM agents a, users u
WHERE p.id = $1 AND p.status = 'allowed' AND a.id = p.agent_id AND u.id = p.user_id
RETURNING p.*, a.name AS agent, a.kind, a.ended_at IS NOT NULL AS ended, u.subject, u.email, u.name AS user_name,
          u.granted_role, u.disabled_at IS NOT NULL AS disabled;

-- name: finish
UPDATE agent_approvals SET status = $2, finished_at = clock_timestamp(), result = $3, problem = $4
WHERE id = $1 AND status = 'running';

-- name: expire
UPDATE agent_approvals SET status = 'expired', finished_at = now()
WHERE status = 'waiting' AND expires_at <= now()
RETURNING id, user_id, agent_id, operation;

-- name: left_over
-- Allowed, but nobody carries it out.
SELECT id FROM agent_approvals WHERE status = 'allowed' AND (decided_at < now() - interval '5 seconds' OR decided_through = 'message')
LIMIT 100;

-- name: interrupted
-- Begun so long ago that whoever began it is gone: nobody knows whether it was sent, and it is not sent again.
UPDATE agent_approvals
SET status = 'unknown', finished_at = now(),
    problem = '{"code": "INTERRUPTED", "message": "The server stopped while this was being sent. Check at the provider whether it arrived before you ask for it again."}'
WHERE status = 'running' AND began_at < now() - interval '5 minutes'
RETURNING id, user_id, agent_id, operation;

-- name: withdraw
-- What an ended agent still waits for.
UPDATE agent_approvals SET status = 'expired', finished_at = now()
WHERE agent_id = $1 AND status IN ('waiting', 'allowed');

-- name: decide_pressed
-- The same by a button, for the person of that account who is the approval's own user.
UPDATE agent_approvals p SET status = $3, decided_at = now(), decided_through = 'message'
FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
WHERE p.id = $1 AND p.digest = $2 AND p.status = 'waiting' AND p.expires_at > now()
  AND c.user_id = p.user_id AND c.is_active AND c.provider = $4 AND g.account_id = $5 AND c.person = $6
RETURNING p.id, p.user_id, p.agent_id, p.operation;

-- name: notice
SELECT connection_id, channel FROM agent_notices;

-- name: set_notice
INSERT INTO agent_notices (user_id, connection_id, channel) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET connection_id = excluded.connection_id, channel = excluded.channel;

-- name: clear_notice
DELETE FROM agent_notices;

-- name: keep_message
-- Where the message stands that asks about an approval.
UPDATE agent_approvals SET notice_connection_id = $2, notice_channel = $3, notice_message = $4 WHERE id = $1;

-- name: settled_messages
-- Messages with buttons about what has ended, each handed out once; that of one approval where it is named. What is
-- being sent has not ended: the message is to say what came of it.
WITH settled AS (
    SELECT id, notice_connection_id, notice_channel, notice_message FROM agent_approvals
    WHERE notice_connection_id IS NOT NULL AND status NOT IN ('waiting', 'allowed', 'running')
      AND ($1::uuid IS NULL OR id = $1)
    LIMIT 20 FOR UPDATE SKIP LOCKED
)
UPDATE agent_approvals p SET notice_connection_id = NULL, notice_channel = NULL, notice_message = NULL
FROM settled s, agents a, users u
WHERE p.id = s.id AND a.id = p.agent_id AND u.id = p.user_id
RETURNING p.id, p.user_id, p.connection_id, p.operation, p.arguments, p.status, p.problem, a.name AS agent,
          coalesce(nullif(u.name, ''), u.email, u.subject) AS person, p.finished_at < p.expires_at AS early,
          s.notice_connection_id, s.notice_channel, s.notice_message;
