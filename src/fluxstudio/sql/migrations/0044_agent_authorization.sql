-- OAuth 2.1 for agents that log in: their clients, codes that are used once, and tokens that replace one another.

CREATE TABLE agent_clients (
    client_id     text PRIMARY KEY CHECK (length(client_id) BETWEEN 1 AND 2000),
    -- Registered here, or described by a document at its id, which is an address.
    kind          text NOT NULL CHECK (kind IN ('registered', 'document')),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    redirect_uris text[] NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    read_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX agent_clients_created ON agent_clients (created_at);

CREATE TABLE agent_codes (
    code_hash    bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    agent_id     uuid NOT NULL,
    user_id      uuid NOT NULL,
    client_id    text NOT NULL,
    redirect_uri text NOT NULL,
    challenge    text NOT NULL,
    resource     text NOT NULL,
    scopes       text[] NOT NULL,
    -- What its tokens belong to, so that they end together.
    family       uuid NOT NULL DEFAULT gen_random_uuid(),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz,
    FOREIGN KEY (agent_id, user_id) REFERENCES agents (id, user_id) ON DELETE CASCADE
);
CREATE INDEX agent_codes_expires ON agent_codes (expires_at);
CREATE INDEX agent_codes_agent ON agent_codes (agent_id);

CREATE TABLE agent_tokens (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agent_id           uuid NOT NULL,
    user_id            uuid NOT NULL,
    client_id          text NOT NULL,
    family             uuid NOT NULL,
    resource           text NOT NULL,
    scopes             text[] NOT NULL,
    access_hash        bytea NOT NULL UNIQUE CHECK (octet_length(access_hash) = 32),
    refresh_hash       bytea NOT NULL UNIQUE CHECK (octet_length(refresh_hash) = 32),
    created_at         timestamptz NOT NULL DEFAULT now(),
    access_expires_at  timestamptz NOT NULL,
    refresh_expires_at timestamptz NOT NULL,
    -- Its refresh token was used: whoever uses it again has stolen it, or was stolen from.
    replaced_at        timestamptz,
    FOREIGN KEY (agent_id, user_id) REFERENCES agents (id, user_id) ON DELETE CASCADE
);
CREATE INDEX agent_tokens_agent ON agent_tokens (agent_id);
CREATE INDEX agent_tokens_family ON agent_tokens (family);
CREATE INDEX agent_tokens_expires ON agent_tokens (refresh_expires_at);

ALTER TABLE agent_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON agent_codes TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON agent_tokens TO fluxstudio_user USING (user_id = fluxstudio_user_id());
