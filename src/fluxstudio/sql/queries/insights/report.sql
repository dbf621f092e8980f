-- name: counted_by_all
-- Between $1 and $2 and in the range before, which is as long: totals by subject (`at` is null), and steps of $3 (hour or day)
-- by outcome (`is_current` is null). One walk over the rows for both.
SELECT is_current, at, figure, provider, subject, outcome, sum(count)::bigint AS count
FROM (
    SELECT hour >= $1::timestamptz AS is_current, CASE WHEN hour >= $1::timestamptz THEN date_trunc($3, hour, 'UTC') END AS at,
           figure, provider, subject, outcome, count
    FROM insight_counts
    WHERE user_id IS NULL AND account_id IS NULL
      AND hour >= $1::timestamptz - ($2::timestamptz - $1::timestamptz) AND hour < $2::timestamptz
) counted
GROUP BY GROUPING SETS ((is_current, figure, provider, subject, outcome), (at, figure, outcome))
HAVING at IS NOT NULL OR is_current IS NOT NULL;

-- name: counted_by_one
-- The same of one user and of the accounts that they have connected now.
SELECT is_current, at, figure, provider, subject, outcome, sum(count)::bigint AS count
FROM (
    SELECT hour >= $1::timestamptz AS is_current, CASE WHEN hour >= $1::timestamptz THEN date_trunc($3, hour, 'UTC') END AS at,
           figure, provider, subject, outcome, count
    FROM (
        SELECT * FROM insight_counts
        WHERE user_id = $4 AND hour >= $1::timestamptz - ($2::timestamptz - $1::timestamptz) AND hour < $2::timestamptz
        UNION ALL
        SELECT * FROM insight_counts
        WHERE user_id IS NULL AND hour >= $1::timestamptz - ($2::timestamptz - $1::timestamptz) AND hour < $2::timestamptz
          AND account_id = ANY (ARRAY(
              SELECT g.account_id FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
              WHERE c.user_id = $4 AND c.is_active
          ))
    ) own
) counted
GROUP BY GROUPING SETS ((is_current, figure, provider, subject, outcome), (at, figure, outcome))
HAVING at IS NOT NULL OR is_current IS NOT NULL;

-- name: connections
-- How many accounts were connected at the end of each step. Without a user: of everybody.
SELECT at, provider, count(*) AS count
FROM generate_series($1::timestamptz, $2::timestamptz, $3::interval) AS at
JOIN connections c
  ON c.connected_at < at + $3::interval AND (c.disconnected_at IS NULL OR c.disconnected_at >= at + $3::interval)
WHERE $4::uuid IS NULL OR c.user_id = $4
GROUP BY at, provider;

-- name: connects
-- Tries to connect that began in the range, and in the one before it.
SELECT started_at >= $1::timestamptz AS is_current, provider, outcome, coalesce(code, '') AS code, count(*) AS count,
       (array_agg(cause ORDER BY started_at DESC) FILTER (WHERE cause IS NOT NULL))[1] AS cause,
       (array_agg(mend ORDER BY started_at DESC) FILTER (WHERE mend IS NOT NULL))[1] AS fix
FROM connect_attempts
WHERE started_at >= $1::timestamptz - ($2::timestamptz - $1::timestamptz) AND started_at < $2::timestamptz
  AND ($3::uuid IS NULL OR user_id = $3)
GROUP BY 1, 2, 3, 4;

-- name: budgets
-- What providers have asked us to wait for, and how far ahead calls are planned; the fullest first.
SELECT g.provider, g.account->>'name' AS account, b.bucket,
       greatest(0, extract(epoch FROM b.busy_until - clock_timestamp()))::float8 AS ahead_seconds,
       CASE WHEN b.blocked_until > clock_timestamp() THEN b.blocked_until END AS blocked_until
FROM provider_budgets b JOIN oauth_tokens g ON g.id = b.grant_id
WHERE greatest(b.busy_until, b.blocked_until) > clock_timestamp()
  AND ($1::uuid IS NULL OR EXISTS (
      SELECT FROM connections c WHERE c.grant_id = g.id AND c.user_id = $1 AND c.is_active))
ORDER BY greatest(b.blocked_until, b.busy_until) DESC
LIMIT 100;
