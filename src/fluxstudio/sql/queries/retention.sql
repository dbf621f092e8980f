-- name: old_partitions
-- Those of which every event is older than it is kept, and those that a crash left half removed.
SELECT c.relname AS partition, regexp_replace(c.relname, '_\d{8}$', '') AS parent,
       i.inhrelid IS NOT NULL AS attached, coalesce(i.inhdetachpending, false) AS pending,
       pg_has_role(c.relowner, 'USAGE') AS is_ours
FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
  AND c.relname ~ '^(integration_webhooks|deliveries)_\d{8}$'
  AND (
      i.inhrelid IS NULL OR i.inhdetachpending
      OR to_date(right(c.relname, 8), 'YYYYMMDD') + 7 <= ((now() - $1::interval) AT TIME ZONE 'UTC')::date
  )
ORDER BY c.relname;

-- name: sweep_attempts_of_events
-- All attempts of an event at once. The bound outside leaves out the partitions that hold none of them.
DELETE FROM deliveries
WHERE event_id < first_event_id(now() - $1::interval) AND event_id = ANY (ARRAY(
    SELECT event_id FROM deliveries WHERE event_id < first_event_id(now() - $1::interval) ORDER BY event_id LIMIT $2
));

-- name: sweep_events
DELETE FROM integration_webhooks
WHERE id < first_event_id(now() - $1::interval) AND id = ANY (ARRAY(
    SELECT id FROM integration_webhooks WHERE id < first_event_id(now() - $1::interval) ORDER BY id LIMIT $2
));

-- name: sweep_keys
DELETE FROM webhook_keys
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM webhook_keys WHERE event_id < first_event_id(now() - $1::interval) LIMIT $2
));

-- name: sweep_former_keys
DELETE FROM former_webhook_keys
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM former_webhook_keys
    WHERE (SELECT two_versions_until < now() FROM event_revision) LIMIT $1
));

-- name: next_payloads
-- The next events whose payloads are older than they are kept. What lists show of them has to be made of those that have
-- no summary yet.
SELECT id, provider, event_type, summary, CASE WHEN summary IS NULL THEN payload END AS payload,
       status IN ('received', 'failed') OR EXISTS (
           SELECT FROM automation_runs r WHERE r.event_id = e.id AND r.finished_at IS NULL
       ) AS open
FROM integration_webhooks e
WHERE id > (SELECT cursor FROM payload_sweep) AND id < first_event_id(now() - $1::interval)
ORDER BY id LIMIT $2;

-- name: left_payloads
-- Those that were passed over because something was still to be done with them, and is by now.
SELECT e.id, e.provider, e.event_type, e.summary, CASE WHEN e.summary IS NULL THEN e.payload END AS payload, false AS open
FROM payloads_left l JOIN integration_webhooks e ON e.id = l.event_id
WHERE e.status IN ('handled', 'dead')
  AND NOT EXISTS (SELECT FROM automation_runs r WHERE r.event_id = e.id AND r.finished_at IS NULL)
ORDER BY e.id LIMIT $1;

-- name: delete_payloads
UPDATE integration_webhooks e
SET payload = '{}', abridged = NULL, summary = coalesce(e.summary, given.summary), payload_deleted_at = now()
FROM unnest($1::uuid[], $2::jsonb[]) AS given (id, summary)
WHERE e.id = given.id AND e.status IN ('handled', 'dead') AND e.payload_deleted_at IS NULL
RETURNING e.id;

-- name: leave_payloads
INSERT INTO payloads_left (event_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING;

-- name: payloads_done
DELETE FROM payloads_left l
WHERE l.event_id = ANY ($1) OR NOT EXISTS (SELECT FROM integration_webhooks e WHERE e.id = l.event_id);

-- name: payloads_moved
UPDATE payload_sweep SET cursor = greatest(cursor, $1);

-- name: sweep_runs
DELETE FROM automation_runs WHERE id = ANY (ARRAY(
    SELECT id FROM automation_runs WHERE created_at < now() - $1::interval AND finished_at IS NOT NULL
    ORDER BY created_at LIMIT $2
));

-- name: sweep_audit
DELETE FROM audit_log WHERE id = ANY (ARRAY(
    SELECT id FROM audit_log WHERE at < now() - $1::interval ORDER BY at LIMIT $2
));

-- name: sweep_attempts
DELETE FROM connect_attempts WHERE id = ANY (ARRAY(
    SELECT id FROM connect_attempts WHERE started_at < now() - $1::interval LIMIT $2
));

-- name: detach
-- The statement to run: PostgreSQL detaches a partition concurrently outside of transactions and functions only.
SELECT format('ALTER TABLE %s DETACH PARTITION %I CONCURRENTLY', $1::text, $2::text);

-- name: finish_detaching
SELECT format('ALTER TABLE %s DETACH PARTITION %I FINALIZE', $1::text, $2::text);

-- name: drop_as_owner
SELECT drop_event_partition($1);

-- name: drop
SELECT format('DROP TABLE %I', $1::text);
