-- Take one of `calls` in `period` from a bucket: 0 when taken, else the seconds to wait. Nothing is taken then.
CREATE OR REPLACE FUNCTION spend_budget(the_grant uuid, the_bucket text, calls integer, period interval)
    RETURNS double precision
    LANGUAGE plpgsql AS $$
DECLARE
    pace interval := period / calls;
    budget provider_budgets;
    present timestamptz := clock_timestamp();
BEGIN
    INSERT INTO provider_budgets AS b (grant_id, bucket, busy_until)
    VALUES (the_grant, the_bucket, present + pace)
    ON CONFLICT (grant_id, bucket) DO UPDATE
        SET busy_until = greatest(b.busy_until, present) + pace
        WHERE b.blocked_until <= present AND greatest(b.busy_until, present) + pace <= present + period;
    IF FOUND THEN
        RETURN 0;
    END IF;
    SELECT * INTO budget FROM provider_budgets WHERE grant_id = the_grant AND bucket = the_bucket;
    -- Neither may be infinite when it is subtracted from, which PostgreSQL refuses before version 17.
    RETURN greatest(
        extract(epoch FROM greatest(budget.blocked_until, present) - present),
        extract(epoch FROM greatest(budget.busy_until, present - period) + pace - period - present),
        0.001
    );
END
$$;
