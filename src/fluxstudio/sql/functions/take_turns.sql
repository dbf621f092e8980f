-- Take jobs of a kind for a worker: `per_share` turns at most for each share, `most` turns in all, going around the shares
-- from the one behind `after_share`. A turn is one job of the empty lane, or up to `together` jobs of each of up to
-- `lanes_together` others.
--
-- `shares` with `in_flight` say how many turns of a share the worker has already, and `lanes` which lane of it had the
-- last one. However many jobs wait, each step is one descent into an index; statistics of a table that is empty at one
-- moment and has millions of rows at the next must not decide otherwise.
CREATE OR REPLACE FUNCTION take_turns(
    the_kind text, the_worker uuid, lease interval, most integer, per_share integer, together integer,
    lanes_together integer, after_share text, shares text[], in_flight integer[], lanes text[]
) RETURNS SETOF jobs
    LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    until CONSTANT timestamptz := clock_timestamp() + lease;
    at_share text := after_share;
    around boolean := false;
    turns integer := 0;
    place integer;
    room integer;
    ordered boolean;
    first_lane text;
    at_lane text;
    around_lanes boolean;
    got integer;
    lanes_in_turn integer;
BEGIN
    -- Those whose time has come.
    WITH due AS MATERIALIZED (
        SELECT id FROM jobs WHERE status = 'later' AND due_at <= clock_timestamp()
        ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs j SET status = 'ready' FROM due WHERE j.id = due.id;

    WHILE turns < most LOOP
        SELECT share INTO at_share FROM jobs
        WHERE kind = the_kind AND status = 'ready' AND share > at_share ORDER BY share LIMIT 1;
        IF at_share IS NULL OR around AND at_share > after_share THEN
            EXIT WHEN around;
            around := true;
            at_share := '';
            CONTINUE;
        END IF;
        place := array_position(shares, at_share);
        room := least(per_share - coalesce(in_flight[place], 0), most - turns);
        CONTINUE WHEN room <= 0;

        -- Neither kind of lane keeps the other from its turn.
        FOREACH ordered IN ARRAY CASE WHEN lanes[place] = '' THEN ARRAY[true, false] ELSE ARRAY[false, true] END LOOP
            IF NOT ordered THEN
                RETURN QUERY
                WITH picked AS MATERIALIZED (
                    SELECT id FROM jobs
                    WHERE kind = the_kind AND status = 'ready' AND share = at_share AND lane = ''
                    ORDER BY kind, share, lane, id LIMIT room FOR UPDATE SKIP LOCKED
                )
                UPDATE jobs j
                SET status = 'taken', worker = the_worker, taken_until = until, attempts = j.attempts + 1
                FROM picked WHERE j.id = picked.id RETURNING j.*;
                GET DIAGNOSTICS got = ROW_COUNT;
                turns := turns + got;
                room := room - got;
                CONTINUE;
            END IF;
            first_lane := coalesce(lanes[place], '');
            at_lane := first_lane;
            around_lanes := false;
            lanes_in_turn := 0;
            WHILE room > 0 LOOP
                SELECT lane INTO at_lane FROM jobs
                WHERE kind = the_kind AND status = 'ready' AND share = at_share AND lane > at_lane
                ORDER BY lane LIMIT 1;
                IF at_lane IS NULL OR around_lanes AND at_lane > first_lane THEN
                    EXIT WHEN around_lanes;
                    around_lanes := true;
                    at_lane := '';
                    CONTINUE;
                END IF;
                -- Of two who come for one lane at the same moment, one goes on to the next.
                CONTINUE WHEN NOT pg_try_advisory_xact_lock(
                    hashtextextended(concat_ws(chr(31), the_kind, at_share, at_lane), 0)
                );
                PERFORM FROM jobs WHERE kind = the_kind AND status = 'taken' AND share = at_share AND lane = at_lane;
                CONTINUE WHEN FOUND;
                RETURN QUERY
                WITH picked AS MATERIALIZED (
                    SELECT id FROM jobs
                    WHERE kind = the_kind AND status = 'ready' AND share = at_share AND lane = at_lane
                    ORDER BY kind, share, lane, id LIMIT together FOR UPDATE SKIP LOCKED
                )
                UPDATE jobs j
                SET status = 'taken', worker = the_worker, taken_until = until, attempts = j.attempts + 1
                FROM picked WHERE j.id = picked.id RETURNING j.*;
                IF FOUND THEN
                    lanes_in_turn := lanes_in_turn + 1;
                END IF;
                IF lanes_in_turn = lanes_together THEN
                    turns := turns + 1;
                    room := room - 1;
                    lanes_in_turn := 0;
                END IF;
            END LOOP;
            IF lanes_in_turn > 0 THEN
                turns := turns + 1;
                room := room - 1;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION take_turns FROM PUBLIC;
