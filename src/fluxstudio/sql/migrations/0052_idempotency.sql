-- Idempotency keys: which requests were carried out under a key of their caller, and what they were answered.

CREATE TABLE idempotency_keys (
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- The access token that called; nil for a person and an API token.
    token_id    uuid NOT NULL,
    key_hash    bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    -- Which request has the key, for as long as it is under way.
    holder      uuid,
    held_until  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- Of method, address and body.
    fingerprint bytea CHECK (octet_length(fingerprint) = 32),
    -- Sealed: answers may hold what is shown once. NULL for one too large to keep.
    answer      bytea,
    finished_at timestamptz,
    PRIMARY KEY (user_id, token_id, key_hash),
    CHECK (finished_at IS NULL OR (holder IS NULL AND fingerprint IS NOT NULL))
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON idempotency_keys TO fluxstudio_user USING (user_id = fluxstudio_user_id());
