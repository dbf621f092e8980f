-- name: add
INSERT INTO event_usage AS u (provider, source, hour, events, bytes)
SELECT provider, source, date_trunc('hour', now(), 'UTC'), events, bytes
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS counted (provider, source, events, bytes)
-- In one order, so that processes that add at the same time wait for each other in turn.
ORDER BY provider, source
ON CONFLICT (provider, source, hour) DO UPDATE
SET events = u.events + excluded.events, bytes = u.bytes + excluded.bytes;

-- name: exceeded
SELECT provider, source
FROM event_usage JOIN unnest($1::text[], $2::text[]) AS counted (provider, source) USING (provider, source)
GROUP BY provider, source
HAVING sum(events) FILTER (WHERE hour > now() - interval '1 day') >= $3 OR sum(bytes) >= $4;

-- name: totals
-- Of a user, or with NULL of everybody: the largest first.
SELECT u.provider, u.source, coalesce(sum(u.events) FILTER (WHERE u.hour > now() - interval '1 day'), 0)::bigint AS events,
       sum(u.bytes)::bigint AS bytes
FROM event_usage u
WHERE $1::uuid IS NULL OR u.source = 'user ' || $1 OR EXISTS (
    SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
    WHERE c.user_id = $1 AND c.is_active AND g.provider = u.provider AND g.account_id = u.source
)
GROUP BY u.provider, u.source
ORDER BY bytes DESC
LIMIT 200;

-- name: sweep
DELETE FROM event_usage WHERE hour < now() - $1::interval;
