-- Events of types we know without a field that such events always have: what a provider may have changed.
CREATE TABLE unknown_shapes (
    provider   text NOT NULL,
    event_type text NOT NULL,
    -- The path of the field, such as issue.title.
    missing    text NOT NULL,
    events     bigint NOT NULL CHECK (events > 0),
    last_at    timestamptz NOT NULL DEFAULT now(),
    last_event uuid NOT NULL,
    PRIMARY KEY (provider, event_type, missing)
);
ALTER TABLE unknown_shapes ENABLE ROW LEVEL SECURITY;
