-- What the ids of people and channels stand for, as the provider last said. A row without a name that was not
-- looked up yet is one that somebody has seen and that is to be looked up.
CREATE TABLE names (
    provider     text NOT NULL,
    account_id   text NOT NULL,
    id           text NOT NULL CHECK (length(id) <= 64),
    name         text CHECK (length(name) <= 200),
    is_private   boolean NOT NULL DEFAULT false,
    wanted_at    timestamptz NOT NULL DEFAULT now(),
    looked_up_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (provider, account_id, id)
);
CREATE INDEX names_wanted ON names (wanted_at) WHERE wanted_at > looked_up_at;

ALTER TABLE names ENABLE ROW LEVEL SECURITY;

-- The name of a private conversation is for those who are in it.
CREATE POLICY own ON names TO fluxstudio_user USING (
    EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = fluxstudio_user_id() AND c.is_active
          AND g.provider = names.provider AND g.account_id = names.account_id
          AND (NOT names.is_private OR in_audience(g.provider, g.account_id, c.person, names.id))
    )
);
GRANT SELECT ON names TO fluxstudio_user;
