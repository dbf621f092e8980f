-- Events are kept and their jobs enqueued in one call.

-- A key begins with the time it belongs to: what arrives now stands side by side in the index, however old the rest.
-- Those of before were made otherwise and would match nothing.
TRUNCATE webhook_keys;
ALTER TABLE webhook_keys DROP COLUMN provider, DROP COLUMN key;
-- When what the event tells happened, in milliseconds (6 bytes); of the SHA-256 of provider and key (10 bytes).
ALTER TABLE webhook_keys ADD COLUMN key uuid PRIMARY KEY;

-- Keep events whose keys are all new, and enqueue one job for so many of them; the ids of those that were kept.
--
-- `keyed` tells for each of `keys` the event it is a key of.
CREATE FUNCTION keep_events(
    ids uuid[], providers text[], delivery_keys text[], event_types text[], account_ids text[],
    subscriptions text[], order_keys text[], payloads text[], keys uuid[], keyed uuid[], job text, together integer
) RETURNS uuid[]
    LANGUAGE plpgsql AS $$
DECLARE
    claimed uuid[];
    fresh uuid[] := ids;
    jobs bytea[];
BEGIN
    WITH made AS (
        INSERT INTO webhook_keys (key, event_id)
        -- Of those that come together the first takes all its keys: shared out among them, no event would have its own.
        SELECT key, event_id FROM unnest(keys, keyed) AS given (key, event_id) ORDER BY key, event_id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    )
    SELECT coalesce(array_agg(event_id), '{}') INTO claimed FROM made;
    IF cardinality(claimed) < cardinality(keys) THEN
        fresh := ARRAY(
            SELECT id FROM unnest(ids) AS id
            WHERE cardinality(array_positions(claimed, id)) = cardinality(array_positions(keyed, id))
        );
    END IF;
    INSERT INTO integration_webhooks (
        id, provider, delivery_key, event_type, account_id, subscription, order_key, payload
    )
    SELECT id, provider, delivery_key, event_type, account_id, subscription, order_key, payload::jsonb
    FROM unnest(ids, providers, delivery_keys, event_types, account_ids, subscriptions, order_keys, payloads)
         AS given (id, provider, delivery_key, event_type, account_id, subscription, order_key, payload)
    WHERE id = ANY (fresh);
    jobs := ARRAY(
        SELECT string_agg(uuid_send(id), '' ORDER BY place)
        FROM unnest(fresh) WITH ORDINALITY AS kept (id, place)
        GROUP BY (place - 1) / together ORDER BY min(place)
    );
    PERFORM enqueue_jobs(job, jobs);
    RETURN fresh;
END
$$;

REVOKE EXECUTE ON FUNCTION keep_events FROM PUBLIC;
