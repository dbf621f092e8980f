-- For `keep_events`, which the version before calls. That version makes this function itself, over tables of its own, and
-- then keeps it; jobs that it puts there are moved here.
DO $do$
BEGIN
    IF to_regprocedure('enqueue_jobs(text, bytea[])') IS NULL THEN
        CREATE FUNCTION enqueue_jobs(kind text, payloads bytea[]) RETURNS void LANGUAGE sql AS $$
            INSERT INTO jobs (kind, share, payload)
            SELECT enqueue_jobs.kind, 'moved', payload FROM unnest(payloads) AS given (payload);
        $$;
        REVOKE EXECUTE ON FUNCTION enqueue_jobs FROM PUBLIC;
    END IF;
END
$do$;
