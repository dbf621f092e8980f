-- name: add
INSERT INTO insight_counts AS c (hour, figure, provider, subject, outcome, user_id, account_id, count)
SELECT date_trunc('hour', clock_timestamp(), 'UTC'), figure, provider, subject, outcome, user_id, account_id, count
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::bigint[])
    AS added (figure, provider, subject, outcome, user_id, account_id, count)
-- Whoever was erased meanwhile is not counted any more.
WHERE user_id IS NULL OR EXISTS (SELECT FROM users u WHERE u.id = added.user_id)
-- In one order, so that two processes never wait for each other's rows.
ORDER BY user_id, account_id, figure, provider, subject, outcome
ON CONFLICT (user_id, account_id, hour, figure, provider, subject, outcome)
    DO UPDATE SET count = c.count + excluded.count;

-- name: compact
-- Hours that only days are shown of become one row a day. What stands at midnight already takes the others in.
WITH hours AS (
    DELETE FROM insight_counts
    WHERE hour < date_trunc('day', clock_timestamp(), 'UTC') - $1::interval AND hour <> date_trunc('day', hour, 'UTC')
    RETURNING *
)
INSERT INTO insight_counts AS c (hour, figure, provider, subject, outcome, user_id, account_id, count)
SELECT date_trunc('day', hour, 'UTC'), figure, provider, subject, outcome, user_id, account_id, sum(count)
FROM hours
GROUP BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (user_id, account_id, hour, figure, provider, subject, outcome)
    DO UPDATE SET count = c.count + excluded.count;

-- name: sweep
DELETE FROM insight_counts WHERE hour < clock_timestamp() - $1::interval;
