-- name: add
INSERT INTO figures AS f (minute, name, about, outcome, count)
SELECT date_trunc('minute', clock_timestamp()), name, about, outcome, count
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS added (name, about, outcome, count)
-- In one order, so that two processes never wait for each other's rows.
ORDER BY name, about, outcome
ON CONFLICT (minute, name, about, outcome) DO UPDATE SET count = f.count + excluded.count;

-- name: recent
SELECT name, about, outcome, sum(count)::bigint AS count
FROM figures
WHERE minute > clock_timestamp() - $1::interval
GROUP BY name, about, outcome;

-- name: sweep
DELETE FROM figures WHERE minute < clock_timestamp() - interval '1 day';

-- name: queue
SELECT kind, CASE status WHEN 'taken' THEN 'picked' ELSE 'queued' END AS status, count(*) AS count,
       coalesce(extract(epoch FROM clock_timestamp() - min(greatest(created_at, due_at))
           FILTER (WHERE due_at <= clock_timestamp())), 0)::float8 AS oldest
FROM jobs
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: budgets
SELECT g.provider, count(*) AS blocked,
       max(extract(epoch FROM b.blocked_until - clock_timestamp()))::float8 AS longest
FROM provider_budgets b JOIN oauth_tokens g ON g.id = b.grant_id
WHERE b.blocked_until > clock_timestamp()
GROUP BY g.provider;

-- name: grants
SELECT provider, status, count(*) AS count FROM oauth_tokens GROUP BY provider, status;

-- name: alerts_on
SELECT name, about FROM alerts;

-- name: roundtrip
SELECT 1;
