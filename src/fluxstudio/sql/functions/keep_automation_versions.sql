-- A version is never changed. It may be deleted once it is older than 90 days and has 50 newer ones beside it.
CREATE OR REPLACE FUNCTION keep_automation_versions() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    -- A cascade is itself a trigger, so that this one then stands deeper.
    IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'DELETE' AND OLD.created_at < now() - interval '90 days' AND 50 <= (
        SELECT count(*) FROM automation_versions
        WHERE automation_id = OLD.automation_id AND version > OLD.version
    ) AND NOT EXISTS (
        SELECT FROM automations WHERE id = OLD.automation_id AND version = OLD.version
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'A version of an automation is never changed or deleted. Add another one.';
END
$$;
