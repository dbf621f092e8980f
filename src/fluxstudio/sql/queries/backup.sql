-- name: facts
SELECT current_setting('server_version') AS postgres,
       (SELECT max(name) FROM schema_migrations WHERE source = 'fluxstudio' AND name ~ '^\d') AS migration,
       coalesce((SELECT id::text FROM installation), '') AS installation,
       ARRAY(SELECT id::text FROM encryption_keys ORDER BY 1) AS keys,
       EXISTS (SELECT FROM pg_policies WHERE schemaname = current_schema() AND policyname = 'runtime') AS runtime_role;

-- name: tables
SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v');
