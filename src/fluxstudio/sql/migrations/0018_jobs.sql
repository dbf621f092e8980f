-- Work for later in a table of our own, shared fairly between those it is done for. The tables of the library that kept
-- it before stay where they are: the version before goes on using them, and what it puts there is moved here.

CREATE TABLE jobs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL,
    -- Whose share of the workers it takes: a member, or an account at a provider.
    share       text COLLATE "C" NOT NULL CHECK (share <> ''),
    -- Jobs of one lane are done one after the other, by one worker at a time. The empty lane orders nothing.
    lane        text COLLATE "C" NOT NULL DEFAULT '',
    payload     bytea NOT NULL,
    status      text NOT NULL DEFAULT 'ready' CHECK (status IN ('ready', 'later', 'taken')),
    -- How many workers have taken it.
    attempts    integer NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    due_at      timestamptz NOT NULL DEFAULT now(),
    worker      uuid,
    -- A worker that has not renewed it by then is lost.
    taken_until timestamptz,
    CHECK ((status = 'taken') = (worker IS NOT NULL AND taken_until IS NOT NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

CREATE INDEX jobs_ready ON jobs (kind, share, lane, id) WHERE status = 'ready';
CREATE INDEX jobs_taken ON jobs (kind, share, lane) WHERE status = 'taken';
CREATE INDEX jobs_later ON jobs (due_at) WHERE status = 'later';
CREATE INDEX jobs_later_payload ON jobs USING hash (payload) WHERE status = 'later';

ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;

-- When a member's next call may be made that has to wait for its turn in a provider's budget: so that many of them come
-- back one after the other, and not all at once.
CREATE TABLE provider_turns (
    grant_id uuid NOT NULL REFERENCES oauth_tokens ON DELETE CASCADE,
    bucket   text NOT NULL,
    user_id  uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    next_at  timestamptz NOT NULL,
    PRIMARY KEY (grant_id, bucket, user_id)
);

ALTER TABLE provider_turns ENABLE ROW LEVEL SECURITY;
