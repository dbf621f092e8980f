-- Access tokens: what programs of a user call the API with, each with scopes of its own.

CREATE TABLE access_tokens (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    -- SHA-256 of the token: a copy of this table lets nobody in.
    token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    -- Its last characters, by which people tell it from others.
    hint         text NOT NULL CHECK (length(hint) = 4),
    scopes       text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 100),
    -- The token that it was made with: it ends with that one.
    made_with    uuid REFERENCES access_tokens ON DELETE CASCADE,
    -- Until when the token that its user made it with makes an administrator of them.
    admin_until  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX access_tokens_user ON access_tokens (user_id, created_at DESC, id);
CREATE INDEX access_tokens_made_with ON access_tokens (made_with);
CREATE INDEX access_tokens_ended ON access_tokens (coalesce(revoked_at, expires_at));

ALTER TABLE access_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON access_tokens TO fluxstudio_user USING (user_id = fluxstudio_user_id());
GRANT SELECT (id, user_id, name, hint, scopes, made_with, admin_until, created_at, expires_at, last_used_at, revoked_at)
    ON access_tokens TO fluxstudio_user;
GRANT UPDATE (revoked_at) ON access_tokens TO fluxstudio_user;
