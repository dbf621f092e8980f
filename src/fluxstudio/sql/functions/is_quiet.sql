-- Whether a user does not want to be told anything at this moment.
CREATE OR REPLACE FUNCTION is_quiet(preferences user_preferences, at timestamptz) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN preferences.quiet_from IS NULL THEN false
        WHEN preferences.quiet_from < preferences.quiet_until
            THEN local.clock >= preferences.quiet_from AND local.clock < preferences.quiet_until
        ELSE local.clock >= preferences.quiet_from OR local.clock < preferences.quiet_until
    END
    FROM (SELECT timezone(preferences.time_zone, at)::time AS clock) AS local
$$;
