-- Questions: two roles that see views and nothing else, one for what is a person's own and one for administrators.

DO $$
DECLARE
    the_role text;
BEGIN
    FOREACH the_role IN ARRAY ARRAY['fluxstudio_ask', 'fluxstudio_ask_all'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = the_role) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT', the_role);
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'The role % is missing, and this database user may not make it.', the_role
                    USING HINT = format(
                        'As a superuser run: CREATE ROLE %I NOLOGIN; GRANT %I TO %I;', the_role, the_role, current_user
                    );
        END;
        BEGIN
            EXECUTE format('SET LOCAL ROLE %I', the_role);
            RESET ROLE;
        EXCEPTION
            WHEN insufficient_privilege THEN
                BEGIN
                    EXECUTE format('GRANT %I TO %I', the_role, current_user);
                EXCEPTION
                    WHEN insufficient_privilege THEN
                        RAISE EXCEPTION 'This database user may not act as the role %.', the_role
                            USING HINT = format('As a superuser run: GRANT %I TO %I;', the_role, current_user);
                END;
        END;
    END LOOP;
END
$$;

-- What a person may ask about, and what an administrator may.
CREATE SCHEMA ask;
CREATE SCHEMA ask_all;
GRANT USAGE ON SCHEMA ask TO fluxstudio_ask;
GRANT USAGE ON SCHEMA ask_all TO fluxstudio_ask_all;

-- The views of `ask` belong to fluxstudio_user, so that row security shows each person their own through them.
GRANT USAGE, CREATE ON SCHEMA ask TO fluxstudio_user;

-- Questions that were asked, for each person's own history.
CREATE TABLE questions (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id   uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    asked_at  timestamptz NOT NULL DEFAULT now(),
    question  text NOT NULL CHECK (length(question) <= 600),
    source    text NOT NULL CHECK (length(source) <= 60),
    answered  boolean NOT NULL,
    row_count integer
);

CREATE INDEX questions_user ON questions (user_id, id DESC);

ALTER TABLE questions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON questions TO fluxstudio_user USING (user_id = fluxstudio_user_id());
GRANT SELECT, INSERT (user_id, question, source, answered, row_count), DELETE ON questions TO fluxstudio_user;
