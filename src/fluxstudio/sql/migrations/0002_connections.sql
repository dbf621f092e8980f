-- Grants (oauth_tokens), who may use them (connections), and how they come to be.

CREATE TABLE oauth_tokens (
    id                 uuid PRIMARY KEY,
    provider           text NOT NULL,
    client_id          text NOT NULL,
    account_id         text NOT NULL,
    -- {name, person, avatarUrl, url, email, details}
    account            jsonb NOT NULL,
    scopes             text[] NOT NULL DEFAULT '{}',
    -- A data key sealed by a key-encryption key, and the tokens sealed by the data key.
    data_key           bytea,
    access_token       bytea,
    refresh_token      bytea,
    expires_at         timestamptz,
    refresh_expires_at timestamptz,
    -- Whether the access is renewed without anyone doing anything.
    renews             boolean NOT NULL GENERATED ALWAYS AS (refresh_token IS NOT NULL) STORED,
    status             text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'reauthorize', 'released')),
    -- What went wrong last and since when: {code, message}
    problem            jsonb,
    problem_since      timestamptz,
    -- Rises with every new set of tokens.
    version            bigint NOT NULL DEFAULT 1,
    -- Rises with every lease, so that a refresher whose lease ran out can no longer write.
    epoch              bigint NOT NULL DEFAULT 0,
    lease_owner        text,
    lease_until        timestamptz,
    -- An early refresh that failed is not tried again before this.
    refresh_after      timestamptz,
    is_active          boolean NOT NULL DEFAULT true,
    created_at         timestamptz NOT NULL DEFAULT now(),
    refreshed_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, client_id, account_id),
    CHECK (is_active = (status <> 'released')),
    CHECK (is_active = (access_token IS NOT NULL)),
    CHECK (access_token IS NULL OR data_key IS NOT NULL),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
);

CREATE INDEX oauth_tokens_expiry ON oauth_tokens (expires_at) WHERE status = 'active';

CREATE TABLE connections (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id         uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    grant_id        uuid NOT NULL REFERENCES oauth_tokens,
    provider        text NOT NULL,
    is_active       boolean NOT NULL DEFAULT true,
    connected_at    timestamptz NOT NULL DEFAULT now(),
    disconnected_at timestamptz,
    last_used_at    timestamptz,
    UNIQUE (user_id, grant_id),
    CHECK (is_active = (disconnected_at IS NULL))
);

CREATE INDEX connections_grant ON connections (grant_id) WHERE is_active;
CREATE INDEX connections_user ON connections (user_id, provider);

-- What operations and pages remember of a connection; outlives a disconnect.
CREATE TABLE oauth_integration_settings (
    connection_id uuid PRIMARY KEY REFERENCES connections ON DELETE CASCADE,
    user_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider      text NOT NULL,
    settings      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- Every try to connect, step by step, without anything secret.
CREATE TABLE connect_attempts (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider    text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    outcome     text NOT NULL DEFAULT 'waiting'
                CHECK (outcome IN ('waiting', 'connected', 'declined', 'failed', 'abandoned')),
    code        text,
    cause       text,
    mend        text,
    -- [{at, step, outcome, note}]
    steps       jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(steps) = 'array')
);

CREATE INDEX connect_attempts_user ON connect_attempts (user_id, provider, started_at DESC);

-- A request for authorization on its way through the provider; deleted by whoever uses it.
CREATE TABLE oauth_state_tokens (
    state_hash     bytea PRIMARY KEY CHECK (length(state_hash) = 32),
    attempt_id     uuid NOT NULL REFERENCES connect_attempts ON DELETE CASCADE,
    user_id        uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider       text NOT NULL,
    browser_hash   bytea NOT NULL CHECK (length(browser_hash) = 32),
    verifier       bytea,
    client_id      text NOT NULL,
    redirect_uri   text NOT NULL,
    token_endpoint text NOT NULL,
    issuer         text,
    scopes         text[] NOT NULL,
    return_to      text NOT NULL CHECK (return_to LIKE '/%'),
    -- The connection that is being renewed, if it is.
    connection_id  uuid REFERENCES connections ON DELETE CASCADE,
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL DEFAULT now() + interval '15 minutes',
    CHECK (expires_at <= created_at + interval '15 minutes')
);

CREATE INDEX oauth_state_tokens_expiry ON oauth_state_tokens (expires_at);

ALTER TABLE oauth_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE oauth_integration_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE connect_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE oauth_state_tokens ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON connections TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON oauth_tokens TO fluxstudio_user USING (
    EXISTS (SELECT FROM connections c WHERE c.grant_id = oauth_tokens.id AND c.user_id = fluxstudio_user_id())
);
CREATE POLICY own ON oauth_integration_settings TO fluxstudio_user
    USING (user_id = fluxstudio_user_id())
    WITH CHECK (
        user_id = fluxstudio_user_id()
        AND EXISTS (SELECT FROM connections c WHERE c.id = connection_id AND c.user_id = fluxstudio_user_id())
    );
CREATE POLICY own ON connect_attempts TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON oauth_state_tokens TO fluxstudio_user USING (user_id = fluxstudio_user_id());

GRANT SELECT ON connections, connect_attempts TO fluxstudio_user;
GRANT UPDATE (last_used_at) ON connections TO fluxstudio_user;
GRANT SELECT, INSERT, UPDATE ON oauth_integration_settings TO fluxstudio_user;
-- Everything but the sealed columns and the lease.
GRANT SELECT (id, provider, client_id, account_id, account, scopes, expires_at, renews, status, problem, problem_since,
              version, is_active, created_at, refreshed_at) ON oauth_tokens TO fluxstudio_user;
