-- All versions of one member's rules take 8 MB at most, those of deleted rules included.
CREATE OR REPLACE FUNCTION limit_automation_versions() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    most CONSTANT bigint := 8000000;
    present bigint;
BEGIN
    SELECT coalesce(sum(v.bytes), 0) INTO present
    FROM automation_versions v JOIN automations a ON a.id = v.automation_id
    WHERE a.user_id = (SELECT user_id FROM automations WHERE id = NEW.automation_id);
    IF present + octet_length(NEW.definition::text) > most THEN
        RAISE EXCEPTION 'The versions of all automations of a member take % bytes at most.', most
            USING ERRCODE = 'program_limit_exceeded';
    END IF;
    RETURN NEW;
END
$$;
