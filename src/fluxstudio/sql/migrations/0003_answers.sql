-- What providers answered, and how much more they may be asked.

CREATE TABLE provider_cache (
    grant_id    uuid NOT NULL REFERENCES oauth_tokens ON DELETE CASCADE,
    operation   text NOT NULL,
    -- SHA-256 of the arguments, or of the address for answers kept with their ETag.
    key         bytea NOT NULL CHECK (length(key) = 32),
    body        jsonb NOT NULL,
    etag        text,
    fetched_at  timestamptz NOT NULL DEFAULT now(),
    fresh_until timestamptz NOT NULL,
    -- When a write last made it stale.
    outdated_at timestamptz,
    PRIMARY KEY (grant_id, operation, key)
);

CREATE INDEX provider_cache_age ON provider_cache (fetched_at);

CREATE TABLE provider_budgets (
    grant_id      uuid NOT NULL REFERENCES oauth_tokens ON DELETE CASCADE,
    bucket        text NOT NULL,
    -- When the calls made so far will have been worked off at the permitted pace.
    busy_until    timestamptz NOT NULL DEFAULT '-infinity',
    blocked_until timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (grant_id, bucket)
);

-- Take one of `calls` in `period` from a bucket: 0 when taken, else the seconds to wait. Nothing is taken then.
CREATE FUNCTION spend_budget(the_grant uuid, the_bucket text, calls integer, period interval)
    RETURNS double precision
    LANGUAGE plpgsql AS $$
DECLARE
    pace interval := period / calls;
    budget provider_budgets;
    present timestamptz := clock_timestamp();
BEGIN
    INSERT INTO provider_budgets AS b (grant_id, bucket, busy_until)
    VALUES (the_grant, the_bucket, present + pace)
    ON CONFLICT (grant_id, bucket) DO UPDATE
        SET busy_until = greatest(b.busy_until, present) + pace
        WHERE b.blocked_until <= present AND greatest(b.busy_until, present) + pace <= present + period;
    IF FOUND THEN
        RETURN 0;
    END IF;
    SELECT * INTO budget FROM provider_budgets WHERE grant_id = the_grant AND bucket = the_bucket;
    RETURN greatest(
        extract(epoch FROM budget.blocked_until - present),
        extract(epoch FROM budget.busy_until + pace - period - present),
        0.001
    );
END
$$;

-- Webhooks we registered at providers; of the passcode only its hash.
CREATE TABLE webhook_subscriptions (
    provider      text NOT NULL,
    webhook_id    text NOT NULL,
    user_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    connection_id uuid NOT NULL REFERENCES connections ON DELETE CASCADE,
    passcode_hash bytea NOT NULL CHECK (length(passcode_hash) = 32),
    details       jsonb NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, webhook_id)
);

-- Verified events, kept for 90 days.
CREATE TABLE integration_webhooks (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    provider     text NOT NULL,
    delivery_key text NOT NULL,
    event_type   text NOT NULL,
    account_id   text,
    payload      jsonb NOT NULL,
    status       text NOT NULL DEFAULT 'received'
                 CHECK (status IN ('received', 'handled', 'failed', 'dead')),
    attempts     integer NOT NULL DEFAULT 0,
    received_at  timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL DEFAULT now() + interval '90 days',
    UNIQUE (provider, delivery_key)
);

CREATE INDEX integration_webhooks_received ON integration_webhooks (received_at);

ALTER TABLE provider_cache ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration_webhooks ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON provider_cache TO fluxstudio_user USING (
    EXISTS (
        SELECT FROM connections c
        WHERE c.grant_id = provider_cache.grant_id AND c.user_id = fluxstudio_user_id() AND c.is_active
    )
);
CREATE POLICY own ON provider_budgets TO fluxstudio_user USING (
    EXISTS (
        SELECT FROM connections c
        WHERE c.grant_id = provider_budgets.grant_id AND c.user_id = fluxstudio_user_id() AND c.is_active
    )
);
CREATE POLICY own ON webhook_subscriptions TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON integration_webhooks TO fluxstudio_user USING (
    EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = fluxstudio_user_id() AND c.is_active
          AND g.provider = integration_webhooks.provider AND g.account_id = integration_webhooks.account_id
    )
);

GRANT SELECT ON provider_cache, provider_budgets, integration_webhooks TO fluxstudio_user;
GRANT SELECT (provider, webhook_id, user_id, connection_id, details, created_at) ON webhook_subscriptions
    TO fluxstudio_user;
