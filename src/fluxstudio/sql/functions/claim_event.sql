-- Take an event for one attempt, or the first of its order that nobody has begun: whoever comes for one of them goes on
-- with the earliest, as the worker that was to begin it may be lost. Nothing while somebody is at one of them; one that
-- has been begun for longer than `ends_within` was lost with its worker, and is passed over.
--
-- Those of more than a fortnight ago are not looked for among the millions kept since. To plan this anew for each
-- event, which looks cheaper, costs more than to do it.
CREATE OR REPLACE FUNCTION claim_event(wanted uuid, ends_within interval)
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

REVOKE EXECUTE ON FUNCTION claim_event FROM PUBLIC;
