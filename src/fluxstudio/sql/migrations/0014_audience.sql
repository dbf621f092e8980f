-- Private conversations: whom of an account an event concerns, which person a connection stands for, who is in what.

-- The provider's own id of the person who connected; unknown where that was before it was kept.
ALTER TABLE connections ADD COLUMN person text;

-- Whom an event concerns: everybody who is connected to its account (empty), or a conversation. Those of before
-- have to be determined ('?'), and are shown to nobody until then.
ALTER TABLE integration_webhooks ADD COLUMN audience text NOT NULL DEFAULT '?';
ALTER TABLE integration_webhooks ALTER COLUMN audience SET DEFAULT '';
CREATE INDEX integration_webhooks_undetermined ON integration_webhooks (id) WHERE audience = '?';

-- The one connection that an answer is for, where others with the same grant must not be given it.
ALTER TABLE provider_cache ADD COLUMN connection_id uuid REFERENCES connections ON DELETE CASCADE;
CREATE INDEX provider_cache_connection ON provider_cache (connection_id) WHERE connection_id IS NOT NULL;

-- Conversations that were asked about, and when.
CREATE TABLE conversations (
    provider   text NOT NULL,
    account_id text NOT NULL,
    id         text NOT NULL,
    is_public  boolean NOT NULL DEFAULT false,
    checked_at timestamptz NOT NULL DEFAULT '-infinity',
    -- What was asked for before this no longer holds.
    changed_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (provider, account_id, id)
);

-- Who is in a private conversation, of the people who have connected.
CREATE TABLE conversation_members (
    provider     text NOT NULL,
    account_id   text NOT NULL,
    person       text NOT NULL,
    conversation text NOT NULL,
    checked_at   timestamptz NOT NULL,
    PRIMARY KEY (provider, account_id, person, conversation)
);
CREATE INDEX conversation_members_conversation ON conversation_members (provider, account_id, conversation);

-- When the private conversations of a person were last asked for.
CREATE TABLE membership_checks (
    provider   text NOT NULL,
    account_id text NOT NULL,
    person     text NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (provider, account_id, person)
);

ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversation_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership_checks ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON conversation_members TO fluxstudio_user USING (
    EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = ANY (fluxstudio_user_ids()) AND c.is_active AND c.person = conversation_members.person
          AND g.provider = conversation_members.provider AND g.account_id = conversation_members.account_id
    )
);
GRANT SELECT ON conversation_members TO fluxstudio_user;

-- Whether a person belongs to the audience of an event. Row security rests on this, so it is here and not among the
-- functions that are replaced. What was last asked a quarter of an hour ago no longer counts.
CREATE FUNCTION in_audience(the_provider text, the_account text, the_person text, the_audience text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN the_audience = '' OR EXISTS (
        SELECT FROM conversation_members m
        WHERE m.provider = the_provider AND m.account_id = the_account AND m.person = the_person
          AND m.conversation = the_audience AND m.checked_at > now() - interval '15 minutes'
    );

ALTER POLICY own ON integration_webhooks USING (
    EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.user_id = fluxstudio_user_id() AND c.is_active
          AND g.provider = integration_webhooks.provider AND g.account_id = integration_webhooks.account_id
          AND in_audience(g.provider, g.account_id, c.person, integration_webhooks.audience)
    )
);

ALTER POLICY own ON provider_cache USING (
    EXISTS (
        SELECT FROM connections c
        WHERE c.grant_id = provider_cache.grant_id AND c.is_active AND c.user_id = ANY (fluxstudio_user_ids())
          AND (provider_cache.connection_id IS NULL OR provider_cache.connection_id = c.id)
    )
);
