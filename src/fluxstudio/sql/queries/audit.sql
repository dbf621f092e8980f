-- name: record
INSERT INTO audit_log (user_id, action, provider, subject, outcome, address, details, request_id, trace_id)
VALUES ($1, $2, $3, $4, $5, $6::inet, $7, $8, $9);

-- name: called
SELECT EXISTS (SELECT FROM audit_log WHERE user_id = fluxstudio_user_id() AND action = 'call' AND outcome = 'done' AND subject = ANY ($1::text[]));

-- name: page
SELECT a.id, a.at, u.subject AS "user", a.action, a.provider, a.subject, a.outcome, host(a.address) AS address,
       a.details, a.request_id, a.trace_id
FROM audit_log a LEFT JOIN users u ON u.id = a.user_id
WHERE ($1::bigint IS NULL OR a.id < $1)
  AND ($2::text IS NULL OR a.action = $2)
  AND ($3::text IS NULL OR a.user_id = (SELECT id FROM users WHERE subject = $3))
ORDER BY a.id DESC
LIMIT $4;
