-- name: introduce
-- At the very first start, or once the address is to be known.
INSERT INTO installation (server, database_oid, address)
SELECT this_server(), d.oid::bigint, $1 FROM pg_database d WHERE d.datname = current_database()
ON CONFLICT (singleton) DO UPDATE SET address = excluded.address
WHERE installation.address = '' AND excluded.address <> '';

-- name: differences
SELECT i.id,
       coalesce(i.server <> this_server(), false) AS other_server,
       i.database_oid <> d.oid::bigint AS other_database,
       i.address <> '' AND $1 <> '' AND i.address <> $1 AS other_address,
       i.address
FROM installation i, pg_database d
WHERE d.datname = current_database();

-- name: take_over
UPDATE installation i
SET id = gen_random_uuid(), server = this_server(), database_oid = d.oid::bigint, address = $1, since = now()
FROM pg_database d
WHERE d.datname = current_database();

-- name: has_run
SELECT to_regclass('installation') IS NOT NULL;
