-- What happened becomes a delivery for every endpoint that wants it, in the transaction in which it happened.

CREATE OR REPLACE FUNCTION utc_text(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- Whether an endpoint is to be sent something of this type about this account (`provider:id`).
CREATE OR REPLACE FUNCTION endpoint_wants(endpoint endpoints, the_type text, the_account text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN endpoint.status = 'active'
       AND (endpoint.types = '{}' OR the_type = ANY (endpoint.types))
       AND (endpoint.accounts = '{}' OR the_account = ANY (endpoint.accounts)
            OR substr(the_account, strpos(the_account, ':') + 1) = ANY (endpoint.accounts));

-- What waits for its turn together: what is about one account or person. Where order does not matter, eight lanes share it.
CREATE OR REPLACE FUNCTION endpoint_lane(is_ordered boolean, account text, user_id uuid, message uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN is_ordered THEN coalesce(account, 'user:' || user_id::text, '-')
                ELSE '~' || (get_byte(uuid_send(message), 15) % 8)::text END;

CREATE OR REPLACE FUNCTION announce(the_type text, the_account text, the_user uuid, the_data jsonb) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    the_message constant uuid := gen_random_uuid();
BEGIN
    WITH made AS (
        INSERT INTO endpoint_deliveries (endpoint_id, message, type, account, user_id, lane, data)
        SELECT e.id, the_message, the_type, the_account, the_user,
               endpoint_lane(e.ordered, the_account, the_user, the_message), jsonb_strip_nulls(the_data)
        FROM endpoints e WHERE endpoint_wants(e, the_type, the_account)
        RETURNING endpoint_id, lane
    )
    INSERT INTO jobs (kind, share, lane, payload) SELECT 'delivery', endpoint_id::text, lane, '' FROM made;
END
$$;

-- The same for events that were stored just now. Whom they concern is said where it is known already.
CREATE OR REPLACE FUNCTION announce_events(event_ids uuid[]) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM endpoints e WHERE e.status = 'active' AND (e.types = '{}' OR 'event.received' = ANY (e.types))
    ) THEN
        RETURN;
    END IF;
    WITH events AS MATERIALIZED (
        SELECT id, provider || ':' || account_id AS account, owner_id, jsonb_build_object(
            'id', id, 'provider', provider, 'eventType', event_type, 'eventId', delivery_key, 'accountId', account_id,
            'receivedAt', utc_text(received_at), 'userIds', ARRAY(
                SELECT DISTINCT u.subject
                FROM concerned_connections(provider, account_id, audience, resource) c JOIN users u ON u.id = c.user_id
                ORDER BY u.subject LIMIT 50
            ), 'url', '/api/webhooks/events/' || id
        ) AS data, gen_random_uuid() AS message, origin
        FROM integration_webhooks WHERE id = ANY (event_ids)
    ), made AS (
        INSERT INTO endpoint_deliveries (endpoint_id, message, type, account, user_id, lane, data, origin)
        SELECT e.id, v.message, 'event.received', v.account, v.owner_id,
               endpoint_lane(e.ordered, v.account, v.owner_id, v.message), v.data, v.origin
        FROM events v JOIN endpoints e ON endpoint_wants(e, 'event.received', v.account)
        ORDER BY v.id
        RETURNING endpoint_id, lane
    )
    INSERT INTO jobs (kind, share, lane, payload) SELECT DISTINCT 'delivery', endpoint_id::text, lane, ''::bytea FROM made;
END
$$;

REVOKE EXECUTE ON FUNCTION announce, announce_events, endpoint_wants, endpoint_lane, utc_text FROM PUBLIC;
