-- A failed run can be run again once, a run names the call it made, and failures nobody has looked at are counted.

ALTER TABLE automation_runs
    -- The failed run that this one repeats.
    ADD COLUMN retry_of uuid REFERENCES automation_runs ON DELETE SET NULL,
    -- When this run was run again; what became of it then is the other run's matter.
    ADD COLUMN retried_at timestamptz,
    -- Of a repeated run that a schedule started: the time it was for. `due_at` is then when it was asked for.
    ADD COLUMN repeats_due_at timestamptz,
    -- The call it made: {operation, connection, at, status, link}
    ADD COLUMN call jsonb,
    -- When its owner looked at its failure.
    ADD COLUMN seen_at timestamptz;

-- An event starts a rule once; who runs it again names the run before.
CREATE UNIQUE INDEX automation_runs_once ON automation_runs (automation_id, event_id) WHERE retry_of IS NULL;
ALTER TABLE automation_runs DROP CONSTRAINT automation_runs_automation_id_event_id_key;
CREATE UNIQUE INDEX automation_runs_retry ON automation_runs (retry_of) WHERE retry_of IS NOT NULL;

CREATE INDEX automation_runs_event ON automation_runs (event_id) WHERE event_id IS NOT NULL;
-- Failures that stand, by event and by rule, and what is still to be carried out.
CREATE INDEX automation_runs_failed ON automation_runs (event_id)
    WHERE status IN ('failed', 'dead') AND retried_at IS NULL AND event_id IS NOT NULL;
CREATE INDEX automation_runs_unseen ON automation_runs (automation_id)
    WHERE status IN ('failed', 'dead') AND retried_at IS NULL AND seen_at IS NULL;
CREATE INDEX automation_runs_queued ON automation_runs (event_id) WHERE status = 'queued' AND event_id IS NOT NULL;
-- Failures of before are no news.
UPDATE automation_runs SET seen_at = now() WHERE status IN ('failed', 'dead');

CREATE INDEX integration_webhooks_dead_of ON integration_webhooks (provider, account_id, id DESC) WHERE status = 'dead';
CREATE INDEX integration_webhooks_dead_about ON integration_webhooks (provider, resource, id DESC)
    WHERE status = 'dead' AND resource IS NOT NULL;

GRANT UPDATE (seen_at) ON automation_runs TO fluxstudio_user;

-- Until when each user has looked at events that failed.
CREATE TABLE failures_seen (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    seen_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE failures_seen ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON failures_seen TO fluxstudio_user USING (user_id = fluxstudio_user_id());
GRANT SELECT, INSERT (user_id, seen_at), UPDATE (seen_at) ON failures_seen TO fluxstudio_user;
