-- Move jobs that a process of the version before put into its own tables, as long as there are any; how many.
CREATE OR REPLACE FUNCTION move_old_jobs(most integer) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    moved integer;
BEGIN
    IF to_regclass('pgqueuer') IS NULL THEN
        RETURN 0;
    END IF;
    WITH old AS MATERIALIZED (
        SELECT id FROM pgqueuer
        WHERE status = 'queued' OR status = 'failed' OR status = 'picked' AND heartbeat < now() - interval '15 seconds'
        ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM pgqueuer p USING old WHERE p.id = old.id
        RETURNING p.entrypoint, p.payload, p.execute_after
    )
    INSERT INTO jobs (kind, share, payload, status, due_at)
    SELECT entrypoint, 'moved', payload, 'later', execute_after FROM gone WHERE payload IS NOT NULL;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;

REVOKE EXECUTE ON FUNCTION move_old_jobs FROM PUBLIC;
