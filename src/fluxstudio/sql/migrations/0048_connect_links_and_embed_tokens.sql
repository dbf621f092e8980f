-- For host products: a link that connects one account of one of their users, and a token for a page of theirs.

CREATE TABLE connect_links (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    secret_hash bytea NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider    text NOT NULL,
    scopes      text[] NOT NULL,
    return_to   text CHECK (return_to ~ '^(/|https?://)'),
    -- The connect that was begun with it last; once that has made a connection, the link is used up.
    attempt_id  uuid REFERENCES connect_attempts ON DELETE SET NULL,
    used_at     timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX connect_links_user ON connect_links (user_id);
CREATE INDEX connect_links_attempt ON connect_links (attempt_id);
CREATE INDEX connect_links_expiry ON connect_links (expires_at);

CREATE TABLE embed_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    id         uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- Empty for all of them.
    providers  text[] NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX embed_tokens_user ON embed_tokens (user_id);
CREATE INDEX embed_tokens_expiry ON embed_tokens (expires_at);

ALTER TABLE connect_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE embed_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON connect_links TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON embed_tokens TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON session_tickets TO fluxstudio_user USING (user_id = fluxstudio_user_id());
