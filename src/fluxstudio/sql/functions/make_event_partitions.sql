-- Make the partitions of this week and of some to come; how many were new. As their owner, since those who serve and work may
-- be allowed to read and write rows only.
CREATE OR REPLACE FUNCTION make_event_partitions(weeks integer DEFAULT 5) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    made integer := 0;
    parent text;
    monday timestamptz;
    partition text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('make_event_partitions', 0));
    FOREACH parent IN ARRAY ARRAY['integration_webhooks', 'deliveries'] LOOP
        FOR week IN -1 .. weeks LOOP
            monday := date_trunc('week', clock_timestamp(), 'UTC') + week * interval '7 days';
            partition := format('%s_%s', parent, to_char(monday AT TIME ZONE 'UTC', 'YYYYMMDD'));
            CONTINUE WHEN to_regclass(partition) IS NOT NULL;
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                partition, parent, first_event_id(monday), first_event_id(monday + interval '7 days')
            );
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

REVOKE EXECUTE ON FUNCTION make_event_partitions FROM PUBLIC;
