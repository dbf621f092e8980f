-- name: recorded
SELECT to_regclass('access_rights') IS NOT NULL AND to_regproc('access_rights_now') IS NOT NULL;

-- name: lost
-- Owners have to be able to own something before they do.
SELECT a.name, a.statement
FROM access_rights a JOIN (SELECT name FROM access_rights EXCEPT SELECT name FROM access_rights_now()) gone USING (name)
ORDER BY a.name NOT LIKE 'GRANT % ON SCHEMA %', a.name NOT LIKE 'ALTER %', a.name;

-- name: record
WITH now AS (SELECT * FROM access_rights_now()),
gone AS (DELETE FROM access_rights a WHERE NOT EXISTS (SELECT FROM now WHERE now.name = a.name))
INSERT INTO access_rights (name, statement) SELECT name, statement FROM now
ON CONFLICT (name) DO UPDATE SET statement = excluded.statement
WHERE access_rights.statement <> excluded.statement;

-- name: roles_missing
SELECT format('CREATE ROLE %I NOLOGIN', role) AS statement
FROM unnest($1::text[]) AS role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role);

-- name: memberships_missing
SELECT format('GRANT %I TO %I', role, current_user) AS statement
FROM unnest($1::text[]) AS role WHERE NOT pg_has_role(current_user, role::name, 'MEMBER');

-- name: is_guest
-- Whether the tables are somebody else's.
SELECT coalesce((SELECT NOT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('schema_migrations')), false);

-- name: is_runtime
-- Whether we are who may read and write all rows, as far as the database knows of such a role.
SELECT coalesce(
    (SELECT pg_has_role(oid, 'USAGE') AND has_function_privilege(oid, 'runtime_rights_missing()', 'EXECUTE')
     FROM pg_roles WHERE rolname = 'fluxstudio_runtime' AND to_regproc('runtime_rights_missing') IS NOT NULL),
    false
);

-- name: runtime_membership
SELECT format('GRANT fluxstudio_runtime TO %I', current_user);

-- name: runtime_missing
SELECT statement FROM runtime_rights_missing();

-- name: grant_runtime
SELECT grant_runtime_rights();
