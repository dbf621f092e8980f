-- Webhooks of providers that sign: their secrets, sealed; and what became of events that were not delivered.
ALTER TABLE webhook_subscriptions
    ALTER COLUMN passcode_hash DROP NOT NULL,
    ADD COLUMN secret bytea,
    ADD COLUMN sealed_by text GENERATED ALWAYS AS (sealing_key(secret)) STORED REFERENCES encryption_keys,
    ADD COLUMN last_reconciled_at timestamptz,
    -- {missing, since, healed, checkedAt, problem}
    ADD COLUMN gap jsonb,
    ADD CONSTRAINT webhook_subscriptions_one_secret CHECK ((passcode_hash IS NULL) <> (secret IS NULL));

CREATE INDEX webhook_subscriptions_sealed_by ON webhook_subscriptions (sealed_by);
CREATE INDEX webhook_subscriptions_connection ON webhook_subscriptions (connection_id);

GRANT SELECT (last_reconciled_at, gap) ON webhook_subscriptions TO fluxstudio_user;
