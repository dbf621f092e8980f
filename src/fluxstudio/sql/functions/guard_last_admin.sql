-- Somebody has to be able to administer this installation: the last one who was granted that cannot lose it.
CREATE OR REPLACE FUNCTION guard_last_admin() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.granted_role = 'admin' AND OLD.disabled_at IS NULL
       AND (TG_OP = 'DELETE' OR NEW.granted_role <> 'admin' OR NEW.disabled_at IS NOT NULL) THEN
        -- Two who remove each other at the same time take turns.
        PERFORM pg_advisory_xact_lock(hashtextextended('fluxstudio administrators', 0));
        IF NOT EXISTS (
            SELECT FROM users WHERE granted_role = 'admin' AND disabled_at IS NULL AND id <> OLD.id
        ) THEN
            RAISE EXCEPTION 'This is the last administrator.'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'users_last_admin';
        END IF;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE OR REPLACE TRIGGER last_admin BEFORE UPDATE OF granted_role, disabled_at OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION guard_last_admin();

REVOKE EXECUTE ON FUNCTION guard_last_admin FROM PUBLIC;
