-- Who granted a role, addresses in one spelling, sessions that people can see and end, invitations, password links, and
-- browsers that have signed in before. `users.role` stays for the version before this one, which writes into it
-- whatever a token says; nothing here reads it.

ALTER TABLE users
    ADD COLUMN granted_role text NOT NULL DEFAULT 'member' CHECK (granted_role IN ('member', 'admin')),
    -- NULL for whoever was granted it by a command, or before this was recorded.
    ADD COLUMN role_granted_by uuid REFERENCES users ON DELETE SET NULL,
    ADD COLUMN role_granted_at timestamptz,
    -- `email` as core/identity/addresses.py normalises it: the only form that is ever compared.
    ADD COLUMN address text CHECK (length(address) BETWEEN 1 AND 320),
    -- When an administrator or an invitation vouched for the address; NULL for one that was only claimed.
    ADD COLUMN address_verified_at timestamptz;

-- Accounts that were made here have their id as subject; the roles of all others came from tokens, and end with them.
UPDATE users SET granted_role = 'admin', address_verified_at = created_at
WHERE role = 'admin' AND subject = id::text;

CREATE INDEX users_address ON users (address);
CREATE UNIQUE INDEX users_account_address ON users (address) WHERE subject = id::text;
CREATE INDEX users_address_missing ON users (created_at) WHERE address IS NULL AND email IS NOT NULL;
CREATE INDEX users_granted_admin ON users (id) WHERE granted_role = 'admin';

ALTER TABLE sessions
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN address inet,
    -- Until when the token that a session was traded for makes an administrator of its user.
    ADD COLUMN admin_until timestamptz;
CREATE UNIQUE INDEX sessions_id ON sessions (id);

-- Browsers somebody has signed in with: others' wrong passwords do not lock these out.
CREATE TABLE known_browsers (
    token_hash   bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX known_browsers_user ON known_browsers (user_id, last_used_at DESC);

CREATE TABLE invitations (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- SHA-256 of what the link holds: a copy of this table invites nobody.
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    -- Whom it is for; NULL where whoever opens it chooses the address.
    email      text CHECK (length(email) <= 320),
    address    text CHECK (length(address) BETWEEN 1 AND 320),
    role       text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    created_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    used_by    uuid REFERENCES users ON DELETE SET NULL,
    revoked_at timestamptz
);
CREATE INDEX invitations_listed ON invitations (created_at DESC);
CREATE INDEX invitations_created_by ON invitations (created_by);
CREATE INDEX invitations_used_by ON invitations (used_by);

CREATE TABLE password_links (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX password_links_user ON password_links (user_id);
CREATE INDEX password_links_created_by ON password_links (created_by);

ALTER TABLE known_browsers ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE password_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON known_browsers TO fluxstudio_user USING (user_id = fluxstudio_user_id());
CREATE POLICY own ON invitations TO fluxstudio_user USING (created_by = fluxstudio_user_id());
CREATE POLICY own ON password_links TO fluxstudio_user USING (user_id = fluxstudio_user_id());

GRANT SELECT (granted_role) ON users TO fluxstudio_user;
