-- name: due
-- Rules that began to fail and whose owners are to be told, marked as told.
WITH chosen AS (
    SELECT id FROM automations
    WHERE failing_since IS NOT NULL AND failure_notified_at IS NULL AND failure_notice IS NOT NULL
      AND enabled AND deleted_at IS NULL
    LIMIT 50 FOR UPDATE SKIP LOCKED
)
UPDATE automations a SET failure_notified_at = now()
FROM chosen, users u
WHERE a.id = chosen.id AND u.id = a.user_id AND u.disabled_at IS NULL
RETURNING a.id, a.name, a.failure_notice, a.user_id, u.subject, u.granted_role AS role, u.email, u.name AS user_name,
    (SELECT r.id FROM automation_runs r
     WHERE r.automation_id = a.id AND r.status IN ('failed', 'dead') ORDER BY r.number DESC LIMIT 1) AS run_id,
    (SELECT r.problem ->> 'message' FROM automation_runs r
     WHERE r.automation_id = a.id AND r.status IN ('failed', 'dead') ORDER BY r.number DESC LIMIT 1) AS cause;

-- name: postpone
-- For as long as it is still news.
UPDATE automations SET failure_notified_at = NULL WHERE id = $1 AND failing_since > now() - interval '1 hour';
