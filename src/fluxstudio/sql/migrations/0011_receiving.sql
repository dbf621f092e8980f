-- Events are kept and their jobs enqueued in one call.

-- What an event is known by: its delivery, and where its provider says so, what it tells. Both have to be new.
--
-- A key begins with the time it belongs to, so that what arrives now stands side by side in the index, however many
-- there are: when that happened which the event tells, in milliseconds (6 bytes); of a SHA-256 (10 bytes).
-- Keys of before were made otherwise and would match nothing.
TRUNCATE webhook_keys;
ALTER TABLE webhook_keys DROP COLUMN provider, DROP COLUMN key;
ALTER TABLE webhook_keys ADD COLUMN key uuid PRIMARY KEY, ADD COLUMN second_key uuid UNIQUE;

-- Keep events that are new, and enqueue one job for so many of them; the ids of those that were kept.
CREATE FUNCTION keep_events(
    ids uuid[], keys uuid[], second_keys uuid[], providers text[], delivery_keys text[], event_types text[],
    account_ids text[], subscriptions text[], order_keys text[], payloads text[], job text, together integer
) RETURNS uuid[]
    LANGUAGE plpgsql AS $$
DECLARE
    fresh uuid[];
    jobs bytea[];
BEGIN
    WITH made AS (
        INSERT INTO webhook_keys (event_id, key, second_key)
        -- In one order, so that those who keep the same at the same time wait for each other in turn.
        SELECT id, key, second_key FROM unnest(ids, keys, second_keys) AS given (id, key, second_key) ORDER BY key, id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    )
    SELECT array_agg(event_id ORDER BY event_id) INTO fresh FROM made;
    IF fresh IS NULL THEN
        RETURN '{}';
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

-- Take an event for one attempt, or the first of its order that nobody has begun: whoever comes for one of them goes on
-- with the earliest, as the worker that was to begin it may be lost. Nothing while one of them has just been begun.
--
-- Those of more than a fortnight ago are not looked for among the millions kept since. To plan this anew for each
-- event, which looks cheaper, costs more than to do it.
CREATE FUNCTION claim_event(wanted uuid, begins_within interval, ends_within interval)
    RETURNS SETOF integration_webhooks
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    UPDATE integration_webhooks e
    SET attempts = e.attempts + 1, claimed_at = clock_timestamp()
    WHERE e.id = wanted
      AND (e.status = 'failed' OR e.status = 'received'
           AND (e.claimed_at IS NULL OR e.claimed_at < clock_timestamp() - ends_within))
      AND (e.order_key IS NULL OR NOT EXISTS (
          SELECT FROM integration_webhooks b
          WHERE b.order_key = e.order_key AND b.id < wanted AND b.id >= first_event_id(now() - interval '14 days')
            AND b.status = 'received'
            AND coalesce(b.claimed_at, b.received_at + begins_within) > clock_timestamp() - ends_within
      ))
    RETURNING e.*;
    IF FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    UPDATE integration_webhooks e
    SET attempts = e.attempts + 1, claimed_at = clock_timestamp()
    WHERE e.claimed_at IS NULL AND e.id = (
        SELECT b.id
        FROM integration_webhooks w JOIN integration_webhooks b ON b.order_key = w.order_key
        WHERE w.id = wanted AND w.status IN ('received', 'failed')
          AND b.id < wanted AND b.id >= first_event_id(now() - interval '14 days') AND b.status = 'received'
        ORDER BY b.id
        LIMIT 1
    )
    RETURNING e.*;
END
$$;

REVOKE EXECUTE ON FUNCTION keep_events, claim_event FROM PUBLIC;
