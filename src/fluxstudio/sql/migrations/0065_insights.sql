-- What was counted, by hour and later by day, for the whole product (neither user nor account), for each user, and for each
-- account at a provider.

CREATE TABLE insight_counts (
    hour       timestamptz NOT NULL,
    figure     text NOT NULL CHECK (figure IN ('calls', 'runs', 'events', 'handling')),
    provider   text NOT NULL,
    subject    text NOT NULL,
    outcome    text NOT NULL,
    user_id    uuid REFERENCES users ON DELETE CASCADE,
    account_id text,
    count      bigint NOT NULL CHECK (count > 0),
    CHECK (user_id IS NULL OR account_id IS NULL),
    UNIQUE NULLS NOT DISTINCT (user_id, account_id, hour, figure, provider, subject, outcome)
);
CREATE INDEX insight_counts_hour ON insight_counts (hour);
ALTER TABLE insight_counts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON insight_counts TO fluxstudio_user USING (
    user_id = fluxstudio_user_id()
    OR (provider, account_id) IN (
        SELECT g.provider, g.account_id
        FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = fluxstudio_user_id() AND c.is_active
    )
);
GRANT SELECT ON insight_counts TO fluxstudio_user;
CREATE INDEX connect_attempts_started ON connect_attempts (started_at);
