-- Where a sync posts what its runs propose, and what is in the way of its webhooks (JSON as text, as before).

ALTER TABLE design_token_syncs
    ADD COLUMN notify_connection_id uuid,
    ADD COLUMN notify_channel text CHECK (length(notify_channel) BETWEEN 1 AND 100),
    ADD COLUMN listening_problems text NOT NULL DEFAULT '[]',
    ADD FOREIGN KEY (notify_connection_id, user_id) REFERENCES connections (id, user_id)
        ON DELETE SET NULL (notify_connection_id);
CREATE INDEX design_token_syncs_notify ON design_token_syncs (notify_connection_id);
GRANT UPDATE (notify_connection_id, notify_channel, listening_problems) ON design_token_syncs TO fluxstudio_user;
