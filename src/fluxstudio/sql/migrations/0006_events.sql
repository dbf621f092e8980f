-- Events that providers tell us of, and what was done about each.

-- Nothing has been received before this.
DROP TABLE integration_webhooks;

-- The smallest UUIDv7 of a moment: ids are ordered by time, so that they cut events into weeks.
CREATE FUNCTION first_event_id(moment timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- Verified events, kept for 90 days.
CREATE TABLE integration_webhooks (
    id           uuid PRIMARY KEY,
    provider     text NOT NULL,
    delivery_key text NOT NULL,
    event_type   text NOT NULL,
    -- The provider's id of the account it concerns; only administrators see what concerns none.
    account_id   text,
    -- The webhook it came by, where that is one we registered.
    subscription text,
    -- Events of one key are handled in the order of their ids.
    order_key    text,
    payload      jsonb NOT NULL,
    status       text NOT NULL DEFAULT 'received' CHECK (status IN ('received', 'handled', 'failed', 'dead')),
    attempts     integer NOT NULL DEFAULT 0,
    claimed_at   timestamptz,
    received_at  timestamptz NOT NULL DEFAULT now(),
    handled_at   timestamptz,
    -- Why the last attempt failed: {code, message}
    problem      jsonb
) PARTITION BY RANGE (id);

CREATE INDEX integration_webhooks_account ON integration_webhooks (provider, account_id, id DESC);
CREATE INDEX integration_webhooks_open ON integration_webhooks (order_key, id) WHERE status = 'received';
CREATE INDEX integration_webhooks_dead ON integration_webhooks (id) WHERE status IN ('failed', 'dead');

-- Every key an event was ever claimed by: its delivery's, and that of what it tells. One event a key, whoever asks.
CREATE TABLE webhook_keys (
    provider text NOT NULL,
    -- SHA-256, cut to 16 bytes
    key      bytea NOT NULL CHECK (length(key) = 16),
    event_id uuid NOT NULL,
    PRIMARY KEY (provider, key)
);

-- Ids rise with time, and so this index takes next to nothing.
CREATE INDEX webhook_keys_age ON webhook_keys USING brin (event_id);

-- One attempt to handle an event.
CREATE TABLE deliveries (
    event_id uuid NOT NULL,
    attempt  integer NOT NULL,
    outcome  text NOT NULL CHECK (outcome IN ('done', 'failed', 'dead', 'replayed')),
    ended_at timestamptz NOT NULL DEFAULT now(),
    took_ms  integer NOT NULL CHECK (took_ms >= 0),
    -- What was done, in words.
    note     text NOT NULL DEFAULT '',
    problem  jsonb,
    PRIMARY KEY (event_id, attempt)
) PARTITION BY RANGE (event_id);

-- Make the partitions of this week and of some to come; how many were new.
CREATE FUNCTION make_event_partitions(weeks integer DEFAULT 5) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    made integer := 0;
    parent text;
    monday timestamptz;
    partition text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('make_event_partitions', 0));
    FOREACH parent IN ARRAY ARRAY['integration_webhooks', 'deliveries'] LOOP
        FOR week IN -1 .. weeks LOOP
            monday := date_trunc('week', clock_timestamp(), 'UTC') + week * interval '7 days';
            partition := format('%s_%s', parent, to_char(monday AT TIME ZONE 'UTC', 'YYYYMMDD'));
            CONTINUE WHEN to_regclass(partition) IS NOT NULL;
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                partition, parent, first_event_id(monday), first_event_id(monday + interval '7 days')
            );
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

SELECT make_event_partitions();

-- Work that recurs: whoever moves `due_at` on does it.
CREATE TABLE recurring_work (
    name   text PRIMARY KEY,
    due_at timestamptz NOT NULL
);

ALTER TABLE integration_webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE recurring_work ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON integration_webhooks TO fluxstudio_user USING (
    EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = fluxstudio_user_id() AND c.is_active
          AND g.provider = integration_webhooks.provider AND g.account_id = integration_webhooks.account_id
    )
);
CREATE POLICY own ON deliveries TO fluxstudio_user USING (
    EXISTS (SELECT FROM integration_webhooks e WHERE e.id = deliveries.event_id)
);

GRANT SELECT ON integration_webhooks, deliveries TO fluxstudio_user;
