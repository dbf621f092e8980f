-- name: enqueue
INSERT INTO jobs (kind, share, lane, payload, status, due_at, origin)
SELECT $1, $2, $3, payload, CASE WHEN $5::interval > interval '0' THEN 'later' ELSE 'ready' END, now() + $5, $6
FROM unnest($4::bytea[]) AS given (payload);

-- name: take
-- In the order of the shares that were served.
SELECT id, share, lane, payload, attempts, origin FROM take_turns($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: finish
DELETE FROM jobs WHERE id = ANY ($1::bigint[]) AND worker = $2;

-- name: put_back
UPDATE jobs j
SET status = 'later', worker = NULL, taken_until = NULL, due_at = clock_timestamp() + given.pause
FROM unnest($1::bigint[], $3::interval[]) AS given (id, pause)
WHERE j.id = given.id AND j.worker = $2;

-- name: hand_back
-- What broke it off was not its own doing, so the attempt does not count.
UPDATE jobs SET status = 'ready', worker = NULL, taken_until = NULL, attempts = greatest(attempts - 1, 0)
WHERE id = ANY ($1::bigint[]) AND worker = $2;

-- name: renew
UPDATE jobs SET taken_until = clock_timestamp() + $3::interval WHERE id = ANY ($1::bigint[]) AND worker = $2;

-- name: free_lost
UPDATE jobs SET status = 'ready', worker = NULL, taken_until = NULL
WHERE status = 'taken' AND taken_until < clock_timestamp();

-- name: due
SELECT min(due_at) FROM jobs WHERE kind = $1 AND payload = $2 AND status = 'later';

-- name: move_old
SELECT move_old_jobs($1);

-- name: backlog
SELECT count(*) FILTER (WHERE status = 'ready' OR status = 'later' AND due_at <= now()) AS waiting,
       count(*) FILTER (WHERE status = 'later' AND due_at > now()) AS later,
       count(*) FILTER (WHERE status = 'taken') AS under_way,
       coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE status <> 'taken' AND due_at <= now())), 0)::float8
           AS oldest_seconds
FROM jobs;
