-- name: spend
SELECT spend_budget($1, $2, $3, $4);

-- name: take_turn
-- A turn that is taken is kept, whoever asks next in whichever process.
INSERT INTO provider_budgets AS b (grant_id, bucket, busy_until)
VALUES ($1, $2, clock_timestamp() + $3::interval)
ON CONFLICT (grant_id, bucket) DO UPDATE
SET busy_until = greatest(b.busy_until, b.blocked_until, clock_timestamp()) + $3
WHERE greatest(b.busy_until, b.blocked_until) <= clock_timestamp() + $4::interval
RETURNING greatest(extract(epoch FROM busy_until - $3 - clock_timestamp())::float8, 0);

-- name: next_turn
SELECT extract(epoch FROM greatest(busy_until, blocked_until) - clock_timestamp())::float8
FROM provider_budgets
WHERE grant_id = $1 AND bucket = $2;

-- name: blocked
SELECT extract(epoch FROM blocked_until - clock_timestamp())::float8
FROM provider_budgets
WHERE grant_id = $1 AND bucket = $2 AND blocked_until > clock_timestamp();

-- name: block
INSERT INTO provider_budgets AS b (grant_id, bucket, blocked_until)
VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (grant_id, bucket) DO UPDATE SET blocked_until = greatest(b.blocked_until, excluded.blocked_until);

-- name: wait_in_line
-- Of a member's calls that wait in the queue each comes back at a time of its own, not all of them at once.
INSERT INTO provider_turns AS t (grant_id, bucket, user_id, next_at)
VALUES ($1, $2, $3, clock_timestamp() + $4::interval + $5::interval)
ON CONFLICT (grant_id, bucket, user_id) DO UPDATE
SET next_at = greatest(t.next_at, clock_timestamp() + $4) + $5
RETURNING extract(epoch FROM next_at - $5 - clock_timestamp())::float8;

-- name: used
-- Seconds until a connection's bucket is empty again, and until calls may be made; run as its user.
SELECT extract(epoch FROM greatest(b.busy_until, now()) - now())::float8 AS busy,
       extract(epoch FROM greatest(b.blocked_until, now()) - now())::float8 AS blocked
FROM connections c JOIN provider_budgets b ON b.grant_id = c.grant_id
WHERE c.id = $1 AND b.bucket = $2;
