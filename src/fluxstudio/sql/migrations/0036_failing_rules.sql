-- A rule that fails tells its owner once, until it works again.

ALTER TABLE automations
    -- When the first of the runs failed that have failed since it last worked.
    ADD COLUMN failing_since timestamptz,
    -- When its owner was told.
    ADD COLUMN failure_notified_at timestamptz,
    -- Where to tell them: {connection, channel}
    ADD COLUMN failure_notice jsonb CHECK (jsonb_typeof(failure_notice) = 'object');

CREATE INDEX automations_failing ON automations (failing_since) WHERE failing_since IS NOT NULL;
GRANT UPDATE (failure_notice) ON automations TO fluxstudio_user;
