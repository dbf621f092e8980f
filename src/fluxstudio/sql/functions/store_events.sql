-- Keep events that are new, and enqueue jobs for them: those of one order in a lane, up to `together` in one job, the
-- others together by account. The ids of those that were kept; whoever calls this tells of them after the commit.
CREATE OR REPLACE FUNCTION store_events(arrivals jsonb, job text, together integer) RETURNS uuid[]
    LANGUAGE plpgsql AS $$
DECLARE
    fresh uuid[];
    two_versions constant boolean := coalesce((SELECT two_versions_until > now() FROM event_revision), false);
BEGIN
    WITH arrived AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(arrivals) AS given (
            id uuid, key uuid, second_key uuid, former_key uuid, provider text, delivery_key text, event_type text,
            account_id text, subscription text, owner_id uuid, order_key text, happening uuid, size integer,
            summary jsonb, audience text, resource text, payload jsonb, abridged jsonb,
            origin text
        )
    ), claimed AS (
        -- What the version before would know it by, which is running beside this one.
        INSERT INTO former_webhook_keys (key, subscription, event_id)
        SELECT former_key, coalesce(subscription, ''), id FROM arrived
        WHERE two_versions AND former_key IS NOT NULL
        ORDER BY former_key, id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    ), made AS (
        INSERT INTO webhook_keys (event_id, key, second_key)
        SELECT id, key, second_key FROM arrived a
        -- What the version before has kept of the same webhook, under the key it made.
        WHERE former_key IS NULL OR (NOT two_versions OR id IN (SELECT event_id FROM claimed)) AND NOT EXISTS (
            SELECT FROM webhook_keys k JOIN integration_webhooks e ON e.id = k.event_id
            WHERE k.key = a.former_key AND e.subscription IS NOT DISTINCT FROM a.subscription
        )
        -- In one order, so that those who keep the same at the same time wait for each other in turn.
        ORDER BY key, id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    ), kept AS (
        INSERT INTO integration_webhooks (
            id, provider, delivery_key, event_type, account_id, subscription, owner_id, order_key, happening, size,
            summary, audience, resource, payload, abridged, origin
        )
        SELECT id, provider, delivery_key, event_type, account_id, subscription,
               owner_id, order_key, happening, size, summary,
               coalesce(audience, '?'), resource, payload, abridged, origin
        FROM arrived
        WHERE id IN (SELECT event_id FROM made)
        RETURNING id, provider, account_id, owner_id, order_key
    ), placed AS (
        SELECT id, share, lane, row_number() OVER (PARTITION BY share, lane ORDER BY id) AS place
        FROM (
            -- What one user's secret proves takes of that user's share.
            SELECT id, coalesce(owner_id::text, provider || ':' || coalesce(account_id, '')) AS share,
                   coalesce(order_key, '') AS lane
            FROM kept
        ) given
    ), enqueued AS (
        INSERT INTO jobs (kind, share, lane, payload)
        SELECT job, share, lane, string_agg(uuid_send(id), '' ORDER BY id)
        FROM placed GROUP BY share, lane, (place - 1) / together ORDER BY min(id::text)
    )
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO fresh FROM kept;
    PERFORM announce_events(fresh);
    RETURN fresh;
END
$$;

REVOKE EXECUTE ON FUNCTION store_events FROM PUBLIC;
