-- Webhooks to the host product: its endpoints, what each is to be sent, and every attempt to send it.

CREATE TABLE endpoints (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    url             text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    description     text NOT NULL DEFAULT '' CHECK (length(description) <= 500),
    -- Which types it is sent, and about which accounts, as `T0EXAMPLE` or `slack:T0EXAMPLE`; empty: all.
    types           text[] NOT NULL DEFAULT '{}' CHECK (cardinality(types) <= 50),
    accounts        text[] NOT NULL DEFAULT '{}' CHECK (cardinality(accounts) <= 1000),
    -- Whether what comes of one account waits for what came of it before.
    ordered         boolean NOT NULL DEFAULT true,
    status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    -- Why it is disabled: failing for too long, gone, too much waiting, or switched off by somebody.
    disabled_reason text CHECK (disabled_reason IN ('failing', 'gone', 'backlog', 'switched_off')),
    disabled_at     timestamptz,
    -- Attempts that failed since one last worked, and when the first of them was.
    failures        integer NOT NULL DEFAULT 0,
    failing_since   timestamptz,
    -- Nothing is sent before this.
    paused_until    timestamptz,
    delivered_at    timestamptz,
    created_by      uuid REFERENCES users ON DELETE SET NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL AND disabled_at IS NOT NULL))
);

-- What signs, sealed. While one takes the place of another both sign.
CREATE TABLE endpoint_secrets (
    id          uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES endpoints ON DELETE CASCADE,
    secret      bytea NOT NULL,
    sealed_by   text GENERATED ALWAYS AS (sealing_key(secret)) STORED REFERENCES encryption_keys,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- When it no longer signs; NULL for the one that stays.
    expires_at  timestamptz
);
CREATE INDEX endpoint_secrets_endpoint ON endpoint_secrets (endpoint_id);
CREATE INDEX endpoint_secrets_sealed_by ON endpoint_secrets (sealed_by, id);
CREATE UNIQUE INDEX endpoint_secrets_current ON endpoint_secrets (endpoint_id) WHERE expires_at IS NULL;

-- Without a reference to the endpoint: each would lock its row, and those who store events would wait for one another.
CREATE TABLE endpoint_deliveries (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id uuid NOT NULL,
    -- The same at every endpoint that is sent it.
    message     uuid NOT NULL,
    type        text NOT NULL,
    -- `provider:id`; NULL for what is about no account.
    account     text,
    -- Whom it is about.
    user_id     uuid,
    -- What is in one lane is sent by one worker at a time.
    lane        text COLLATE "C" NOT NULL,
    data        jsonb NOT NULL,
    status      text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts    integer NOT NULL DEFAULT 0,
    -- The first attempt since it was last asked for.
    begun_at    timestamptz,
    due_at      timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX endpoint_deliveries_waiting ON endpoint_deliveries (endpoint_id, lane, number) WHERE status = 'waiting';
CREATE INDEX endpoint_deliveries_listed ON endpoint_deliveries (endpoint_id, number DESC);
CREATE INDEX endpoint_deliveries_user ON endpoint_deliveries (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX endpoint_deliveries_created ON endpoint_deliveries (created_at);

CREATE TABLE endpoint_attempts (
    delivery bigint NOT NULL REFERENCES endpoint_deliveries ON DELETE CASCADE,
    attempt  integer NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    -- What the endpoint answered; NULL where it did not.
    status   integer,
    took_ms  integer NOT NULL,
    -- How the answer begins.
    answer   text NOT NULL DEFAULT '' CHECK (length(answer) <= 1000),
    -- Why it did not count as delivered.
    problem  text CHECK (length(problem) <= 500),
    PRIMARY KEY (delivery, attempt)
);

ALTER TABLE endpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE endpoint_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE endpoint_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE endpoint_attempts ENABLE ROW LEVEL SECURITY;
