-- The message that asks about an approval in a channel, for as long as it has buttons.

ALTER TABLE agent_approvals
    ADD COLUMN notice_connection_id uuid,
    ADD COLUMN notice_channel text CHECK (length(notice_channel) BETWEEN 1 AND 200),
    -- Its id in the channel, such as Slack's ts.
    ADD COLUMN notice_message text CHECK (length(notice_message) BETWEEN 1 AND 200),
    ADD CONSTRAINT notice_place CHECK ((notice_channel IS NULL) = (notice_message IS NULL)),
    ADD FOREIGN KEY (notice_connection_id, user_id) REFERENCES connections (id, user_id)
        ON DELETE SET NULL (notice_connection_id);
-- People read where they were asked, as the rest of their approvals; only the product writes it.
CREATE INDEX agent_approvals_notice ON agent_approvals (notice_connection_id) WHERE notice_connection_id IS NOT NULL;
