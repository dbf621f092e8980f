-- Which words of its provider a connection's person agreed to: 0 for those of before they were counted, and for
-- connections that the version before makes beside this one.

ALTER TABLE connections ADD COLUMN consent smallint NOT NULL DEFAULT 0 CHECK (consent >= 0);
