-- Of the member's connections to a provider the one named, or where none is named the only live one.
CREATE OR REPLACE FUNCTION connection_meant(member uuid, service text, named text) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN count(*) = 1 THEN min(c.id::text)::uuid END
    FROM connections c
    WHERE c.user_id = member AND c.provider = service
      AND CASE WHEN named IS NULL THEN c.is_active ELSE c.id::text = named END
$$;

-- A rule is bound to the connections that its latest definition names, whoever wrote it.
CREATE OR REPLACE FUNCTION bind_automation() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE automations a
    SET trigger_connection_id = connection_meant(
            a.user_id, split_part(NEW.definition #>> '{when,event}', '.', 1), NEW.definition #>> '{when,connection}'
        ),
        action_connection_id = connection_meant(
            a.user_id, split_part(NEW.definition #>> '{do,operation}', '.', 1), NEW.definition #>> '{do,connection}'
        ),
        listening_problem = NULL
    WHERE a.id = NEW.automation_id;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION connection_meant, bind_automation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION connection_meant TO fluxstudio_user;
