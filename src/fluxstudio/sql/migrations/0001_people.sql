-- Who uses the product, and the rule that everyone sees only their own.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fluxstudio_user') THEN
        CREATE ROLE fluxstudio_user NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'The role fluxstudio_user is missing, and this database user may not make it.'
            USING HINT = format(
                'As a superuser run: CREATE ROLE fluxstudio_user NOLOGIN; GRANT fluxstudio_user TO %I;', current_user
            );
END
$$;

-- Whoever may already act as the role needs no grant, and perhaps could not give itself one.
DO $$
BEGIN
    SET LOCAL ROLE fluxstudio_user;
    RESET ROLE;
EXCEPTION
    WHEN insufficient_privilege THEN
        BEGIN
            EXECUTE format('GRANT fluxstudio_user TO %I', current_user);
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'This database user may not act as the role fluxstudio_user.'
                    USING HINT = format('As a superuser run: GRANT fluxstudio_user TO %I;', current_user);
        END;
END
$$;

DO $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO fluxstudio_user', current_schema());
END
$$;

-- The user a restricted transaction speaks for; NULL, and so nobody, where none was said.
CREATE FUNCTION fluxstudio_user_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('fluxstudio.user_id', true), '')::uuid;

CREATE TABLE users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- What API tokens call the user; people who signed up here are called by their id.
    subject       text NOT NULL UNIQUE CHECK (length(subject) BETWEEN 1 AND 255),
    email         text CHECK (length(email) <= 320),
    name          text CHECK (length(name) <= 200),
    role          text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    password_hash text,
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CHECK (password_hash IS NULL OR email IS NOT NULL)
);

-- One password account per address; API users may share or lack one.
CREATE UNIQUE INDEX users_sign_in_email ON users (lower(email)) WHERE password_hash IS NOT NULL;

CREATE TABLE sessions (
    -- SHA-256 of the cookie's value: a copy of this table signs nobody in.
    token_hash   bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    user_agent   text CHECK (length(user_agent) <= 300)
);

CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE audit_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    user_id    uuid REFERENCES users ON DELETE SET NULL,
    action     text NOT NULL,
    provider   text,
    -- What it was done to: a connection, an operation, a key.
    subject    text,
    outcome    text NOT NULL DEFAULT 'done',
    address    inet,
    details    jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX audit_log_user ON audit_log (user_id, id DESC);
CREATE INDEX audit_log_at ON audit_log (at);

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON users TO fluxstudio_user USING (id = fluxstudio_user_id());
CREATE POLICY own ON sessions TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON audit_log TO fluxstudio_user USING (user_id = fluxstudio_user_id());

GRANT SELECT (id, subject, email, name, role, created_at) ON users TO fluxstudio_user;
GRANT SELECT (user_id, created_at, last_seen_at, expires_at, user_agent) ON sessions TO fluxstudio_user;
GRANT SELECT ON audit_log TO fluxstudio_user;
