-- Take an event for one attempt, or the first of its order that nobody has begun: whoever comes for one of them goes on
-- with the earliest, as the worker that was to begin it may be lost. Nothing while somebody is at one of them; one that
-- has been begun for longer than `ends_within` was lost with its worker, and is passed over.
--
-- Those of more than a fortnight ago are not looked for. The order is asked for as a range, sorted by it, so that its own
-- index is walked, which holds what is still to be handled, and not that of the ids of everything that ever came.
CREATE OR REPLACE FUNCTION claim_event(wanted uuid, ends_within interval)
    RETURNS SETOF integration_webhooks
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    earliest CONSTANT uuid := first_event_id(now() - interval '14 days');
    lost CONSTANT timestamptz := clock_timestamp() - ends_within;
    its_order text;
    first uuid;
BEGIN
    SELECT e.order_key INTO its_order FROM integration_webhooks e
    WHERE e.id = wanted AND e.status IN ('received', 'failed');
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF its_order IS NOT NULL THEN
        SELECT b.id INTO first FROM integration_webhooks b
        WHERE b.order_key >= its_order AND b.order_key <= its_order AND b.status = 'received'
          AND b.id < wanted AND b.id >= earliest AND (b.claimed_at IS NULL OR b.claimed_at >= lost)
        ORDER BY b.order_key, b.id
        LIMIT 1;
    END IF;
    IF first IS NULL THEN
        RETURN QUERY
        UPDATE integration_webhooks e
        SET attempts = e.attempts + 1, claimed_at = clock_timestamp()
        WHERE e.id = wanted
          AND (e.status = 'failed' OR e.status = 'received' AND (e.claimed_at IS NULL OR e.claimed_at < lost))
        RETURNING e.*;
        RETURN;
    END IF;
    RETURN QUERY
    UPDATE integration_webhooks e
    SET attempts = e.attempts + 1, claimed_at = clock_timestamp()
    WHERE e.id = first AND e.claimed_at IS NULL AND e.status = 'received'
    RETURNING e.*;
END
$$;

REVOKE EXECUTE ON FUNCTION claim_event FROM PUBLIC;
