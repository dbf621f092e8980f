-- Agents: programs that call tools for a user, what each may call, what it called, and what waits for approval.

CREATE TABLE agents (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id          uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name             text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    -- How it proves itself: a token of its own, an OAuth client that the user signed in with, or the user's API tokens.
    kind             text NOT NULL CHECK (kind IN ('token', 'client', 'api')),
    -- SHA-256 of its token.
    token_hash       bytea UNIQUE CHECK (octet_length(token_hash) = 32),
    client_id        text CHECK (length(client_id) <= 2000),
    -- For connections without a grant of their own.
    reads            text NOT NULL CHECK (reads IN ('allow', 'ask', 'deny')),
    writes           text NOT NULL CHECK (writes IN ('allow', 'ask', 'deny')),
    -- Whether to ask before it writes to one account after it read another.
    crossing         text NOT NULL CHECK (crossing IN ('allow', 'ask')),
    calls_per_minute integer NOT NULL DEFAULT 120 CHECK (calls_per_minute BETWEEN 1 AND 6000),
    writes_per_day   integer NOT NULL DEFAULT 500 CHECK (writes_per_day BETWEEN 0 AND 1000000),
    -- How many it made on that day (UTC).
    writes_on        date,
    writes_made      integer NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now(),
    last_used_at     timestamptz,
    expires_at       timestamptz,
    ended_at         timestamptz,
    UNIQUE (id, user_id),
    CHECK ((kind = 'token') = (token_hash IS NOT NULL)),
    CHECK ((kind = 'client') = (client_id IS NOT NULL))
);
CREATE INDEX agents_user ON agents (user_id, created_at DESC);
CREATE UNIQUE INDEX agents_client ON agents (user_id, client_id) WHERE kind = 'client' AND ended_at IS NULL;
CREATE UNIQUE INDEX agents_api ON agents (user_id) WHERE kind = 'api';

-- What an agent may do with one connection, or with one tool of it.
CREATE TABLE agent_grants (
    agent_id      uuid NOT NULL,
    user_id       uuid NOT NULL,
    connection_id uuid NOT NULL,
    -- `reads`, `writes`, or the full name of an operation.
    tool          text NOT NULL CHECK (length(tool) BETWEEN 1 AND 120),
    mode          text NOT NULL CHECK (mode IN ('allow', 'ask', 'deny')),
    PRIMARY KEY (agent_id, connection_id, tool),
    FOREIGN KEY (agent_id, user_id) REFERENCES agents (id, user_id) ON DELETE CASCADE,
    -- Never somebody else's.
    FOREIGN KEY (connection_id, user_id) REFERENCES connections (id, user_id) ON DELETE CASCADE
);
CREATE INDEX agent_grants_connection ON agent_grants (connection_id);

-- A call that waits for its user's decision, and what became of it.
CREATE TABLE agent_approvals (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agent_id        uuid NOT NULL,
    user_id         uuid NOT NULL,
    connection_id   uuid NOT NULL,
    operation       text NOT NULL,
    -- Exactly what would be sent, under the names that callers use.
    arguments       jsonb NOT NULL CHECK (jsonb_typeof(arguments) = 'object'),
    -- Of operation, connection and arguments, in hexadecimal digits: what is decided on is what was shown.
    digest          text NOT NULL CHECK (length(digest) = 64),
    -- Why it waits: `grant`, or `crossing` accounts.
    reason          text NOT NULL CHECK (reason IN ('grant', 'crossing')),
    status          text NOT NULL DEFAULT 'waiting' CHECK (
        status IN ('waiting', 'allowed', 'denied', 'expired', 'running', 'done', 'failed', 'unknown')
    ),
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    decided_at      timestamptz,
    -- Where: `page`, `api` or `message`.
    decided_through text CHECK (decided_through IN ('page', 'api', 'message')),
    began_at        timestamptz,
    finished_at     timestamptz,
    -- What the provider answered; NULL where that is too long to keep.
    result          jsonb,
    -- {code, message}
    problem         jsonb,
    FOREIGN KEY (agent_id, user_id) REFERENCES agents (id, user_id) ON DELETE CASCADE,
    FOREIGN KEY (connection_id, user_id) REFERENCES connections (id, user_id) ON DELETE CASCADE
);
CREATE INDEX agent_approvals_user ON agent_approvals (user_id, created_at DESC);
CREATE INDEX agent_approvals_connection ON agent_approvals (connection_id);
CREATE INDEX agent_approvals_agent ON agent_approvals (agent_id);
-- The same call asked for again is the same approval.
CREATE UNIQUE INDEX agent_approvals_waiting ON agent_approvals (agent_id, digest) WHERE status = 'waiting';
CREATE INDEX agent_approvals_open ON agent_approvals (expires_at) WHERE status IN ('waiting', 'allowed', 'running');

-- What agents called, in order.
CREATE TABLE agent_calls (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number        bigint GENERATED ALWAYS AS IDENTITY,
    agent_id      uuid NOT NULL,
    user_id       uuid NOT NULL,
    tool          text NOT NULL CHECK (length(tool) <= 200),
    operation     text,
    connection_id uuid REFERENCES connections ON DELETE SET NULL,
    writes        boolean NOT NULL,
    outcome       text NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'refused', 'waiting', 'dry_run')),
    code          text,
    message       text CHECK (length(message) <= 1000),
    approval_id   uuid REFERENCES agent_approvals ON DELETE SET NULL,
    -- A page at the provider that shows what was changed.
    link          text CHECK (length(link) <= 2000),
    began_at      timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz,
    FOREIGN KEY (agent_id, user_id) REFERENCES agents (id, user_id) ON DELETE CASCADE
);
CREATE INDEX agent_calls_agent ON agent_calls (agent_id, number DESC);
CREATE INDEX agent_calls_user ON agent_calls (user_id, number DESC);
CREATE INDEX agent_calls_connection ON agent_calls (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX agent_calls_approval ON agent_calls (approval_id) WHERE approval_id IS NOT NULL;
CREATE INDEX agent_calls_began ON agent_calls (began_at);
-- What an agent has read of late.
CREATE INDEX agent_calls_read ON agent_calls (agent_id, began_at) WHERE NOT writes AND connection_id IS NOT NULL;

ALTER TABLE agents ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_calls ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON agents TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON agent_grants TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON agent_calls TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON agent_approvals FOR SELECT TO fluxstudio_user USING (user_id = fluxstudio_user_id());
-- A person allows or denies what still waits, and nothing else.
CREATE POLICY decide ON agent_approvals FOR UPDATE TO fluxstudio_user
    USING (user_id = fluxstudio_user_id() AND status = 'waiting')
    WITH CHECK (user_id = fluxstudio_user_id() AND status IN ('allowed', 'denied'));

GRANT SELECT (id, user_id, name, kind, client_id, reads, writes, crossing, calls_per_minute, writes_per_day, writes_on,
              writes_made, created_at, last_used_at, expires_at, ended_at) ON agents TO fluxstudio_user;
GRANT UPDATE (name, reads, writes, crossing, calls_per_minute, writes_per_day, ended_at) ON agents TO fluxstudio_user;
GRANT SELECT, INSERT, UPDATE (mode), DELETE ON agent_grants TO fluxstudio_user;
GRANT SELECT ON agent_approvals, agent_calls TO fluxstudio_user;
GRANT UPDATE (status, decided_at, decided_through) ON agent_approvals TO fluxstudio_user;
