-- name: listing
SELECT s.id, s.user_id, s.source_connection_id, s.target_connection_id, s.file_key, s.repository, s.path, s.branch,
       s.policy, s.format, s.schedule, s.next_at, s.base, s.declined, s.chosen, s.accepted_holds, s.proposal,
       s.created_at, s.updated_at, s.source_kind, s.source_folder,
       s.notify_connection_id, s.notify_channel, s.listening_problems, s.intent
FROM design_token_syncs s
WHERE $1::uuid IS NULL OR s.id = $1
ORDER BY s.created_at, s.id;

-- name: of_target
SELECT id, user_id, schedule, now() AS claimed_until FROM design_token_syncs WHERE target_connection_id = $1;

-- name: in_turn
-- One after the other: a count sees only what was there when its statement began.
SELECT pg_advisory_xact_lock(hashtextextended('token syncs of ' || $1::uuid, 0));

-- name: add
-- Nothing where there are too many already.
INSERT INTO design_token_syncs (
    user_id, source_connection_id, target_connection_id, file_key, repository, path, branch, policy, format, schedule, next_at,
    source_kind, source_folder
)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13, $14
WHERE (SELECT count(*) FROM design_token_syncs WHERE user_id = $1) < $12
RETURNING id;

-- name: change
UPDATE design_token_syncs
SET policy = coalesce($2, policy), schedule = $3, next_at = $4, accepted_holds = accepted_holds OR $5, updated_at = now()
WHERE id = $1
RETURNING id;

-- name: read_from
UPDATE design_token_syncs SET source_kind = $2, source_folder = $3, updated_at = now() WHERE id = $1;

-- name: notify
UPDATE design_token_syncs SET notify_connection_id = $2, notify_channel = $3, updated_at = now() WHERE id = $1;

-- name: note_problems
UPDATE design_token_syncs SET listening_problems = $2 WHERE id = $1;

-- name: decide
-- What was decided of fields: values of the design file that are taken, and those left alone until they change.
UPDATE design_token_syncs
SET chosen = $2, declined = $3, updated_at = now()
WHERE id = $1
RETURNING id;

-- name: decisions
SELECT chosen, declined FROM design_token_syncs WHERE id = $1 FOR UPDATE;

-- name: remove
DELETE FROM design_token_syncs WHERE id = $1 RETURNING id;

-- name: take
-- The right to run, for one process in the cluster.
UPDATE design_token_syncs SET busy_until = now() + $2::interval, busy_run = $3
WHERE id = $1 AND (busy_until IS NULL OR busy_until < now())
RETURNING id;

-- name: renew
UPDATE design_token_syncs SET busy_until = now() + $3::interval WHERE id = $1 AND busy_run = $2 RETURNING id;

-- name: give_back
UPDATE design_token_syncs SET busy_until = NULL, busy_run = NULL WHERE id = $1 AND busy_run = $2;

-- name: settle
-- What a run has learned, and what became of it, together.
WITH settled AS (
    UPDATE design_token_syncs
    SET base = $3, declined = $4, proposal = $5, proposed = coalesce($13, proposed), intended = NULL, earlier_intent = NULL, earlier_intended = NULL, accepted_holds = accepted_holds AND $6 = 'failed', busy_until = NULL,
        busy_run = NULL
    WHERE id = $1 AND busy_run = $2
    RETURNING id
)
INSERT INTO design_token_runs (sync_id, started_at, outcome, url, changes, conflicts, skipped, problem)
SELECT id, $12, $6, $7, $8, $9, $10, $11 FROM settled
RETURNING number;

-- name: failed
-- A run that could not be finished: what is known stays as it was.
INSERT INTO design_token_runs (sync_id, started_at, outcome, problem)
SELECT id, $3, 'failed', $2 FROM design_token_syncs WHERE id = $1;

-- name: runs
SELECT number, started_at, ended_at, outcome, url, changes, conflicts, skipped, problem
FROM design_token_runs
WHERE sync_id = $1 AND ($2::bigint IS NULL OR number < $2)
ORDER BY number DESC LIMIT $3;

-- name: due
-- Whoever asks has them for a while: should it die meanwhile, they are due again.
UPDATE design_token_syncs SET next_at = now() + $1::interval
WHERE id IN (
    SELECT s.id FROM design_token_syncs s
    WHERE s.next_at <= now() AND (s.busy_until IS NULL OR s.busy_until < now())
    ORDER BY s.next_at LIMIT 20 FOR UPDATE SKIP LOCKED
)
RETURNING id, user_id, schedule, next_at AS claimed_until;

-- name: bring_forward
-- In one order, so that two who do the same never wait for each other.
UPDATE design_token_syncs SET next_at = now() + $6::interval
WHERE id IN (
    SELECT s.id FROM design_token_syncs s
    WHERE (s.file_key = $1 OR lower(s.repository) = lower($2) AND (s.branch = $3 OR s.branch IS NULL AND $4))
      AND ($5::uuid IS NULL OR s.user_id = $5)
      AND (s.next_at IS NULL OR s.next_at > now() + $6::interval)
    ORDER BY s.id FOR UPDATE
);

-- name: move_on
-- Unless an event came meanwhile, which is followed by a run of its own.
UPDATE design_token_syncs SET next_at = $2 WHERE id = $1 AND next_at = $3;

-- name: intend
-- What the branch has is remembered until something newer is there, or a run has ended.
UPDATE design_token_syncs
SET earlier_intent = CASE WHEN intent = $5 THEN intent WHEN earlier_intent = $5 THEN earlier_intent END,
    earlier_intended = CASE WHEN intent = $5 THEN intended WHEN earlier_intent = $5 THEN earlier_intended END,
    intent = $3, intended = $4
WHERE id = $1 AND busy_run = $2
RETURNING id;

-- name: proposed
SELECT proposed, CASE $2::text WHEN intent THEN intended WHEN earlier_intent THEN earlier_intended END AS intended,
       coalesce($2 IN (intent, earlier_intent), false) AS pushed
FROM design_token_syncs WHERE id = $1;

-- name: sweep_runs
DELETE FROM design_token_runs WHERE ended_at < now() - interval '90 days';
