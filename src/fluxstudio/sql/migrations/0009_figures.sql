-- What all processes counted, by the minute, and the alerts that are on because of it.

CREATE TABLE figures (
    minute  timestamptz NOT NULL,
    name    text NOT NULL,
    -- A provider's id or a handler's name.
    about   text NOT NULL,
    outcome text NOT NULL,
    count   bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (minute, name, about, outcome)
);

CREATE TABLE alerts (
    name       text NOT NULL,
    about      text NOT NULL,
    began_at   timestamptz NOT NULL DEFAULT now(),
    -- Whether people were told that it began.
    told       boolean NOT NULL DEFAULT false,
    -- Since when there has been no more trouble; null while there is.
    calm_since timestamptz,
    PRIMARY KEY (name, about)
);

ALTER TABLE figures ENABLE ROW LEVEL SECURITY;
ALTER TABLE alerts ENABLE ROW LEVEL SECURITY;
