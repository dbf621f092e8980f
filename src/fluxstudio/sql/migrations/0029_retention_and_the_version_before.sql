-- What the version before needs while it runs beside this one, and when what is stored may go.

-- Deliveries by the keys that the version before makes, of each webhook: so that a delivery which one version has kept is
-- known to the other. Written while both may run.
CREATE TABLE former_webhook_keys (
    key          uuid NOT NULL,
    -- The webhook it came by; empty where that is none we registered.
    subscription text NOT NULL,
    event_id     uuid NOT NULL,
    PRIMARY KEY (key, subscription)
);
ALTER TABLE former_webhook_keys ENABLE ROW LEVEL SECURITY;

-- Until when the version before may be running. Where nobody has connected anything, none serves anybody.
ALTER TABLE event_revision ADD COLUMN two_versions_until timestamptz NOT NULL DEFAULT now() + interval '7 days';
UPDATE event_revision SET two_versions_until = '-infinity' WHERE NOT EXISTS (SELECT FROM oauth_tokens);

-- Whom an event concerns that the version before has kept is determined later. Until then it is shown to those whose runs
-- that version has begun, which would find it gone otherwise.
CREATE POLICY begun_before ON integration_webhooks TO fluxstudio_user USING (
    audience = '?'
    AND EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = fluxstudio_user_id() AND c.is_active
          AND g.provider = integration_webhooks.provider AND g.account_id = integration_webhooks.account_id
    )
    AND EXISTS (
        SELECT FROM automation_runs r JOIN automations a ON a.id = r.automation_id
        WHERE r.event_id = integration_webhooks.id AND a.user_id = fluxstudio_user_id() AND r.finished_at IS NULL
    )
);

-- When what a provider sent was deleted, where that is kept for less than the event.
ALTER TABLE integration_webhooks ADD COLUMN payload_deleted_at timestamptz;

-- How far payloads have been deleted.
CREATE TABLE payload_sweep (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cursor   uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
ALTER TABLE payload_sweep ENABLE ROW LEVEL SECURITY;
INSERT INTO payload_sweep DEFAULT VALUES;

-- Events that were passed over because they were still to be handled.
CREATE TABLE payloads_left (event_id uuid PRIMARY KEY);
CREATE INDEX automation_runs_open ON automation_runs (event_id) WHERE finished_at IS NULL;
ALTER TABLE payloads_left ENABLE ROW LEVEL SECURITY;
