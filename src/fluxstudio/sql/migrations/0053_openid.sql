-- Sign-in by OpenID Connect: who is who at an issuer, and sign-ins on their way through it.

CREATE TABLE openid_identities (
    issuer       text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 2000),
    -- What the issuer calls somebody: the only name of theirs that never changes.
    subject      text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- Whether it is a group of the issuer's that made an administrator of them.
    made_admin   boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX openid_identities_user ON openid_identities (user_id);

CREATE TABLE openid_requests (
    state_hash   bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    browser_hash bytea NOT NULL CHECK (octet_length(browser_hash) = 32),
    -- Nonce and code verifier, sealed.
    secrets      bytea NOT NULL,
    return_to    text NOT NULL CHECK (length(return_to) <= 5000),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX openid_requests_expired ON openid_requests (expires_at);

ALTER TABLE openid_identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE openid_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON openid_identities TO fluxstudio_user USING (user_id = fluxstudio_user_id());
