-- The keys that seal, known here by name only, and what each of them still seals.

-- The name of the key in a sealed value; NULL for what is none.
CREATE FUNCTION sealing_key(box bytea) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE
        WHEN length(box) < 2 OR get_byte(box, 0) <> 1 THEN NULL
        WHEN length(box) < 2 + get_byte(box, 1) + 12 + 16 THEN NULL
        ELSE convert_from(substr(box, 3, get_byte(box, 1)), 'UTF8')
    END;

CREATE TABLE encryption_keys (
    id            text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 40),
    -- Tells the key from another one of the same name; says nothing else about it.
    check_value   bytea CHECK (length(check_value) = 16),
    created_at    timestamptz NOT NULL DEFAULT now(),
    -- Of all keys, the one with the latest seals.
    sealing_since timestamptz
);

CREATE TABLE retired_keys (
    id         text PRIMARY KEY,
    created_at timestamptz NOT NULL,
    retired_at timestamptz NOT NULL DEFAULT now()
);

-- Running processes, the keys they can open with and the one they seal with. Each says so every few seconds.
CREATE TABLE key_holders (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    keys       text[] NOT NULL,
    seals_with text NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now()
);

INSERT INTO encryption_keys (id)
SELECT sealing_key(data_key) FROM oauth_tokens WHERE sealing_key(data_key) IS NOT NULL
UNION
SELECT sealing_key(verifier) FROM oauth_state_tokens WHERE sealing_key(verifier) IS NOT NULL;

-- The references are what keeps a key in use from being retired, and a retired key from being used.
ALTER TABLE oauth_tokens
    ADD COLUMN sealed_by text GENERATED ALWAYS AS (sealing_key(data_key)) STORED REFERENCES encryption_keys;
ALTER TABLE oauth_state_tokens
    ADD COLUMN sealed_by text GENERATED ALWAYS AS (sealing_key(verifier)) STORED REFERENCES encryption_keys;

CREATE INDEX oauth_tokens_sealed_by ON oauth_tokens (sealed_by, id);
CREATE INDEX oauth_state_tokens_sealed_by ON oauth_state_tokens (sealed_by);

ALTER TABLE encryption_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE retired_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_holders ENABLE ROW LEVEL SECURITY;
