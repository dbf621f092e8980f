-- What runs propose, without what others committed on the branch: as the last run that ended proposed it, and as one was
-- about to when it may have died, with the SHA-256 of the file that it was about to push.

ALTER TABLE design_token_syncs
    ADD COLUMN proposed bytea,
    ADD COLUMN intended bytea,
    ADD COLUMN intent text CHECK (length(intent) = 64);
