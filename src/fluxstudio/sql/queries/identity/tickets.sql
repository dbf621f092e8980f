-- name: issue
INSERT INTO session_tickets (ticket_hash, user_id, return_to, admin_until, expires_at)
VALUES ($1, $2, $3, to_timestamp($4::float8), now() + $5::interval)
RETURNING expires_at;

-- name: read
SELECT t.return_to, u.id, u.subject, u.email, u.name, u.granted_role,
       extract(epoch FROM t.admin_until)::float8 AS admin_until
FROM session_tickets t JOIN users u ON u.id = t.user_id
WHERE t.ticket_hash = $1 AND t.expires_at > now() AND u.disabled_at IS NULL;

-- name: redeem
DELETE FROM session_tickets WHERE ticket_hash = $1 AND expires_at > now() RETURNING user_id;
