-- Design tokens kept alike in a design file and in a repository: each sync, and what its runs did.

CREATE TABLE design_token_syncs (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id              uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    source_connection_id uuid NOT NULL,
    target_connection_id uuid NOT NULL,
    file_key             text NOT NULL CHECK (length(file_key) BETWEEN 1 AND 200),
    repository           text NOT NULL CHECK (length(repository) BETWEEN 3 AND 300),
    path                 text NOT NULL CHECK (length(path) BETWEEN 1 AND 1000),
    -- The branch that changes go into; NULL for the repository's default branch.
    branch               text CHECK (length(branch) BETWEEN 1 AND 255),
    policy               text NOT NULL DEFAULT 'ask' CHECK (policy IN ('ask', 'figma', 'repository')),
    -- How a file that is not there yet is written.
    format               text NOT NULL DEFAULT 'dtcg' CHECK (format IN ('dtcg', 'legacy')),
    schedule             text CHECK (length(schedule) BETWEEN 1 AND 200),
    next_at              timestamptz,
    -- What both sides last agreed on, as a token file. This and what follows is JSON as text, which may hold any character.
    base                 text NOT NULL DEFAULT '{}',
    -- By `path.field`: values of the design file that a person refused, and those that a person took.
    declined             text NOT NULL DEFAULT '{}',
    chosen               text NOT NULL DEFAULT '{}',
    -- What was held and is let go once.
    accepted_holds       boolean NOT NULL DEFAULT false,
    -- The pull request that is open: {number, url, head, fields: {"path.field": value}}.
    proposal             text,
    -- While this is ahead, a run is under way somewhere.
    busy_until           timestamptz,
    busy_run           uuid,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (source_connection_id, user_id) REFERENCES connections (id, user_id) ON DELETE CASCADE,
    FOREIGN KEY (target_connection_id, user_id) REFERENCES connections (id, user_id) ON DELETE CASCADE
);
CREATE INDEX design_token_syncs_user ON design_token_syncs (user_id, created_at);
CREATE INDEX design_token_syncs_due ON design_token_syncs (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX design_token_syncs_source ON design_token_syncs (source_connection_id);
CREATE INDEX design_token_syncs_target ON design_token_syncs (target_connection_id);

CREATE TABLE design_token_runs (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sync_id    uuid NOT NULL REFERENCES design_token_syncs ON DELETE CASCADE,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz NOT NULL DEFAULT now(),
    outcome    text NOT NULL CHECK (outcome IN ('nothing', 'pull_request', 'held', 'failed')),
    url        text CHECK (length(url) <= 2000),
    changes    text NOT NULL DEFAULT '[]',
    conflicts  text NOT NULL DEFAULT '[]',
    skipped    text NOT NULL DEFAULT '[]',
    problem    text CHECK (length(problem) <= 1000)
);
CREATE INDEX design_token_runs_sync ON design_token_runs (sync_id, number DESC);

ALTER TABLE design_token_syncs ENABLE ROW LEVEL SECURITY;
ALTER TABLE design_token_runs ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON design_token_syncs TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON design_token_runs TO fluxstudio_user USING (
    sync_id IN (SELECT id FROM design_token_syncs WHERE user_id = fluxstudio_user_id())
);

GRANT SELECT, DELETE ON design_token_syncs TO fluxstudio_user;
GRANT INSERT (user_id, source_connection_id, target_connection_id, file_key, repository, path, branch, policy, format, schedule,
              next_at) ON design_token_syncs TO fluxstudio_user;
GRANT UPDATE (policy, schedule, next_at, declined, chosen, accepted_holds, updated_at) ON design_token_syncs TO fluxstudio_user;
GRANT SELECT ON design_token_runs TO fluxstudio_user;
