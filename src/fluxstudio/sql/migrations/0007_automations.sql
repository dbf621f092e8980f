-- Rules that people made: when something happens, do something. And what each of them did.

CREATE TABLE automations (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    enabled    boolean NOT NULL DEFAULT true,
    -- The one of its versions that counts.
    version    integer NOT NULL DEFAULT 1 CHECK (version > 0),
    -- `provider.TYPE` of the event it waits for; NULL where a schedule starts it.
    event      text,
    -- When its schedule is due next; NULL where an event starts it, and while it is switched off.
    next_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CHECK (event IS NULL OR next_at IS NULL),
    CHECK (next_at IS NULL OR (enabled AND deleted_at IS NULL))
);

CREATE INDEX automations_user ON automations (user_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX automations_event ON automations (event) WHERE enabled AND deleted_at IS NULL;
CREATE INDEX automations_next ON automations (next_at) WHERE next_at IS NOT NULL;

-- What a rule said at any time; a version is never changed, and goes only when its user does.
CREATE TABLE automation_versions (
    automation_id uuid NOT NULL REFERENCES automations ON DELETE CASCADE,
    version       integer NOT NULL CHECK (version > 0),
    -- {when, do, limit}
    definition    jsonb NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (automation_id, version)
);

CREATE FUNCTION keep_automation_versions() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    -- A cascade is itself a trigger, so that this one then stands deeper.
    IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'A version of an automation is never changed or deleted. Add another one.';
END
$$;

CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON automation_versions
    FOR EACH ROW EXECUTE FUNCTION keep_automation_versions();

CREATE TABLE automation_runs (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number        bigint GENERATED ALWAYS AS IDENTITY,
    automation_id uuid NOT NULL REFERENCES automations ON DELETE CASCADE,
    version       integer NOT NULL,
    -- What started it: an event, or a time of its schedule.
    event_id      uuid,
    due_at        timestamptz,
    status        text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'done', 'failed', 'dead', 'skipped')),
    attempts      integer NOT NULL DEFAULT 0,
    -- The run whose work the event told of, and how many stand before this one in such a chain.
    caused_by     uuid REFERENCES automation_runs ON DELETE SET NULL,
    depth         integer NOT NULL DEFAULT 0,
    inputs        jsonb,
    output        jsonb,
    -- Names of what it made at the provider, by which an event that tells of it is known again.
    made          text[] NOT NULL DEFAULT '{}',
    -- {code, message, mend}
    problem       jsonb,
    created_at    timestamptz NOT NULL DEFAULT now(),
    began_at      timestamptz,
    -- Nobody else carries it out before this.
    claimed_until timestamptz,
    finished_at   timestamptz,
    CHECK ((event_id IS NULL) <> (due_at IS NULL)),
    CHECK ((status = 'queued') = (finished_at IS NULL)),
    UNIQUE (automation_id, event_id),
    UNIQUE (automation_id, due_at)
);

CREATE INDEX automation_runs_listed ON automation_runs (automation_id, number DESC);
CREATE INDEX automation_runs_made ON automation_runs USING gin (made) WHERE made <> '{}';
CREATE INDEX automation_runs_caused_by ON automation_runs (caused_by) WHERE caused_by IS NOT NULL;
CREATE INDEX automation_runs_under_way ON automation_runs (began_at) WHERE claimed_until IS NOT NULL;
CREATE INDEX automation_runs_created ON automation_runs (created_at);

ALTER TABLE automations ENABLE ROW LEVEL SECURITY;
ALTER TABLE automation_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE automation_runs ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON automations TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON automation_versions TO fluxstudio_user USING (
    EXISTS (SELECT FROM automations a WHERE a.id = automation_id AND a.user_id = fluxstudio_user_id())
);
CREATE POLICY own ON automation_runs TO fluxstudio_user USING (
    EXISTS (SELECT FROM automations a WHERE a.id = automation_id AND a.user_id = fluxstudio_user_id())
);

GRANT SELECT, INSERT (user_id, name, enabled, event, next_at) ON automations TO fluxstudio_user;
GRANT UPDATE (name, enabled, version, event, next_at, updated_at, deleted_at) ON automations TO fluxstudio_user;
GRANT SELECT, INSERT (automation_id, version, definition) ON automation_versions TO fluxstudio_user;
GRANT SELECT ON automation_runs TO fluxstudio_user;
