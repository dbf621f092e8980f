-- What events are about, and which accounts may see that: whom an event concerns that belongs to no connected account.

-- A repository, an organization, a team or a file, where the app's own secret proves the event.
ALTER TABLE integration_webhooks ADD COLUMN resource text;
CREATE INDEX integration_webhooks_resource ON integration_webhooks (provider, resource, id DESC)
    WHERE resource IS NOT NULL;
-- One happening that several users' webhooks tell of.
CREATE INDEX integration_webhooks_owned ON integration_webhooks (happening)
    WHERE owner_id IS NOT NULL AND happening IS NOT NULL;

CREATE TABLE resources (
    provider   text NOT NULL,
    id         text NOT NULL,
    name       text NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now(),
    -- What was asked for before this no longer holds.
    changed_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (provider, id)
);
CREATE INDEX resources_seen ON resources (provider, seen_at DESC);

-- What providers last said of connected accounts.
CREATE TABLE resource_access (
    provider   text NOT NULL,
    account_id text NOT NULL,
    resource   text NOT NULL,
    is_visible boolean NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (provider, account_id, resource),
    FOREIGN KEY (provider, resource) REFERENCES resources ON DELETE CASCADE
);
CREATE INDEX resource_access_visible ON resource_access (provider, resource) WHERE is_visible;

ALTER TABLE resources ENABLE ROW LEVEL SECURITY;
ALTER TABLE resource_access ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON resource_access TO fluxstudio_user USING (
    EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = ANY (fluxstudio_user_ids()) AND c.is_active
          AND g.provider = resource_access.provider AND g.account_id = resource_access.account_id
    )
);
GRANT SELECT ON resource_access TO fluxstudio_user;

-- Whether an account may see a resource. What was last asked a quarter of an hour ago no longer counts. Row security
-- rests on this, so it is here and not among the functions that are replaced.
CREATE FUNCTION may_see(the_provider text, the_account text, the_resource text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM resource_access a
        WHERE a.provider = the_provider AND a.account_id = the_account AND a.resource = the_resource
          AND a.is_visible AND a.checked_at > now() - interval '15 minutes'
    );

ALTER POLICY own ON integration_webhooks USING (
    EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = fluxstudio_user_id() AND c.is_active AND g.provider = integration_webhooks.provider
          AND (
              g.account_id = integration_webhooks.account_id
                  AND in_audience(g.provider, g.account_id, c.person, integration_webhooks.audience)
              OR integration_webhooks.resource IS NOT NULL
                  AND may_see(g.provider, g.account_id, integration_webhooks.resource)
          )
    )
);
