-- The role fluxstudio_runtime reads and writes rows and changes nothing else, so that serving and working need no more than
-- that. It is there where an operator has made it; whoever connects is a member of it.

-- What it lacks, a line each: rights on tables, sequences and functions, and the policies that let it see all rows.
CREATE OR REPLACE FUNCTION runtime_rights_missing() RETURNS TABLE (statement text)
LANGUAGE sql STABLE AS $$
    WITH runtime AS (SELECT oid, rolname FROM pg_roles WHERE rolname = 'fluxstudio_runtime'),
    schemas AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN (current_schema(), 'ask', 'ask_all')),
    relations AS (
        SELECT c.oid, c.oid::regclass::text AS name, c.relkind, c.relrowsecurity
        FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition AND c.relkind IN ('r', 'p', 'v', 'S')
    ),
    wanted AS (
        SELECT r.oid, r.name, privilege
        FROM relations r CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
        WHERE r.relkind IN ('r', 'p', 'v')
          AND (privilege = 'SELECT' OR r.relkind <> 'v' AND r.name NOT IN ('schema_migrations', 'access_rights'))
    )
    SELECT format('GRANT USAGE ON SCHEMA %I TO fluxstudio_runtime', s.nspname)
    FROM schemas s, runtime WHERE NOT has_schema_privilege(runtime.oid, s.oid, 'USAGE')
    UNION ALL
    SELECT format('GRANT %s ON %s TO fluxstudio_runtime', string_agg(privilege, ', '), name)
    FROM wanted, runtime WHERE NOT has_table_privilege(runtime.oid, wanted.oid, privilege)
    GROUP BY name
    UNION ALL
    SELECT format('GRANT USAGE, SELECT ON SEQUENCE %s TO fluxstudio_runtime', name)
    FROM relations r, runtime WHERE r.relkind = 'S' AND NOT has_sequence_privilege(runtime.oid, r.oid, 'USAGE')
    UNION ALL
    SELECT format('GRANT EXECUTE ON FUNCTION %s TO fluxstudio_runtime', p.oid::regprocedure)
    FROM pg_proc p, runtime
    WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind = 'f'
      AND p.oid::regprocedure::text NOT LIKE 'grant_runtime_rights%'
      AND NOT has_function_privilege(runtime.oid, p.oid, 'EXECUTE')
    UNION ALL
    SELECT format('CREATE POLICY runtime ON %s TO fluxstudio_runtime USING (true) WITH CHECK (true)', r.name)
    FROM relations r, runtime
    WHERE r.relrowsecurity AND NOT EXISTS (
        SELECT FROM pg_policy p WHERE p.polrelid = r.oid AND p.polname = 'runtime' AND p.polroles = ARRAY[runtime.oid]
    )
$$;

-- Give it what it lacks; how many statements that took.
CREATE OR REPLACE FUNCTION grant_runtime_rights() RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    lacking record;
    given integer := 0;
BEGIN
    FOR lacking IN SELECT statement FROM runtime_rights_missing() LOOP
        EXECUTE lacking.statement;
        given := given + 1;
    END LOOP;
    RETURN given;
END
$$;

-- A week of events, for those who may not drop tables themselves. It waits for others no longer than they would want to wait
-- for it.
CREATE OR REPLACE FUNCTION drop_event_partition(partition text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '2s' AS $$
BEGIN
    IF partition !~ '^(integration_webhooks|deliveries)_\d{8}$'
       OR to_date(right(partition, 8), 'YYYYMMDD') + 7 > (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'partition % is not one of a week that is over', partition;
    END IF;
    EXECUTE format('DROP TABLE %I', partition);
END
$$;

REVOKE EXECUTE ON FUNCTION runtime_rights_missing, grant_runtime_rights, drop_event_partition FROM PUBLIC;
