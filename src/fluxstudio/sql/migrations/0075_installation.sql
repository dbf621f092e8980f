-- Which installation this database belongs to, so that a copy of it notices that it is one and keeps quiet.
-- Where it was: the server (by its system identifier), the database on it, and in production the address that people
-- reach the installation at. What differs from that is a copy, until somebody says that it takes its place.

CREATE TABLE installation (
    singleton    boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    server       bigint,
    database_oid bigint NOT NULL,
    address      text NOT NULL,
    since        timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE installation ENABLE ROW LEVEL SECURITY;

-- What the restricted roles may do, as it was after the last migration: dumps can be restored without it.
CREATE TABLE access_rights (
    name      text PRIMARY KEY,
    statement text NOT NULL
);
ALTER TABLE access_rights ENABLE ROW LEVEL SECURITY;
