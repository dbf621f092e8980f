-- What the restricted roles may do now: each right with the statement that gives it. Policies go by their names, since
-- another version of PostgreSQL writes the same expression otherwise.
CREATE OR REPLACE FUNCTION access_rights_now() RETURNS TABLE (name text, statement text)
LANGUAGE sql STABLE AS $$
    WITH roles AS (
        SELECT oid, rolname FROM pg_roles
        WHERE rolname IN ('fluxstudio_user', 'fluxstudio_ask', 'fluxstudio_ask_all')
    ),
    schemas AS (
        SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname IN (current_schema(), 'ask', 'ask_all')
    ),
    relations AS (
        SELECT c.oid, c.relacl, c.relowner, c.relkind, c.relrowsecurity
        FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace
        WHERE NOT c.relispartition AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    ),
    functions AS (
        SELECT p.oid, p.proacl, p.proowner FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace WHERE p.prokind = 'f'
    ),
    plain AS (
        SELECT format('GRANT %s ON %s TO %I', given.privilege_type, r.oid::regclass, roles.rolname) AS text
        FROM relations r CROSS JOIN LATERAL aclexplode(r.relacl) given JOIN roles ON roles.oid = given.grantee
        UNION ALL
        SELECT format('GRANT %s (%I) ON %s TO %I', given.privilege_type, a.attname, r.oid::regclass, roles.rolname)
        FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
        CROSS JOIN LATERAL aclexplode(a.attacl) given JOIN roles ON roles.oid = given.grantee
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', f.oid::regprocedure, roles.rolname)
        FROM functions f CROSS JOIN LATERAL aclexplode(f.proacl) given JOIN roles ON roles.oid = given.grantee
        UNION ALL
        SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.oid::regprocedure)
        FROM functions f
        WHERE f.proacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(f.proacl) given WHERE given.grantee = 0)
        UNION ALL
        SELECT format('GRANT %s ON SCHEMA %I TO %I', given.privilege_type, s.nspname, roles.rolname)
        FROM schemas s CROSS JOIN LATERAL aclexplode(s.nspacl) given JOIN roles ON roles.oid = given.grantee
        UNION ALL
        SELECT format('ALTER %s %s OWNER TO %I', CASE r.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END,
                      r.oid::regclass, roles.rolname)
        FROM relations r JOIN roles ON roles.oid = r.relowner
        UNION ALL
        SELECT format('ALTER FUNCTION %s OWNER TO %I', f.oid::regprocedure, roles.rolname)
        FROM functions f JOIN roles ON roles.oid = f.proowner
        UNION ALL
        SELECT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', r.oid::regclass)
        FROM relations r WHERE r.relrowsecurity
    )
    SELECT text, text FROM plain
    UNION ALL
    SELECT format('POLICY %I ON %s', p.polname, p.polrelid::regclass),
           format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, p.polrelid::regclass,
                  CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                  (SELECT string_agg(CASE given WHEN 0 THEN 'PUBLIC' ELSE given::regrole::text END, ', ')
                   FROM unnest(p.polroles) given))
           || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
           || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
    FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
    -- Those of whoever only serves and works are given anew wherever that role is: runtime_rights.sql.
    WHERE p.polname <> 'runtime'
$$;
