-- Who proved an event decides for whom it counts, and what it is about decides whether a rule has run for it already.

ALTER TABLE integration_webhooks
    -- Whose own webhook's secret proved it; NULL where the app's own secret did. It counts for this user alone.
    ADD COLUMN owner_id uuid,
    -- What happened, the same through whichever webhook it is told.
    ADD COLUMN happening uuid,
    -- Bytes of the request that brought it; NULL for what came before sizes were kept.
    ADD COLUMN size integer,
    -- {text, link}, where the payload is too large to be read for a list.
    ADD COLUMN summary jsonb,
    -- Attempts before the last replay: they stay on record, and later ones are numbered on.
    ADD COLUMN earlier_attempts integer NOT NULL DEFAULT 0;

-- Restricts every other policy of the table, whatever those allow.
CREATE POLICY source ON integration_webhooks AS RESTRICTIVE TO fluxstudio_user USING (
    owner_id IS NULL OR owner_id = fluxstudio_user_id()
);

ALTER TABLE automation_runs ADD COLUMN happening uuid;
CREATE UNIQUE INDEX automation_runs_happening ON automation_runs (automation_id, happening)
    WHERE happening IS NOT NULL;

-- How far payloads of before have been gone through: what opens anything is taken out, and large ones get a summary.
-- Until `ends_at` a program of before may still be running, and keeping events as it did.
CREATE TABLE event_revision (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cursor   uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ends_at  timestamptz NOT NULL DEFAULT now() + interval '7 days'
);
ALTER TABLE event_revision ENABLE ROW LEVEL SECURITY;
INSERT INTO event_revision DEFAULT VALUES;
