-- Browsers prefetch and repeat callbacks: for a minute a used state is remembered, with what became of it.

ALTER TABLE connect_attempts ADD COLUMN connection_id uuid REFERENCES connections ON DELETE SET NULL;

CREATE TABLE consumed_states (
    state_hash   bytea PRIMARY KEY CHECK (length(state_hash) = 32),
    attempt_id   uuid NOT NULL REFERENCES connect_attempts ON DELETE CASCADE,
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider     text NOT NULL,
    browser_hash bytea NOT NULL CHECK (length(browser_hash) = 32),
    return_to    text NOT NULL,
    consumed_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX consumed_states_age ON consumed_states (consumed_at);

ALTER TABLE consumed_states ENABLE ROW LEVEL SECURITY;
