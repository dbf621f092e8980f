-- Keep events that are new, enqueue one job for so many of them, and tell their ids to whoever listens; those ids.
CREATE OR REPLACE FUNCTION keep_events(arrivals jsonb, job text, together integer) RETURNS uuid[]
    LANGUAGE plpgsql AS $$
DECLARE
    -- A notification has less than 8000 bytes.
    told_together constant integer := 200;
    fresh uuid[];
    jobs bytea[];
BEGIN
    WITH arrived AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(arrivals) AS given (
            id uuid, key uuid, second_key uuid, former_key uuid, provider text, delivery_key text, event_type text,
            account_id text, subscription text, owner_id uuid, order_key text, happening uuid, size integer,
            summary jsonb, audience text, resource text, payload jsonb
        )
    ), claimed AS (
        INSERT INTO former_webhook_keys (key, subscription, event_id)
        SELECT coalesce(former_key, key), coalesce(subscription, ''), id FROM arrived
        ORDER BY 1, id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    ), made AS (
        INSERT INTO webhook_keys (event_id, key, second_key)
        SELECT id, key, second_key FROM arrived a
        -- What the version before has kept of the same webhook, under the key it made.
        WHERE id IN (SELECT event_id FROM claimed) AND (former_key IS NULL OR NOT EXISTS (
            SELECT FROM webhook_keys k JOIN integration_webhooks e ON e.id = k.event_id
            WHERE k.key = a.former_key AND e.subscription IS NOT DISTINCT FROM a.subscription
        ))
        -- In one order, so that those who keep the same at the same time wait for each other in turn.
        ORDER BY key, id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    ), kept AS (
        INSERT INTO integration_webhooks (
            id, provider, delivery_key, event_type, account_id, subscription, owner_id, order_key, happening, size,
            summary, audience, resource, payload
        )
        SELECT id, provider, delivery_key, event_type, account_id, subscription,
               -- The version before says neither how large an event is nor who proved it.
               CASE WHEN size IS NULL AND subscription IS NOT NULL THEN (
                   SELECT s.user_id FROM webhook_subscriptions s
                   WHERE s.provider = arrived.provider AND s.webhook_id = arrived.subscription
               ) ELSE owner_id END,
               -- A version of the program that knows nothing of audiences leaves them to be determined.
               order_key, happening, size, summary, coalesce(audience, '?'), resource, payload
        FROM arrived
        WHERE id IN (SELECT event_id FROM made)
        RETURNING id
    )
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO fresh FROM kept;
    jobs := ARRAY(
        SELECT string_agg(uuid_send(id), '' ORDER BY place)
        FROM unnest(fresh) WITH ORDINALITY AS kept (id, place)
        GROUP BY (place - 1) / together ORDER BY min(place)
    );
    IF cardinality(jobs) > 0 THEN
        PERFORM enqueue_jobs(job, jobs);
    END IF;
    PERFORM pg_notify('fluxstudio_events', array_to_json(array_agg(id))::text)
    FROM unnest(fresh) WITH ORDINALITY AS kept (id, place)
    GROUP BY (place - 1) / told_together;
    RETURN fresh;
END
$$;

REVOKE EXECUTE ON FUNCTION keep_events FROM PUBLIC;
