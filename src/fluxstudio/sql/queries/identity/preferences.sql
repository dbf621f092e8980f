-- name: checklist_closed
SELECT checklist_closed_at IS NOT NULL FROM user_preferences;

-- name: notifications
SELECT notify_connection_id AS connection, notify_channel AS channel, notify_failures AS failures, quiet_from, quiet_until,
       digest_at, time_zone
FROM user_preferences;

-- name: set_notifications
INSERT INTO user_preferences AS p (
    user_id, notify_connection_id, notify_channel, notify_failures, quiet_from, quiet_until, digest_at, time_zone
) VALUES (fluxstudio_user_id(), $1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (user_id) DO UPDATE
SET notify_connection_id = $1, notify_channel = $2, notify_failures = $3, quiet_from = $4, quiet_until = $5, digest_at = $6,
    time_zone = $7;

-- name: due_digests
-- Users whose hour has come, marked as served for their day.
WITH chosen AS (
    SELECT p.user_id, timezone(p.time_zone, now())::date AS today
    FROM user_preferences p JOIN users u ON u.id = p.user_id
    WHERE p.digest_at IS NOT NULL AND p.notify_channel IS NOT NULL AND p.notify_connection_id IS NOT NULL
      AND u.disabled_at IS NULL AND timezone(p.time_zone, now())::time >= p.digest_at
      AND p.digest_sent_on IS DISTINCT FROM timezone(p.time_zone, now())::date AND NOT is_quiet(p, now())
    LIMIT 50 FOR UPDATE OF p SKIP LOCKED
)
UPDATE user_preferences p SET digest_sent_on = chosen.today
FROM chosen, users u
WHERE p.user_id = chosen.user_id AND u.id = p.user_id
RETURNING p.user_id, p.notify_connection_id AS connection, p.notify_channel AS channel, u.subject, u.granted_role AS role,
    u.email, u.name AS user_name;

-- name: postpone_digest
UPDATE user_preferences SET digest_sent_on = NULL WHERE user_id = $1;

-- name: close_checklist
INSERT INTO user_preferences (user_id, checklist_closed_at)
VALUES (fluxstudio_user_id(), CASE WHEN $1 THEN now() END)
ON CONFLICT (user_id) DO UPDATE SET checklist_closed_at = excluded.checklist_closed_at;
