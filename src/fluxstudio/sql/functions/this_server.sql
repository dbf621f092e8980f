-- What PostgreSQL calls this server: the same for its standbys and its physical copies, another one for whatever was restored from
-- a dump. NULL where its operator does not let us know.
CREATE OR REPLACE FUNCTION this_server() RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system());
EXCEPTION WHEN insufficient_privilege OR undefined_function THEN
    RETURN NULL;
END
$$;
