-- A connect may begin in a front end elsewhere: it comes back there, or ends in a pop-up that posts to its opener.

ALTER TABLE oauth_state_tokens DROP CONSTRAINT oauth_state_tokens_return_to_check;
ALTER TABLE oauth_state_tokens ADD CONSTRAINT oauth_state_tokens_return_to_check
    CHECK (return_to ~ '^(/($|[^/\\])|https?://[^/\\])');
-- Begun with a session of ours, so that it ends with that; a token has nothing to do with who is signed in here.
ALTER TABLE oauth_state_tokens ADD COLUMN in_session boolean NOT NULL DEFAULT true;
-- Begun by a page of another site, so that the browser gets what binds it on its way out.
ALTER TABLE oauth_state_tokens ADD COLUMN unbound boolean NOT NULL DEFAULT false;
ALTER TABLE consumed_states ADD COLUMN in_session boolean NOT NULL DEFAULT true;

ALTER TABLE connect_attempts
    ADD COLUMN return_to text,
    ADD COLUMN origin text,
    ADD COLUMN popup boolean NOT NULL DEFAULT false;

-- A session for a browser on another site: a link that counts once.
CREATE TABLE session_tickets (
    ticket_hash bytea PRIMARY KEY CHECK (length(ticket_hash) = 32),
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    return_to   text NOT NULL CHECK (return_to LIKE '/%'),
    admin_until timestamptz,
    expires_at  timestamptz NOT NULL
);

CREATE INDEX session_tickets_user ON session_tickets (user_id);
CREATE INDEX session_tickets_expiry ON session_tickets (expires_at);

ALTER TABLE session_tickets ENABLE ROW LEVEL SECURITY;
