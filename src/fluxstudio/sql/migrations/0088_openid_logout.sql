-- Sessions that began at an OpenID issuer, so that signing out can lead there.

ALTER TABLE sessions
    ADD COLUMN openid_issuer text CHECK (length(openid_issuer) BETWEEN 1 AND 2000),
    -- The sign-in's ID token, sealed; NULL for one too long to send in an address.
    ADD COLUMN id_token bytea;
