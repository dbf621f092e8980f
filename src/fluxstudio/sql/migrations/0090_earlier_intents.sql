-- What a run pushed that died before its pull request was opened, while another was about to push something newer.

ALTER TABLE design_token_syncs
    ADD COLUMN earlier_intent text CHECK (length(earlier_intent) = 64),
    ADD COLUMN earlier_intended bytea;
