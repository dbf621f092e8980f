-- name: note
INSERT INTO unknown_shapes AS s (provider, event_type, missing, events, last_event)
SELECT provider, event_type, missing, count(*), (array_agg(event ORDER BY event DESC))[1]
FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) AS given (provider, event_type, missing, event)
GROUP BY provider, event_type, missing ORDER BY provider, event_type, missing
ON CONFLICT (provider, event_type, missing) DO UPDATE
SET events = s.events + excluded.events, last_at = now(), last_event = excluded.last_event;

-- name: lately
SELECT provider, event_type, missing, events, last_at, last_event FROM unknown_shapes
WHERE last_at > now() - $1::interval ORDER BY provider, events DESC, event_type LIMIT $2;

-- name: sweep
DELETE FROM unknown_shapes WHERE last_at < now() - interval '90 days';
