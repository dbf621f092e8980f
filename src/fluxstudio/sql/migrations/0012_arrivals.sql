-- Events come in as one JSON document, which is read once where ten arrays were, and are told by the transaction that
-- keeps them. Whoever comes for an event passes over those before it that were begun and lost.

DROP FUNCTION keep_events(
    uuid[], uuid[], uuid[], text[], text[], text[], text[], text[], text[], text[], text, integer
);

-- Keep events that are new, enqueue one job for so many of them, and tell their ids to whoever listens; those ids.
CREATE FUNCTION keep_events(arrivals jsonb, job text, together integer) RETURNS uuid[]
    LANGUAGE plpgsql AS $$
DECLARE
    -- A notification has less than 8000 bytes.
    told_together constant integer := 200;
    fresh uuid[];
    jobs bytea[];
BEGIN
    WITH arrived AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(arrivals) AS given (
            id uuid, key uuid, second_key uuid, provider text, delivery_key text, event_type text, account_id text,
            subscription text, order_key text, payload jsonb
        )
    ), made AS (
        INSERT INTO webhook_keys (event_id, key, second_key)
        -- In one order, so that those who keep the same at the same time wait for each other in turn.
        SELECT id, key, second_key FROM arrived ORDER BY key, id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    ), kept AS (
        INSERT INTO integration_webhooks (
            id, provider, delivery_key, event_type, account_id, subscription, order_key, payload
        )
        SELECT id, provider, delivery_key, event_type, account_id, subscription, order_key, payload
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

DROP FUNCTION claim_event(uuid, interval, interval);

-- Take an event for one attempt, or the first of its order that nobody has begun: whoever comes for one of them goes on
-- with the earliest, as the worker that was to begin it may be lost. Nothing while somebody is at one of them; one that
-- has been begun for longer than `ends_within` was lost with its worker, and is passed over.
--
-- Those of more than a fortnight ago are not looked for among the millions kept since. To plan this anew for each
-- event, which looks cheaper, costs more than to do it.
CREATE FUNCTION claim_event(wanted uuid, ends_within interval)
    RETURNS SETOF integration_webhooks
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    earliest CONSTANT uuid := first_event_id(now() - interval '14 days');
    lost CONSTANT timestamptz := clock_timestamp() - ends_within;
BEGIN
    RETURN QUERY
    UPDATE integration_webhooks e
    SET attempts = e.attempts + 1, claimed_at = clock_timestamp()
    WHERE e.id = wanted
      AND (e.status = 'failed' OR e.status = 'received' AND (e.claimed_at IS NULL OR e.claimed_at < lost))
      AND (e.order_key IS NULL OR NOT EXISTS (
          SELECT FROM integration_webhooks b
          WHERE b.order_key = e.order_key AND b.id < wanted AND b.id >= earliest
            AND b.status = 'received' AND (b.claimed_at IS NULL OR b.claimed_at >= lost)
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
          AND b.id < wanted AND b.id >= earliest
          AND b.status = 'received' AND (b.claimed_at IS NULL OR b.claimed_at >= lost)
        ORDER BY b.id
        LIMIT 1
    )
    RETURNING e.*;
END
$$;

REVOKE EXECUTE ON FUNCTION keep_events, claim_event FROM PUBLIC;
